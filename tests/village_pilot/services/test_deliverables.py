"""Handing in, finding a reviewer, reviewing, disputing."""

import pytest
from django.core.files.base import ContentFile

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, Notification, StoredFile, WorkItem
from portal.services.accounts import add_member, revoke_role
from portal.services.files import read_chunks
from portal.services.registers import record_relation
from tests.village_pilot.story import NOTE, PDF, WHY, Story, fresh
from tests.world import World
from village_pilot.domain.delivery import CRITERIA
from village_pilot.models import DeliverableVersion, TechnicalReview
from village_pilot.services.deliverable_files import remove_file
from village_pilot.services.deliverables import (
    add_file,
    assign_reviewer,
    create_deliverable,
    dispute_refusal,
    resolve_dispute,
    start_version,
    submit_version,
)
from village_pilot.services.pilots import move_pilot
from village_pilot.services.reviews import review_version, set_redesign_level


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def open_kinds(version: DeliverableVersion) -> list[str]:
    rows = WorkItem.objects.open().filter(
        subject_type="village_pilot.deliverableversion", subject_id=str(version.pk)
    )
    return sorted(rows.values_list("kind", flat=True))


# --- drafts and files


def test_draft_has_its_file(story: Story) -> None:
    version = story.draft()
    assert (version.state, version.number, version.deliverable.title) == ("draft", 1, "随手拍上线")
    assert [file.name for file in version.files.all()] == ["验收材料.pdf"]
    assert str(version) == "随手拍上线 1"


@pytest.mark.parametrize("login", ["owner2", "staff", "signer"])
def test_others_hand_nothing_in(story: Story, login) -> None:
    pilot = story.pilot()
    with pytest.raises(NotAllowed):
        create_deliverable(
            pilot=pilot, title="冒充", actor=story.world.people[login], now=story.now
        )


@pytest.mark.parametrize("state", ["agreed", "paused", "completed"])
def test_nothing_is_handed_in_while_the_pilot_rests(story: Story, state) -> None:
    with pytest.raises(Conflict, match="pilot_not_started"):
        story.draft(story.pilot(state))


def test_milestone_of_another_pilot_is_refused(story: Story) -> None:
    other = story.pilot()
    with pytest.raises(Invalid, match="milestone_elsewhere"):
        story.draft(story.pilot(), milestone=other.milestones.get())


def test_same_bytes_are_kept_once(story: Story) -> None:
    version = story.draft()
    before = StoredFile.objects.count()
    with pytest.raises(Invalid) as refused:
        add_file(
            version=version,
            upload=ContentFile(PDF, name="又一次.pdf"),
            actor=story.world.owner,
            now=story.now,
        )
    assert (refused.value.code, refused.value.params) == ("file_twice", {"name": "验收材料.pdf"})
    assert (version.files.count(), StoredFile.objects.count()) == (1, before)


@pytest.mark.parametrize("again", [False, True])
def test_file_is_removed_while_the_version_can_be_edited(story: Story, again) -> None:
    version = story.draft()
    if again:
        story.submit(version)
        story.review(fresh(version), "request_changes")
    stored = version.files.get()
    before = StoredFile.objects.count()
    remove_file(version=version, file=stored.pk, actor=story.world.member, now=story.now)
    entry = AuditEntry.objects.get(action="file.remove")
    assert (version.files.count(), StoredFile.objects.count()) == (0, before - 1)
    assert entry.data == {"name": "验收材料.pdf", "sha256": stored.sha256}
    with pytest.raises(Conflict, match="file_gone"):
        remove_file(version=version, file=stored.pk, actor=story.world.owner, now=story.now)


def test_removed_file_leaves_the_same_bytes_of_another_version(story: Story) -> None:
    pilot = story.pilot()
    one, other = (story.draft(pilot, title=title) for title in ("其一", "其二"))
    remove_file(version=one, file=one.files.get().pk, actor=story.world.owner, now=story.now)
    assert b"".join(read_chunks(other.files.get())) == PDF


def test_file_of_a_version_that_moved_on_stays(story: Story) -> None:
    version = story.submitted()
    stored = version.files.get()
    with pytest.raises(Conflict, match="not_editable"):
        remove_file(version=version, file=stored.pk, actor=story.world.owner, now=story.now)
    assert version.files.get() == stored


@pytest.mark.parametrize("login", ["owner2", "staff", "signer"])
def test_others_remove_nothing(story: Story, login) -> None:
    version = story.draft()
    actor = story.world.people[login]
    with pytest.raises(NotAllowed):
        remove_file(version=version, file=version.files.get().pk, actor=actor, now=story.now)
    assert version.files.count() == 1


def test_renamed_executable_is_refused_and_leaves_nothing(story: Story) -> None:
    version = story.draft()
    before = StoredFile.objects.count()
    with pytest.raises(Invalid) as refused:
        add_file(
            version=version,
            upload=ContentFile(b"MZ" + b"\0" * 200, name="材料.pdf"),
            actor=story.world.owner,
            now=story.now,
        )
    assert (refused.value.code, StoredFile.objects.count()) == ("file_type", before)


def test_file_for_a_submitted_version_is_refused(story: Story) -> None:
    with pytest.raises(Conflict, match="not_editable"):
        add_file(
            version=story.submitted(),
            upload=ContentFile(PDF, name="补.pdf"),
            actor=story.world.owner,
            now=story.now,
        )


# --- handing in


def test_submitted_version_finds_its_reviewer(story: Story) -> None:
    version = story.submitted()
    item = WorkItem.objects.open().get(kind="deliverable_review")
    chosen = version.assignment["ranking"][0]
    assert version.state == "technical_review"
    assert (item.user, int(chosen[0])) == (version.reviewer, version.reviewer.pk)
    assert version.deliverable.milestone.pk == version.pilot.milestones.get(state="submitted").pk
    assert (
        Notification.objects.filter(user=version.reviewer, kind="deliverable_to_review").count()
        == 1
    )


def test_nobody_rates_a_firm_more_than_a_fifth_of_the_year_while_others_are_there(story):
    first = story.submitted()
    story.review(first)
    second = story.submitted(story.pilot())
    assert second.reviewer != first.reviewer
    assert second.assignment["rated"] == {str(first.reviewer.pk): 1}


def test_reviewer_with_a_tie_is_left_out(story: Story) -> None:
    record_relation(
        kind="mentored",
        person=story.world.techreview,
        other=story.firm,
        since=story.now.date(),
    )
    version = story.submitted()
    assert version.reviewer == story.world.techreview2
    assert version.assignment["excluded"] == {str(story.world.techreview.pk): ["mentored"]}


def test_member_of_the_village_does_not_review_for_it(story: Story) -> None:
    add_member(
        user=story.world.techreview2,
        organisation=story.committee,
        role="village_clerk",
        actor=None,
        now=story.now,
    )
    assert story.submitted().reviewer == story.world.techreview


def test_without_reviewers_staff_are_asked_and_can_look_again(story: Story) -> None:
    for login in ("techreview", "techreview2"):
        revoke_role(
            user=story.world.people[login],
            role="tech_reviewer",
            actor=story.world.secadmin,
            now=story.now,
        )
    version = story.submitted()
    assert (version.state, open_kinds(version)) == ("submitted", ["deliverable_assign"])
    with pytest.raises(Conflict, match="not_enough_assessors"):
        assign_reviewer(version=version, actor=story.world.staff, now=story.now)
    from portal.services.accounts import grant_role

    grant_role(user=story.world.techreview, role="tech_reviewer", actor=None, now=story.now)
    found = assign_reviewer(version=version, actor=story.world.staff, now=story.now)
    assert (found.state, found.reviewer) == ("technical_review", story.world.techreview)


@pytest.mark.parametrize(
    ("note", "files", "code"), [(" ", True, "no_note"), (NOTE, False, "no_files")]
)
def test_incomplete_version_is_not_handed_in(story: Story, note, files, code) -> None:
    version = story.draft()
    if not files:
        version.files.clear()
    with pytest.raises(Invalid) as refused:
        submit_version(version=version, note=note, actor=story.world.owner, now=story.now)
    assert (refused.value.code, fresh(version).state) == (code, "draft")


def test_second_deliverable_waits_while_its_milestone_is_being_decided(story: Story) -> None:
    version = story.submitted()
    other = story.draft(version.pilot)
    with pytest.raises(Conflict, match="milestone_not_open"):
        story.submit(other)
    assert fresh(other).state == "draft"


def test_deliverable_without_milestone_is_handed_in(story: Story) -> None:
    assert story.submitted(milestone=None).state == "technical_review"


def test_double_submission_is_refused(story: Story) -> None:
    version = story.draft()
    story.submit(version)
    with pytest.raises(Conflict, match="wrong_state"):
        story.submit(version)


# --- the review


def test_approval_asks_the_village(story: Story) -> None:
    version = story.submitted()
    review = story.review(version)
    moved = fresh(version)
    item = WorkItem.objects.open().get(kind="deliverable_accept")
    assert (moved.state, str(review.mean), str(review)) == ("village_acceptance", "3.000", "3.000")
    assert (item.organisation, item.role) == (story.committee, "village_signer")
    assert item.due_on == moved.village_due_on
    assert open_kinds(moved) == ["deliverable_accept"]


def test_changes_go_back_to_the_firm_and_return_to_the_same_reviewer(story: Story) -> None:
    version = story.submitted()
    story.review(version, "request_changes")
    returned = fresh(version)
    assert (returned.state, returned.village_due_on) == ("changes_requested", None)
    assert open_kinds(returned) == ["deliverable_changes", "deliverable_changes"]
    again = story.submit(returned, "member")
    assert (again.state, again.reviewer) == ("technical_review", version.reviewer)
    assert open_kinds(again) == ["deliverable_review"]


@pytest.mark.parametrize("login", ["staff", "owner", "other"])
def test_only_the_assigned_reviewer_reviews(story: Story, login) -> None:
    version = story.submitted()
    names = {"techreview", "techreview2"}
    other = next(
        story.world.people[name] for name in names if story.world.people[name] != version.reviewer
    )
    actor = other if login == "other" else story.world.people[login]
    with pytest.raises(NotAllowed, match="not_assigned"):
        story.review(version, actor=actor)


def test_reviewer_who_got_a_tie_since_does_not_decide(story: Story) -> None:
    version = story.submitted()
    record_relation(
        kind="declared", person=version.reviewer, other=story.firm, since=story.now.date()
    )
    with pytest.raises(NotAllowed, match="conflict_of_interest"):
        story.review(version)


def test_incomplete_review_names_what_is_missing(story: Story) -> None:
    version = story.submitted()
    with pytest.raises(Invalid) as refused:
        review_version(
            version=version,
            scores={"function": 5},
            narratives={"function": "短"},
            verdict="approve",
            actor=version.reviewer,
            now=story.now,
        )
    expected = {f"score_{name}": "mark_missing" for name in CRITERIA}
    expected |= {f"narrative_{name}": "mark_reason_short" for name in CRITERIA}
    assert dict(refused.value.fields) == expected
    assert TechnicalReview.objects.count() == 0


def test_two_reviews_of_one_version_one_wins(story: Story) -> None:
    version = story.submitted()
    story.review(version)
    with pytest.raises(Conflict, match="wrong_state"):
        story.review(version)
    assert TechnicalReview.objects.count() == 1


def test_redesign_level_is_set_with_its_reason(story: Story) -> None:
    version = story.submitted()
    story.review(version, redesign_level="end_to_end", redesign_reason="上报到评价全在线")
    pilot = fresh(version).pilot
    assert (pilot.redesign_level, pilot.redesign_reason, pilot.redesign_set_by) == (
        "end_to_end",
        "上报到评价全在线",
        version.reviewer,
    )


@pytest.mark.parametrize(
    ("level", "reason", "field"),
    [("total", "理由", "redesign_level"), ("partial", " ", "redesign_reason")],
)
def test_redesign_level_is_refused(story: Story, level, reason, field) -> None:
    version = story.submitted()
    with pytest.raises(Invalid) as refused:
        set_redesign_level(
            version=version, level=level, reason=reason, actor=version.reviewer, now=story.now
        )
    assert list(refused.value.fields) == [field]


# --- after the decision


@pytest.mark.parametrize("decision", ["refuse", "accept_with_conditions"])
def test_next_version_keeps_the_older_one(story: Story, decision) -> None:
    version = story.decided(decision)
    following = start_version(
        deliverable=version.deliverable, actor=story.world.owner, now=story.now
    )
    assert (following.number, following.state, following.note) == (2, "draft", NOTE)
    assert open_kinds(version) == []
    assert fresh(version).state in {"refused", "accepted_with_conditions"}


def test_next_version_of_an_open_one_is_refused(story: Story) -> None:
    version = story.submitted()
    with pytest.raises(Conflict, match="version_open"):
        start_version(deliverable=version.deliverable, actor=story.world.owner, now=story.now)


def test_next_version_of_an_empty_deliverable_is_refused(story: Story) -> None:
    version = story.draft()
    deliverable = version.deliverable
    version.delete()
    with pytest.raises(Conflict, match="version_open"):
        start_version(deliverable=deliverable, actor=story.world.owner, now=story.now)


def test_refusal_is_disputed_and_resolved(story: Story) -> None:
    version = story.decided("refuse")
    disputed = dispute_refusal(
        version=version, reason="照片已在第 2 份附件中", actor=story.world.owner, now=story.now
    )
    assert (disputed.state, open_kinds(disputed)) == ("disputed", ["deliverable_dispute"])
    resolved = resolve_dispute(
        version=disputed,
        outcome="双方同意补拍五张照片后再验收",
        actor=story.world.board,
        now=story.now,
    )
    assert (resolved.state, resolved.resolution) == ("resolved", "双方同意补拍五张照片后再验收")
    assert (
        start_version(
            deliverable=version.deliverable, actor=story.world.owner, now=story.now
        ).number
        == 2
    )


def test_board_member_of_the_village_does_not_resolve(story: Story) -> None:
    version = dispute_refusal(
        version=story.decided("refuse"), reason="不同意", actor=story.world.owner, now=story.now
    )
    add_member(
        user=story.world.board,
        organisation=story.committee,
        role="village_clerk",
        actor=None,
        now=story.now,
    )
    with pytest.raises(NotAllowed, match="own_organisation"):
        resolve_dispute(version=version, outcome="维持", actor=story.world.board, now=story.now)


@pytest.mark.parametrize(
    ("login", "reason", "code"), [("member", "不同意", "role"), ("owner", " ", "reason_required")]
)
def test_dispute_is_refused(story: Story, login, reason, code) -> None:
    version = story.decided("refuse")
    with pytest.raises((NotAllowed, Invalid)) as refused:
        dispute_refusal(
            version=version, reason=reason, actor=story.world.people[login], now=story.now
        )
    assert refused.value.code == code


def test_paused_pilot_takes_no_further_version(story: Story) -> None:
    version = story.decided("refuse")
    move_pilot(
        pilot=version.pilot,
        action="pause",
        actor=story.world.staff,
        now=story.now,
        reason="秋收",
    )
    with pytest.raises(Conflict, match="pilot_not_started"):
        start_version(deliverable=version.deliverable, actor=story.world.owner, now=story.now)


def test_review_counts_a_mark_of_zero_as_reason_for_changes(story: Story) -> None:
    version = story.submitted()
    marks = dict.fromkeys(CRITERIA, 3) | {"handover": 0}
    with pytest.raises(Invalid) as refused:
        story.review(version, scores=marks)
    assert dict(refused.value.fields) == {"verdict": "approve_with_zero"}
    review = story.review(version, "request_changes", scores=marks)
    assert (str(review.mean), review.narratives["handover"]) == ("2.250", WHY)
