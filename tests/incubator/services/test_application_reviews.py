"""Reviewers: the draw, the declaration, the scores, the third opinion."""

from datetime import date, timedelta

import pytest

from incubator.models import Application, ApplicationReview
from incubator.services import application_reviews, screening
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed, Refused
from portal.models import AuditEntry, Notification, Relation, WorkItem
from portal.services.accounts import add_member, grant_role
from portal.services.registers import record_relation
from tests.incubator import firms
from tests.incubator.firms import NOTES, SCORES, open_work, reviewers


def test_start_review_assigns_two_by_the_published_salt(world):
    application = firms.in_review(world)
    assert application.state == "in_review"
    drawn = application.assignments[0]
    assert drawn["salt"] == application.salt
    assert drawn["case"] == application.number
    assert [str(one.reviewer_id) for one in reviewers(application)] == drawn["assessors"]
    assert len(drawn["ranking"]) == 3
    assert [kind for kind, _who in open_work()] == ["application_review"] * 2
    assert Notification.objects.filter(kind="application_review").count() == 2


def test_start_review_leaves_out_who_has_a_tie(world):
    record_relation(
        kind="taught",
        other=world.organisation("owner"),
        person=world.assessor2,
        since=date(2026, 1, 1),
    )
    application = firms.in_review(world)
    assert {one.reviewer for one in reviewers(application)} == {world.assessor, world.assessor3}
    assert application.assignments[0]["excluded"] == {str(world.assessor2.pk): ["taught"]}


def test_start_review_without_enough_reviewers_changes_nothing(world):
    firm = world.organisation("owner")
    for person in (world.assessor, world.assessor2):
        record_relation(kind="taught", other=firm, person=person, since=date(2026, 1, 1))
    with pytest.raises(Conflict) as refusal:
        firms.in_review(world)
    assert refusal.value.code == "not_enough_assessors"
    assert Application.objects.get().state == "screening"
    assert ApplicationReview.objects.count() == 0


def test_start_review_never_assigns_two_colleagues(world):
    body = world.organisation("institute")
    for person in (world.assessor, world.assessor2):
        add_member(
            user=person, organisation=body, role="institute_member", actor=None, now=world.now
        )
    application = firms.in_review(world)
    names = {one.reviewer for one in reviewers(application)}
    assert world.assessor3 in names
    assert len(names) == 2


def test_start_review_counts_the_load_of_reviewers(world):
    first = {one.reviewer for one in reviewers(firms.in_review(world, "owner"))}
    application = firms.in_review(world, "owner2")
    loads = {pk: load for pk, load, _digest in application.assignments[0]["ranking"]}
    assert {pk for pk, load in loads.items() if load} == {str(person.pk) for person in first}


def test_staff_of_the_own_firm_do_not_decide(world):
    add_member(
        user=world.staff,
        organisation=world.organisation("owner"),
        role="firm_member",
        actor=None,
        now=world.now,
    )
    with pytest.raises(NotAllowed) as refusal:
        firms.in_review(world)
    assert refusal.value.code == "own_organisation"


def test_staff_with_a_tie_do_not_decide(world):
    record_relation(
        kind="mentored",
        other=world.organisation("owner"),
        person=world.staff,
        since=date(2026, 1, 1),
    )
    with pytest.raises(NotAllowed) as refusal:
        firms.in_review(world)
    assert refusal.value.code == "conflict_of_interest"


def test_declared_conflict_brings_in_the_next_reviewer(world):
    application = firms.in_review(world)
    first = reviewers(application)[0]

    gone = application_reviews.declare(
        review=first, conflict=True, note="曾任顾问", actor=first.reviewer, now=world.now
    )

    assert gone.state == "recused"
    states = [one.state for one in reviewers(application)]
    assert states == ["recused", "assigned", "assigned"]
    assert Relation.objects.filter(kind="declared", person=first.reviewer).count() == 1
    assert len(open_work()) == 2


def test_declared_conflict_without_a_next_reviewer_tells_the_staff(world):
    application = firms.in_review(world)
    for _turn in range(2):
        mine = application.reviews.filter(state="assigned").select_related("reviewer").first()
        application_reviews.declare_conflict(
            review=mine, note="曾合作", actor=mine.reviewer, now=world.now
        )
    assert ("application_reviewers", "staff") in open_work()
    assert WorkItem.objects.open().get(kind="application_reviewers").due_on == date(2026, 11, 26)

    with pytest.raises(Conflict) as refusal:
        screening.assign_missing_reviewers(
            application=application, actor=world.staff, now=world.now
        )
    assert refusal.value.code == "not_enough_assessors"

    grant_role(user=world.expert, role="assessor", actor=None, now=world.now)
    screening.assign_missing_reviewers(application=application, actor=world.staff, now=world.now)
    assert application.reviews.filter(state="assigned", reviewer=world.expert).count() == 1
    assert ("application_reviewers", "staff") not in open_work()


def test_assign_missing_reviewers_when_none_is_missing_is_refused(world):
    with pytest.raises(Conflict) as refusal:
        screening.assign_missing_reviewers(
            application=firms.in_review(world), actor=world.staff, now=world.now
        )
    assert refusal.value.code == "reviewers_complete"


@pytest.mark.parametrize(
    ("stage", "version", "code"),
    [("screening", None, "wrong_state"), ("in_review", 99, "stale")],
)
def test_assign_missing_reviewers_out_of_turn_is_refused(world, stage, version, code):
    with pytest.raises(Conflict) as refusal:
        screening.assign_missing_reviewers(
            application=firms.STAGES[stage](world),
            actor=world.staff,
            now=world.now,
            expected_version=version,
        )
    assert refusal.value.code == code


def test_review_before_the_declaration_is_refused(world):
    review = reviewers(firms.in_review(world))[0]
    with pytest.raises(Conflict) as refusal:
        application_reviews.submit_review(
            review=review,
            scores=SCORES,
            narratives=NOTES,
            recommendation="admit",
            actor=review.reviewer,
            now=world.now,
        )
    assert refusal.value.code == "wrong_state"


def test_review_of_somebody_else_is_refused(world):
    application = firms.in_review(world)
    review = reviewers(application)[0]
    other = next(
        person
        for person in (world.assessor, world.assessor2, world.assessor3)
        if person != review.reviewer
    )
    with pytest.raises(NotAllowed):
        application_reviews.declare(review=review, conflict=False, actor=other, now=world.now)


def test_declaration_against_the_register_is_refused(world):
    review = reviewers(firms.in_review(world))[0]
    record_relation(
        kind="partnered",
        other=world.organisation("owner"),
        person=review.reviewer,
        since=date(2026, 1, 1),
    )
    with pytest.raises(NotAllowed) as refusal:
        application_reviews.declare(
            review=review, conflict=False, actor=review.reviewer, now=world.now
        )
    assert refusal.value.code == "conflict_of_interest"


def test_review_with_gaps_is_refused(world):
    review = reviewers(firms.in_review(world))[0]
    with pytest.raises(Invalid) as refusal:
        firms.review_of(review, world.now, narratives={**NOTES, "capability": "好"})
    assert refusal.value.fields == {"capability_note": "narrative_short"}


def test_two_agreeing_reviews_bring_the_case_to_decision(world):
    application = firms.in_review(world)
    first, second = reviewers(application)
    firms.review_of(first, world.now)
    application.refresh_from_db()
    assert application.state == "in_review"

    firms.review_of(second, world.now)
    application.refresh_from_db()
    assert (application.state, application.reviewed_at) == ("decision_pending", world.now)
    assert open_work() == [("application_decide", "staff")]


@pytest.mark.parametrize(
    "changes",
    [{"scores": {**SCORES, "capability": 1}}, {"recommendation": "reject"}],
    ids=["two anchors apart", "split"],
)
def test_two_differing_reviews_bring_in_a_third(world, changes):
    application = firms.in_review(world)
    first, second = reviewers(application)
    firms.review_of(first, world.now)
    firms.review_of(second, world.now, **changes)
    application.refresh_from_db()
    assert application.state == "in_review"

    third = application.reviews.get(state="assigned")
    firms.review_of(third, world.now)
    application.refresh_from_db()
    assert application.state == "decision_pending"


def test_replacement_is_never_a_colleague_of_the_other_reviewer(world):
    application = firms.in_review(world)
    first, second = reviewers(application)
    cast = {world.assessor, world.assessor2, world.assessor3}
    (reserve,) = cast - {first.reviewer, second.reviewer}
    for person in (second.reviewer, reserve):
        add_member(
            user=person,
            organisation=world.organisation("institute"),
            role="institute_member",
            actor=None,
            now=world.now,
        )

    application_reviews.declare(
        review=first, conflict=True, note="曾任顾问", actor=first.reviewer, now=world.now
    )

    assert [one.reviewer for one in reviewers(application)] == [first.reviewer, second.reviewer]
    assert ("application_reviewers", "staff") in open_work()


def replaced(world, application, review, *, days=15, **changes):
    values = {
        "reason": "电话、邮件均无回复", "actor": world.staff,
        "now": world.now + timedelta(days=days), **changes,
    }  # fmt: skip
    return application_reviews.replace_reviewer(application=application, review=review, **values)


@pytest.mark.parametrize("declared", [False, True])
def test_overdue_reviewer_is_replaced_by_the_public_draw(world, declared):
    application = firms.in_review(world)
    first, second = reviewers(application)
    if declared:
        application_reviews.declare_no_conflict(review=first, actor=first.reviewer, now=world.now)

    drawn = replaced(world, application, first)

    first.refresh_from_db()
    assert first.state == "cancelled"
    cast = {world.assessor, world.assessor2, world.assessor3}
    assert {drawn.reviewer} == cast - {first.reviewer, second.reviewer}
    application.refresh_from_db()
    assert application.assignments[1]["assessors"] == [str(drawn.reviewer_id)]
    assert "already_assigned" in application.assignments[1]["excluded"][str(first.reviewer_id)]
    waiting = WorkItem.objects.open().values_list("user", flat=True)
    assert set(waiting) == {second.reviewer_id, drawn.reviewer_id}
    entry = AuditEntry.objects.get(action="incubator.application_review.replace")
    assert (entry.reason, entry.outcome) == ("电话、邮件均无回复", "done")
    told = Notification.objects.get(kind="application_review_replaced")
    assert told.user == first.reviewer


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"days": 14}, "review_not_overdue"),  # the tenth working day itself
        ({"reason": "\u200b"}, "reason_required"),
        ({"expected_version": 99}, "stale"),
    ],
)
def test_replacement_that_is_refused_changes_nothing(world, changes, code):
    application = firms.in_review(world)
    first = reviewers(application)[0]
    with pytest.raises(Refused) as refusal:
        replaced(world, application, first, **changes)
    assert refusal.value.code == code
    assert [one.state for one in reviewers(application)] == ["assigned", "assigned"]


def test_review_that_is_in_is_not_replaced(world):
    application = firms.in_review(world)
    first = firms.review_of(reviewers(application)[0], world.now)
    with pytest.raises(Conflict, match="wrong_state"):
        replaced(world, application, first)


def test_reviewer_of_a_case_that_is_decided_is_not_replaced(world):
    application = firms.reviewed(world)
    with pytest.raises(Conflict, match="wrong_state"):
        replaced(world, application, reviewers(application)[0])


def test_nobody_is_replaced_while_nobody_else_is_left(world):
    application = firms.in_review(world)
    first, second = reviewers(application)
    replaced(world, application, first)
    with pytest.raises(Conflict, match="not_enough_assessors"):
        replaced(world, application, second)
    second.refresh_from_db()
    assert second.state == "assigned"


@pytest.mark.parametrize("login", ["owner", "assessor", "leader"])
def test_only_staff_replace_reviewers(world, login):
    application = firms.in_review(world)
    with pytest.raises(NotAllowed):
        replaced(world, application, reviewers(application)[0], actor=world.people[login])


def test_reviewer_steps_back_after_reading(world):
    application = firms.in_review(world)
    first = reviewers(application)[0]
    application_reviews.declare_no_conflict(review=first, actor=first.reviewer, now=world.now)
    gone = application_reviews.declare_conflict(
        review=first, note="读到联系人才发现是亲属", actor=first.reviewer, now=world.now
    )
    assert gone.state == "recused"
    assert [one.state for one in reviewers(application)][1:] == ["assigned", "assigned"]
