from datetime import date

import pytest

from certification.models import Grade, ListingFacet, ProviderListing
from certification.selectors.evidence import gather_evidence
from certification.selectors.grades import barred_organisations, current_grades
from certification.services.grades import (
    cancel_grade,
    resume_grade,
    revoke_grade,
    suspend_grade,
)
from certification.services.listings import refresh_listing
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.events import CourseCompleted, DeliverableAccepted, FirmAdmitted
from portal.models import EventRecord, Notification
from portal.services.operations import operation
from portal.services.registers import record_relation
from tests.certification.rounds import MIDDLE, NEW, STRONG, Known, effective

pytestmark = pytest.mark.django_db

REAPPLY = date(2028, 12, 1)


@pytest.fixture
def firm(world):
    return world.organisation("owner")


@pytest.fixture
def grade(world, firm):
    (found,) = effective(world, {firm: MIDDLE})
    return found


def revoke(world, grade, **changes):
    values = {"reason": "交付佐证不实", "may_reapply_on": REAPPLY, "actor": world.lead}
    return revoke_grade(grade=grade, now=world.now, **(values | changes))


def test_revoke_grade_revokes_its_statement_and_publishes(world, grade):
    revoked = revoke(world, grade)

    document = revoked.document
    document.refresh_from_db()
    assert (revoked.state, revoked.may_reapply_on) == ("revoked", REAPPLY)
    assert (document.state, document.state_reason) == ("revoked", "交付佐证不实")
    assert EventRecord.objects.filter(name="GradeRevoked").count() == 1


def test_revoke_grade_without_a_reason_is_refused(world, grade):
    with pytest.raises(Invalid) as refused:
        revoke(world, grade, reason=" ")

    assert refused.value.code == "reason_required"


def test_revoke_grade_by_the_firm_is_refused(world, grade):
    with pytest.raises(NotAllowed):
        revoke(world, grade, actor=world.owner)


def test_revoke_grade_by_a_lead_with_a_tie_is_refused(world, firm, grade):
    record_relation(kind="mentored", person=world.lead, other=firm, since=date(2026, 1, 1))

    with pytest.raises(NotAllowed) as refused:
        revoke(world, grade)

    assert refused.value.code == "conflict_of_interest"


def test_revoke_grade_twice_is_refused(world, grade):
    revoke(world, grade)

    with pytest.raises(Conflict):
        revoke(world, grade)


def test_revoke_grade_from_a_stale_form_is_refused(world, grade):
    with pytest.raises(Conflict) as refused:
        revoke(world, grade, expected_version=99)

    assert refused.value.code == "stale"


def test_revoked_firm_is_barred_until_it_may_apply_again(world, firm, grade):
    revoke(world, grade)

    assert barred_organisations([firm.pk], date(2028, 11, 30)) == {firm.pk}
    assert barred_organisations([firm.pk], REAPPLY) == frozenset()


def test_suspend_grade_keeps_its_last_day(world, firm, grade):
    suspended = suspend_grade(
        grade=grade,
        reason="重大变化未报告",
        until=date(2027, 1, 11),
        actor=world.lead,
        now=world.now,
    )

    assert suspended.state == "suspended"
    assert current_grades([firm.pk], date(2027, 1, 11))[firm.pk].tier is None
    assert current_grades([firm.pk], date(2027, 1, 12))[firm.pk].tier == "B"
    assert barred_organisations([firm.pk], date(2027, 1, 11)) == {firm.pk}


def test_suspend_grade_into_the_past_is_refused(world, grade):
    with pytest.raises(Invalid) as refused:
        suspend_grade(
            grade=grade, reason="x", until=date(2026, 1, 1), actor=world.lead, now=world.now
        )

    assert refused.value.code == "suspension_over"


def test_resume_grade_by_the_system_makes_the_statement_valid(world, grade):
    suspended = suspend_grade(
        grade=grade, reason="x", until=date(2027, 1, 1), actor=world.lead, now=world.now
    )

    resumed = resume_grade(grade=suspended, actor=None, now=world.now)

    resumed.document.refresh_from_db()
    assert (resumed.state, resumed.document.state) == ("active", "valid")


def test_cancel_grade_at_the_signer_s_request(world, grade):
    cancelled = cancel_grade(grade=grade, reason="企业申请注销", actor=world.owner, now=world.now)

    assert (cancelled.state, cancelled.end_reason) == ("cancelled", "企业申请注销")


def test_cancel_grade_of_another_firm_is_refused(world, grade):
    with pytest.raises(NotAllowed):
        cancel_grade(grade=grade, reason="x", actor=world.owner2, now=world.now)


def test_events_refresh_the_list_and_tell_the_firm(world, firm, grade):
    world.drain()
    listing = ProviderListing.objects.get(organisation=firm)
    revoke(world, grade)
    world.drain()

    told = Notification.objects.filter(user=world.owner).values_list("kind", flat=True)
    assert (listing.tier, listing.total, listing.quality, listing.innovation) == (
        "B",
        6900,
        4800,
        2100,
    )
    assert set(told) == {"grade_proposed", "grade_took_effect", "grade_revoked"}
    assert ProviderListing.objects.get(organisation=firm).tier == ""


@pytest.mark.parametrize("name", ["FirmAdmitted", "DeliverableAccepted", "CourseCompleted"])
def test_evidence_events_list_the_firm(world, firm, name):
    events = {
        "FirmAdmitted": FirmAdmitted(application_id=1, organisation_id=firm.pk),
        "DeliverableAccepted": DeliverableAccepted(deliverable_id=1, organisation_id=firm.pk),
        "CourseCompleted": CourseCompleted(enrolment_id=1, user_id=world.member.pk),
    }
    with operation("test", actor=None, now=world.now) as opened:
        opened.publish(events[name])

    from certification import receivers

    handlers = {
        "FirmAdmitted": receivers.on_firm_admitted,
        "DeliverableAccepted": receivers.on_deliverable_accepted,
        "CourseCompleted": receivers.on_course_completed,
    }
    handlers[name](events[name], event_id=1, now=world.now)

    assert list(ProviderListing.objects.values_list("organisation", flat=True)) == [firm.pk]


def test_refresh_listing_again_changes_nothing(world, firm):
    known = Known({firm.pk: STRONG})
    first = refresh_listing(organisation_id=firm.pk, now=world.now, gather=known)
    again = refresh_listing(organisation_id=firm.pk, now=world.now, gather=known)

    assert first == again
    assert ListingFacet.objects.count() == 2
    assert again.summary["facts"]["villages"] == 3


def test_refresh_listing_of_a_department_lists_nothing(world):
    department = world.organisation("callowner")

    assert refresh_listing(organisation_id=department.pk, now=world.now) is None


def test_gather_evidence_of_a_new_firm_is_empty_but_sound(world, firm):
    found = gather_evidence([firm.pk], date(2026, 1, 1), date(2026, 12, 31))

    assert found[firm.pk]["fields"] == {
        "deliveries_accepted": 0,
        "module_contributed": False,
        "modules_used": 0,
        "courses_completed": 0,
        "villages_served": 0,
        "module_reuse_by_others": 0,
        "deliveries": [],
    }
    assert found[firm.pk]["facts"] == {
        "deliveries": 0,
        "villages": 0,
        "courses": 0,
        "modules": 0,
        "reusers": 0,
    }


def test_current_grades_of_nobody_is_empty(world, firm):
    refresh_listing(organisation_id=firm.pk, now=world.now, gather=Known({firm.pk: NEW}))

    assert current_grades([firm.pk], world.now.date()) == {}
    assert Grade.objects.count() == 0
