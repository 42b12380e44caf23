"""The one review of a refusal by other people."""

from datetime import date, timedelta

import pytest

from incubator.models import Application, RefusalReview
from incubator.selectors.refusals import OpenRefusal, open_refusal, recheck_panel
from incubator.services import admissions, decisions, more_info, refusal_reviews, screening
from incubator.services import applications as firm_services
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, Notification, User
from portal.services.accounts import create_person, grant_role
from portal.services.registers import record_relation
from tests.incubator import firms
from tests.incubator.firms import open_work
from tests.incubator.services.test_decisions import held, release

GROUNDS = "运行记录在合同附件第三页，评审时可能没有看到。"


@pytest.fixture
def staff2(world) -> User:
    return firms.other_staff(world)


def refused(world) -> Application:
    """Return a case that two reviewers read and that was refused with its batch."""
    case = held(world)
    release(world, refusals=[case])
    case.refresh_from_db()
    return case


def screened_out(world) -> Application:
    """Return a case that was rejected at screening."""
    return screening.reject_application(
        application=firms.submitted(world),
        reason_codes=["incomplete"],
        feedback="材料不全",
        actor=world.staff,
        now=world.now,
    )


def asked(world, case=None, **changes) -> Application:
    values = {"grounds": GROUNDS, "actor": world.owner, "now": world.now, **changes}
    return refusal_reviews.request_review(application=case or refused(world), **values)


def read(world, case) -> Application:
    """Have the reviewer who is new to the case send the review."""
    firms.review_of(case.reviews.get(of_refusal=True, state="assigned"), world.now)
    case.refresh_from_db()
    return case


def decided(world, case, staff, *, overturn: bool, **changes) -> Application:
    values = {"reason": "附件第三页确有运行记录。", "actor": staff, "now": world.now, **changes}
    return refusal_reviews.decide_review(application=case, overturn=overturn, **values)


def test_request_draws_somebody_new_and_asks_the_staff(world):
    case = asked(world)
    before = set(case.reviews.filter(of_refusal=False).values_list("reviewer", flat=True))
    fresh = case.reviews.get(of_refusal=True)

    assert case.state == "review_requested"
    assert fresh.reviewer_id not in before
    assert len(case.assignments) == 2
    review = RefusalReview.objects.get()
    assert (review.reason_codes, review.feedback, review.grounds) == (
        case.reason_codes,
        case.feedback,
        GROUNDS,
    )
    assert review.due_on == date(2026, 12, 14)
    assert [kind for kind, _who in open_work()] == ["application_recheck", "application_review"]


def test_firm_starts_nothing_else_while_its_refusal_is_reviewed(world):
    case = asked(world)
    with pytest.raises(Conflict) as refusal:
        firms.started(world)
    assert refusal.value.code == "application_exists"
    firm_services_locked(world, case)


def firm_services_locked(world, case):
    with pytest.raises(Conflict) as refusal:
        firm_services.save_answers(application=case, answers={}, actor=world.owner, now=world.now)
    assert refusal.value.code == "application_locked"


def test_draft_leaves_the_right_and_gives_way_to_the_review(world):
    case = refused(world)
    draft = firms.started(world)
    firm_services.save_answers(
        application=draft, answers={"case_text": "新写的案例"}, actor=world.owner, now=world.now
    )
    panel = recheck_panel(case, world.now.date())
    assert (panel.until, panel.draft) == (case.review_until, draft.number)
    with pytest.raises(NotAllowed):
        asked(world, case, actor=world.member)
    with pytest.raises(Invalid):
        asked(world, case, grounds="短")
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert asked(world, case).state == "review_requested"
    draft.refresh_from_db()
    assert draft.state == "withdrawn"
    entry = AuditEntry.objects.get(action="incubator.withdraw_application")
    assert (entry.outcome, entry.actor_name) == ("done", world.owner.name)

    refusal_reviews.drop_review(
        application=Application.objects.get(pk=case.pk), actor=world.owner, now=world.now
    )
    fresh = firms.started(world)
    taken = firm_services.take_over_answers(application=fresh, actor=world.owner, now=world.now)
    assert taken.answers["case_text"] == "新写的案例"


def test_request_beside_an_application_that_lapsed_today(world):
    case = screened_out(world)
    more_info.ask_more_info(
        application=firms.submitted(world),
        asked={"case_text": "请补充"},
        actor=world.staff,
        now=world.now,
    )
    later = world.now + timedelta(days=8)
    assert recheck_panel(case, world.now.date()).until is None
    assert recheck_panel(case, later.date()).until == case.review_until
    assert asked(world, case, now=later).state == "review_requested"


def test_what_sending_a_draft_gives_up(world, queries):
    case = refused(world)
    draft = firms.started(world)
    until = case.review_until
    with queries(1):
        found = open_refusal(draft, until)
    assert found == OpenRefusal(case.number, case.get_absolute_url(), until)
    assert open_refusal(draft, until + timedelta(days=1)) is None
    assert open_refusal(case, until) is None
    asked(world, case)
    refusal_reviews.drop_review(
        application=Application.objects.get(pk=case.pk), actor=world.owner, now=world.now
    )
    assert open_refusal(firms.started(world), until) is None


@pytest.mark.parametrize("count", [0, 1])
def test_panel_takes_two_queries(world, queries, count):
    case = refused(world)
    for _number in range(count):
        firms.started(world)
    with queries(2):
        recheck_panel(case, world.now.date())


def test_request_beside_a_new_application_is_refused(world):
    case = refused(world)
    firms.submitted(world)
    with pytest.raises(Conflict) as refusal:
        asked(world, case)
    assert refusal.value.code == "application_exists"
    assert recheck_panel(case, world.now.date()).until is None


@pytest.mark.parametrize(("day", "taken"), [(date(2026, 12, 7), True), (date(2026, 12, 8), False)])
def test_request_is_taken_within_ten_working_days(world, day, taken):
    case = refused(world)
    now = world.now + (day - world.now.date())
    assert recheck_panel(case, day).until == (date(2026, 12, 7) if taken else None)
    if taken:
        assert asked(world, case, now=now).state == "review_requested"
    else:
        with pytest.raises(Conflict) as refusal:
            asked(world, case, now=now)
        assert refusal.value.code == "review_late"


@pytest.mark.parametrize("login", ["member", "owner2", "staff", "learner"])
def test_only_the_signer_of_the_firm_asks(world, login):
    with pytest.raises(NotAllowed):
        asked(world, actor=world.people[login])


def test_request_without_grounds_is_refused(world):
    with pytest.raises(Invalid) as refusal:
        asked(world, grounds=" ")
    assert refusal.value.fields == {"grounds": "narrative_short"}


def test_request_on_a_case_that_was_not_refused(world):
    with pytest.raises(Conflict) as refusal:
        asked(world, held(world))
    assert refusal.value.code == "wrong_state"


def test_request_taken_back_leaves_the_refusal_and_no_second_try(world):
    case = refusal_reviews.drop_review(application=asked(world), actor=world.owner, now=world.now)
    assert (case.state, RefusalReview.objects.get().outcome) == ("rejected", "dropped")
    assert open_work() == []
    assert case.reviews.get(of_refusal=True).state == "cancelled"
    with pytest.raises(Conflict) as refusal:
        asked(world, case)
    assert refusal.value.code == "review_used"
    assert firms.started(world).state == "draft"


def test_upheld_refusal_closes_the_case_for_good(world, staff2):
    case = decided(world, read(world, asked(world)), staff2, overturn=False)
    assert (case.state, case.reason_codes) == ("upheld", ["capability_not_shown"])
    review = RefusalReview.objects.get()
    assert (review.outcome, review.decided_by, review.decided_at) == ("upheld", staff2, world.now)
    assert open_work() == []
    told = Notification.objects.filter(kind="application_rechecked").order_by("user_id")
    assert [row.user for row in told] == [world.owner, world.member]
    assert firms.started(world).state == "draft"


def test_overturned_refusal_can_be_proposed_and_admitted_but_not_refused_again(world, staff2):
    case = decided(world, read(world, asked(world)), staff2, overturn=True)
    assert (case.state, case.refused_at, case.reason_codes, case.feedback) == (
        "decision_pending",
        None,
        [],
        "",
    )
    assert open_work() == [("application_decide", "staff")]
    with pytest.raises(Conflict) as refusal:
        decisions.hold_refusal(
            application=case,
            reason_codes=["incomplete"],
            feedback="请补充",
            actor=world.staff,
            now=world.now,
        )
    assert refusal.value.code == "refusal_overturned"
    case = screening.propose_admission(application=case, actor=world.staff, now=world.now)
    release(world, case)
    later = world.now + timedelta(days=8)
    case = admissions.admit_application(application=case, actor=world.staff, now=later)
    assert case.state == "admitted"


def test_refusal_at_screening_that_is_overturned_goes_to_two_reviewers(world, staff2):
    for number in range(2):
        person = create_person(
            email=f"more{number}@demo.example", name="示例", password="x", now=world.now
        )
        grant_role(user=person, role="assessor", actor=None, now=world.now)
    case = read(world, asked(world, screened_out(world)))
    case = decided(world, case, staff2, overturn=True)
    assert (case.state, RefusalReview.objects.get().outcome) == ("screening", "reopened")
    assert open_work() == [("application_screen", "staff")]
    with pytest.raises(Conflict) as refusal:
        screening.reject_application(
            application=case,
            reason_codes=["incomplete"],
            feedback="材料不全",
            actor=world.staff,
            now=world.now,
        )
    assert refusal.value.code == "refusal_overturned"
    case = screening.start_review(application=case, actor=world.staff, now=world.now)
    for review in case.reviews.filter(of_refusal=False):
        firms.review_of(review, world.now)
    case.refresh_from_db()
    assert case.state == "decision_pending"
    assert case.reviews.filter(of_refusal=False).count() == 2


def test_who_refused_does_not_decide_on_the_review(world):
    with pytest.raises(NotAllowed) as refusal:
        decided(world, read(world, asked(world)), world.staff, overturn=False)
    assert refusal.value.code == "decided_before"


def test_staff_with_a_tie_and_others_do_not_decide_on_the_review(world, staff2):
    case = read(world, asked(world))
    with pytest.raises(NotAllowed):
        decided(world, case, world.lead, overturn=True)
    record_relation(kind="declared", person=staff2, other=case.organisation, since=world.now.date())
    with pytest.raises(NotAllowed):
        decided(world, case, staff2, overturn=True)


def test_review_waits_for_the_reviewer_who_is_new_to_the_case(world, staff2):
    case = asked(world)
    with pytest.raises(Conflict) as refusal:
        decided(world, case, staff2, overturn=True)
    assert refusal.value.code == "fresh_review_missing"
    assert recheck_panel(case, world.now.date()).fresh_in is False
    assert recheck_panel(read(world, case), world.now.date()).fresh_in is True


def test_review_is_not_decided_without_reasons(world, staff2):
    with pytest.raises(Invalid) as refusal:
        decided(world, read(world, asked(world)), staff2, overturn=True, reason=" ")
    assert refusal.value.code == "reason_required"


def test_nobody_new_left_is_told_to_the_staff_who_draw_later(world):
    case = refused(world)
    known = set(case.reviews.values_list("reviewer", flat=True))
    for person in User.objects.filter(groups__name="assessor").exclude(pk__in=known):
        person.groups.clear()
    case = asked(world, case)
    assert [kind for kind, _who in open_work()] == ["application_recheck", "application_reviewers"]
    person = create_person(email="new@demo.example", name="示例", password="x", now=world.now)
    grant_role(user=person, role="assessor", actor=None, now=world.now)
    screening.assign_missing_reviewers(application=case, actor=world.staff, now=world.now)
    assert case.reviews.get(of_refusal=True).reviewer == person
    assert [kind for kind, _who in open_work()] == ["application_recheck", "application_review"]


def test_panel_of_a_case_without_refusal_offers_nothing(world):
    panel = recheck_panel(firms.submitted(world), world.now.date())
    assert (panel.until, panel.asked, panel.reasons, panel.fresh_in) == (None, None, [], False)
