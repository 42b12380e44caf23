"""Decisions that are held pending and released together."""

import pytest

from incubator.services import admissions, decisions, screening
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import Notice, Notification
from portal.services.registers import record_relation
from tests.incubator import firms
from tests.incubator.firms import open_work


def held(world, login="owner", **changes):
    """Return a reviewed case whose refusal is held."""
    return hold(world, firms.reviewed(world, login), **changes)


def hold(world, application, **changes):
    values = {
        "reason_codes": ["capability_not_shown", "unknown"],
        "feedback": "请补充两个村的运行记录。",
        "actor": world.staff,
        "now": world.now,
        **changes,
    }
    return decisions.hold_refusal(application=application, **values)


def release(world, *applications, refusals=(), batch="第 1 批"):
    return admissions.publish_admissions(
        applications=applications,
        refusals=refusals,
        batch=batch,
        actor=world.staff,
        now=world.now,
    )


def test_held_refusal_is_not_told_and_waits_for_its_batch(world):
    case = held(world)
    assert (case.state, case.reason_codes) == ("decision_pending", ["capability_not_shown"])
    assert (case.refused_by, case.rejected_at) == (world.staff, None)
    assert open_work() == [("application_release", "staff")]
    assert not Notification.objects.filter(user=world.owner).exists()


def test_batch_publishes_the_notice_and_tells_the_refused_in_one_deed(world):
    proposed, refused = firms.proposed(world, "owner2"), held(world)
    notice = release(world, proposed, refusals=[refused])

    for case in (proposed, refused):
        case.refresh_from_db()
    assert (proposed.state, refused.state) == ("public_notice", "rejected")
    assert (refused.rejected_at, refused.batch) == (world.now, "第 1 批")
    assert [line["uscc"] for line in notice.rows] == [world.organisation("owner2").uscc]
    told = Notification.objects.filter(kind="application_rejected").order_by("user_id")
    assert [row.user for row in told] == [world.owner, world.member]
    assert open_work() == [("application_admit", "staff")]
    assert firms.started(world).pk != refused.pk


def test_batch_of_refusals_alone_needs_no_notice(world):
    refused = held(world)
    assert release(world, refusals=[refused]) is None
    refused.refresh_from_db()
    assert (refused.state, Notice.objects.count()) == ("rejected", 0)


def test_release_of_a_case_without_a_held_refusal_changes_nothing(world):
    proposed, open_case = firms.proposed(world, "owner2"), firms.reviewed(world)
    with pytest.raises(Conflict) as refusal:
        release(world, proposed, refusals=[open_case])
    assert refusal.value.code == "not_refused"
    proposed.refresh_from_db()
    assert (proposed.state, Notice.objects.count()) == ("decision_pending", 0)


def test_held_decision_can_be_changed_both_ways(world):
    case = screening.propose_admission(
        application=held(world), actor=world.staff, now=world.now, reason="补充材料后符合"
    )
    assert (case.refused_at, case.refused_by, case.reason_codes, case.feedback) == (
        None,
        None,
        [],
        "",
    )
    assert open_work() == [("application_publish", "staff")]
    case = hold(world, case)
    assert (case.proposed_at, case.proposal_reason) == (None, "")
    assert open_work() == [("application_release", "staff")]
    with pytest.raises(Conflict) as refusal:
        release(world, case)
    assert refusal.value.code == "not_proposed"


def test_refusal_is_held_once(world):
    with pytest.raises(Conflict) as refusal:
        hold(world, held(world))
    assert refusal.value.code == "already_refused"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason_codes": []}, "reasons_missing"),
        ({"feedback": " "}, "text_required"),
        ({"reason_codes": ["objection_upheld"]}, "no_objection_upheld"),
    ],
)
def test_refusal_without_its_reasons_is_not_held(world, changes, code):
    with pytest.raises(Invalid) as refusal:
        held(world, **changes)
    assert refusal.value.code == code


def test_refusal_before_the_reviews_are_in_is_not_held(world):
    with pytest.raises(Conflict) as refusal:
        hold(world, firms.in_review(world))
    assert refusal.value.code == "wrong_state"


def test_rejection_at_once_is_refused_once_the_reviews_are_in(world):
    with pytest.raises(Conflict) as refusal:
        screening.reject_application(
            application=firms.reviewed(world),
            reason_codes=["incomplete"],
            feedback="请补充",
            actor=world.staff,
            now=world.now,
        )
    assert refusal.value.code == "release_together"


def test_refusal_is_held_and_released_by_staff_without_a_tie_only(world):
    case = firms.reviewed(world)
    with pytest.raises(NotAllowed):
        hold(world, case, actor=world.lead)
    case = hold(world, case)
    record_relation(
        kind="declared", person=world.staff, other=case.organisation, since=world.now.date()
    )
    with pytest.raises(NotAllowed):
        release(world, refusals=[case])


@pytest.mark.parametrize(
    ("batch", "code"),
    [("第 1 批", "batch_exists"), ("第 1 批\u200b ", "batch_exists"), ("\u200b", "text_required")],
)
def test_batch_has_a_name_of_its_own(world, batch, code):
    release(world, firms.proposed(world, "owner2"))
    with pytest.raises(Invalid) as refusal:
        release(world, refusals=[held(world)], batch=batch)
    assert (refusal.value.code, refusal.value.fields) == (code, {"batch": code})
