"""The village's decision and its second factor."""

import pytest
from django.core.files.base import ContentFile

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.events import subscribe, subscribers_of
from portal.models import EventRecord, IssuedDocument, Notification, Relation, WorkItem
from portal.services.accounts import add_member, grant_role
from tests.village_pilot.story import PNG, SIGNED, Story, days, fresh
from tests.world import World
from village_pilot.models import AcceptanceCode, VillageDecision
from village_pilot.services.acceptance import issue_codes


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def photo() -> ContentFile:
    return ContentFile(PNG, name="签字单.png")


# --- deciding


def test_acceptance_with_a_code_leaves_its_traces(story: Story) -> None:
    version = story.approved()
    signed = story.decide(version)
    moved = fresh(version)
    document = IssuedDocument.objects.get(kind="acceptance_form")
    tie = Relation.objects.get(kind="accepted_for")
    assert (moved.state, moved.deliverable.milestone.state) == ("accepted", "met")
    assert (signed.document, document.number[:13]) == (document, "HYYS-2026-000")
    assert document.payload["provider"]["uscc"] == story.firm.uscc
    assert (document.payload["second_factor"], document.payload["decided_on"]) == (
        "code",
        "2026-11-23",
    )
    assert (tie.person, tie.other) == (story.world.signer, story.firm)
    assert WorkItem.objects.open().filter(kind="deliverable_accept").count() == 0
    assert Notification.objects.filter(kind="deliverable_decided").count() == 2
    assert str(signed) != ""


def test_acceptance_with_a_photo_keeps_it(story: Story) -> None:
    signed = story.decide(story.approved(), photo=photo())
    assert (signed.photo.name, signed.photo.use, signed.code) == (
        "签字单.png",
        "evidence_photo",
        None,
    )
    assert signed.document.payload["second_factor"] == "photo"


def test_acceptance_publishes_its_event(story: Story, monkeypatch) -> None:
    from portal import events

    monkeypatch.setitem(events.SUBSCRIBERS, "DeliverableAccepted", [])
    subscribe(events.DeliverableAccepted, "tests.village_pilot.heard")
    version = story.decided()
    record = EventRecord.objects.get(name="DeliverableAccepted")
    assert record.payload == {
        "deliverable_id": version.deliverable_id,
        "organisation_id": story.firm.pk,
        "version_id": version.pk,
        "release_ids": [],
    }
    assert subscribers_of("DeliverableAccepted") == ("tests.village_pilot.heard",)


@pytest.mark.parametrize(
    ("decision", "state", "milestone", "documents"),
    [
        ("accept_with_conditions", "accepted_with_conditions", "partially_met", 1),
        ("refuse", "refused", "not_met", 0),
    ],
)
def test_other_decisions_judge_the_milestone(
    story: Story, decision, state, milestone, documents
) -> None:
    version = story.approved()
    story.decide(version, decision)
    moved = fresh(version)
    forms = IssuedDocument.objects.filter(kind="acceptance_form").count()
    assert (moved.state, moved.deliverable.milestone.state, forms) == (
        state,
        milestone,
        documents,
    )
    refusals = WorkItem.objects.open().filter(kind="deliverable_refused").count()
    assert refusals == (decision == "refuse")


def test_deliverable_without_milestone_is_accepted(story: Story) -> None:
    version = story.approved(milestone=None)
    story.decide(version)
    assert fresh(version).state == "accepted"


def test_milestone_that_staff_judged_before_stays(story: Story) -> None:
    from village_pilot.services.milestones import judge_milestone

    version = story.approved()
    judge_milestone(
        milestone=version.deliverable.milestone,
        action="meet",
        actor=story.world.staff,
        now=story.now,
    )
    story.decide(fresh(version), "refuse")
    assert fresh(version).deliverable.milestone.state == "met"


@pytest.mark.parametrize("decision", ["accept_with_conditions", "refuse"])
def test_condition_or_refusal_without_words_is_refused(story: Story, decision) -> None:
    version = story.approved()
    with pytest.raises(Invalid, match="reason_required"):
        story.decide(version, decision, note=" ")
    assert AcceptanceCode.objects.filter(used_at__isnull=False).count() == 0


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"signed_name": "别人"}, "name_mismatch", "signed_name"),
        ({"code": ""}, "second_factor", "code"),
        ({"code": "ABCDE-FGHJK"}, "code_wrong", "code"),
        ({"code": "ABCDE-FGHJK", "photo": "photo"}, "one_factor", "code"),
        ({"decision": "perhaps"}, "decision_missing", "decision"),
    ],
)
def test_unsigned_decision_is_refused(story: Story, changes, code, field) -> None:
    version = story.approved()
    values = {name: photo() if value == "photo" else value for name, value in changes.items()}
    decision = values.pop("decision", "accept")
    with pytest.raises(Invalid) as refused:
        story.decide(version, decision, **values)
    assert (refused.value.code, list(refused.value.fields)) == (code, [field])
    assert (fresh(version).state, VillageDecision.objects.count()) == ("village_acceptance", 0)


@pytest.mark.parametrize("login", ["clerk", "staff", "owner", "techreview"])
def test_nobody_else_decides_for_the_village(story: Story, login) -> None:
    version = story.approved()
    with pytest.raises(NotAllowed, match="role"):
        story.decide(version, actor=story.world.people[login], code="x")


def test_reviewer_never_signs_for_the_village(story: Story) -> None:
    version = story.approved()
    add_member(
        user=version.reviewer,
        organisation=story.committee,
        role="village_signer",
        actor=None,
        now=story.now,
    )
    with pytest.raises(NotAllowed, match="reviewer_is_signer"):
        story.decide(version, actor=version.reviewer, code="x")


def test_signer_of_the_firm_does_not_accept_its_work(story: Story) -> None:
    version = story.approved()
    add_member(
        user=story.world.signer,
        organisation=story.firm,
        role="firm_member",
        actor=None,
        now=story.now,
    )
    with pytest.raises(NotAllowed, match="own_organisation"):
        story.decide(version, actor=story.world.signer, code="x")


def test_second_decision_is_told_that_the_case_moved(story: Story) -> None:
    version = story.decided()
    with pytest.raises(Conflict, match="wrong_state"):
        story.decide(version, "refuse")


def test_stale_page_decides_nothing_and_keeps_the_code(story: Story) -> None:
    version = story.approved()
    with pytest.raises(Conflict, match="stale"):
        story.decide(version, expected_version=1)
    assert AcceptanceCode.objects.filter(used_at__isnull=False).count() == 0


def test_silence_is_never_acceptance(story: Story) -> None:
    version = story.approved()
    story.world.now = story.now + days(400)
    story.world.drain()
    assert fresh(version).state == "village_acceptance"


# --- codes


def test_code_works_once(story: Story) -> None:
    sheet = issue_codes(signer=story.world.signer, count=2, actor=story.world.staff, now=story.now)
    story.decide(story.approved(), code=sheet[0].lower().replace("-", " "))
    with pytest.raises(Invalid, match="code_wrong"):
        story.decide(story.approved(), code=sheet[0])
    story.decide(story.approved(), code=sheet[1])
    assert AcceptanceCode.objects.filter(used_at__isnull=False).count() == 2


def test_codes_are_not_kept_in_clear(story: Story) -> None:
    sheet = issue_codes(signer=story.world.signer, count=3, actor=story.world.staff, now=story.now)
    row = AcceptanceCode.objects.first()
    assert ([len(code) for code in sheet], len(set(sheet))) == ([11, 11, 11], 3)
    assert str(row) == f"{story.world.signer.pk} {row.digest[:8]}"
    assert {len(code.digest) for code in AcceptanceCode.objects.all()} == {64}


def test_new_sheet_makes_the_old_one_worthless(story: Story) -> None:
    old = story.code()
    story.code()
    with pytest.raises(Invalid, match="code_wrong"):
        story.decide(story.approved(), code=old)


def test_code_of_another_signer_is_worthless(story: Story) -> None:
    other = story.world.clerk
    add_member(
        user=other,
        organisation=story.committee,
        role="village_signer",
        actor=None,
        now=story.now,
    )
    with pytest.raises(Invalid, match="code_wrong"):
        story.decide(story.approved(), code=story.code(), actor=other, signed_name=other.name)


def test_five_wrong_codes_close_the_door_for_a_while(story: Story) -> None:
    version = story.approved()
    good = story.code()
    for _attempt in range(5):
        with pytest.raises(Invalid, match="code_wrong"):
            story.decide(version, code="22222-22222")
    with pytest.raises(Conflict, match="code_locked"):
        story.decide(version, code=good)
    assert story.decide(version, code=good, now=story.now + days(1)).decision == "accept"


@pytest.mark.parametrize(
    ("login", "count", "actor", "code"),
    [
        ("signer", 0, "staff", "code_count"),
        ("signer", 41, "staff", "code_count"),
        ("clerk", 5, "staff", "not_a_signer"),
        ("signer", 5, "signer", "role"),
        ("staff", 5, "staff", "own_role"),
    ],
)
def test_sheet_is_refused(story: Story, login, count, actor, code) -> None:
    people = story.world.people
    with pytest.raises((Invalid, NotAllowed)) as refused:
        issue_codes(signer=people[login], count=count, actor=people[actor], now=story.now)
    assert (refused.value.code, AcceptanceCode.objects.count()) == (code, 0)


def test_signed_name_may_have_spaces(story: Story) -> None:
    signed = story.decide(story.approved(), signed_name=f" {SIGNED[:2]} {SIGNED[2:]} ")
    assert signed.signed_name == f"{SIGNED[:2]} {SIGNED[2:]}"


def test_staff_who_also_sign_get_no_codes_from_themselves(story: Story) -> None:
    grant_role(user=story.world.signer, role="staff", actor=None, now=story.now)
    with pytest.raises(NotAllowed, match="own_role"):
        issue_codes(signer=story.world.signer, count=1, actor=story.world.signer, now=story.now)
