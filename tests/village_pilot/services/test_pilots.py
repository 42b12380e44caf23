"""Proposing, agreeing and running pilots; milestones."""

from datetime import date

import pytest

from config.demo.cast import DATA
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, Notification, WorkItem
from tests.village_pilot.story import Story, days
from tests.world import World
from village_pilot.models import Pilot, ProcessTemplate
from village_pilot.services.milestones import add_milestone, judge_milestone, move_milestone
from village_pilot.services.pilots import move_pilot, propose_pilot
from village_pilot.services.processes import ProcessesLoaded, load_processes


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def open_kinds(subject) -> list[str]:
    rows = WorkItem.objects.open().filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
    )
    return sorted(rows.values_list("kind", flat=True))


# --- the catalogue


def catalogue() -> list[str]:
    return (DATA / "village_processes.csv").read_text(encoding="utf-8").splitlines(keepends=True)


def test_processes_load_all_27_once(db, now) -> None:
    first = load_processes(lines=catalogue(), now=now)
    again = load_processes(lines=catalogue(), now=now)
    assert first == ProcessesLoaded(added=27, changed=0, unchanged=0)
    assert again == ProcessesLoaded(added=0, changed=0, unchanged=27)
    assert ProcessTemplate.objects.current().count() == 27


def test_processes_show_laws_without_articles(db, now) -> None:
    load_processes(lines=catalogue(), now=now)
    v15 = ProcessTemplate.objects.get(code="V15")
    assert ProcessTemplate.objects.get(code="V01").time_basis.startswith("村民委员会组织法；")
    assert ProcessTemplate.objects.get(code="V17").time_basis == "地方36条等清单"
    assert v15.steps == ["村民上报", "审核", "派单", "整改", "复核", "评价"]
    assert (v15.personal_data, v15.personal_data_note) == ("medium", "图像")


def test_changed_process_becomes_new_edition_and_pilot_keeps_its_own(story: Story) -> None:
    pilot = story.pilot("proposed")
    changed = [line.replace("→评价", "→评价→归档") for line in catalogue()]
    report = load_processes(lines=changed, now=story.now)
    pilot.refresh_from_db()
    assert report == ProcessesLoaded(added=0, changed=1, unchanged=26)
    assert (pilot.process.edition, story.process.edition) == (1, 2)
    assert pilot.process.superseded_at == story.now


def test_broken_catalogue_is_refused_whole(db, now) -> None:
    lines = catalogue()
    lines[5] = lines[5].replace("V05", "X5")
    with pytest.raises(Invalid) as refused:
        load_processes(lines=lines, now=now)
    assert (refused.value.code, refused.value.params) == (
        "process_row",
        {"line": 6, "column": "code"},
    )
    assert ProcessTemplate.objects.count() == 0


def test_catalogue_with_a_column_twice_is_refused(db, now) -> None:
    lines = catalogue()
    lines[0] = lines[0].replace("name_en", "steps")
    with pytest.raises(Invalid) as refused:
        load_processes(lines=lines, now=now)
    assert refused.value.params == {"line": 1, "column": "steps"}


# --- proposing


def test_propose_asks_the_village(story: Story) -> None:
    pilot = story.pilot("proposed")
    item = WorkItem.objects.get(kind="pilot_consent")
    assert pilot.number.startswith("HYSD-2026-000001-")
    assert (pilot.state, pilot.village_id) == ("proposed", story.committee.region_id)
    assert (item.role, item.organisation) == ("village_signer", story.committee)
    assert item.url == f"/workspace/village/pilots/{pilot.number}/"
    assert item.due_on == date(2026, 12, 7)
    assert pilot.milestones.get().first_due_on == date(2026, 12, 15)
    assert Notification.objects.filter(user=story.world.signer, kind="pilot_moved").count() == 1


def test_propose_by_the_firm_is_refused(story: Story) -> None:
    with pytest.raises(NotAllowed):
        story.pilot("proposed", actor=story.world.owner)
    assert Pilot.objects.count() == 0
    assert AuditEntry.objects.filter(action="village_pilot.propose", outcome="refused").count() == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"provider": "owner2"}, "provider_not_admitted", "provider"),
        ({"provider": "signer"}, "no_firm", "provider"),
        ({"committee": "owner"}, "no_committee", "committee"),
    ],
)
def test_propose_with_wrong_parties_is_refused(story: Story, change, code, field) -> None:
    parties = {name: story.world.organisation(login) for name, login in change.items()}
    with pytest.raises(Invalid) as refused:
        story.pilot("proposed", **parties)
    assert (refused.value.code, dict(refused.value.fields)) == (code, {field: code})


def test_propose_for_a_committee_without_village_is_refused(story: Story) -> None:
    story.committee.region = None
    with pytest.raises(Invalid, match="no_committee"):
        story.pilot("proposed", committee=story.committee)


def test_propose_with_dates_in_wrong_order_is_refused(story: Story) -> None:
    with pytest.raises(Invalid) as refused:
        story.pilot("proposed", ends_on=date(2026, 11, 24))
    assert dict(refused.value.fields) == {"ends_on": "dates_order"}


def test_staff_of_the_firm_cannot_propose_for_it(story: Story) -> None:
    from portal.services.accounts import add_member

    staff = story.world.staff
    add_member(user=staff, organisation=story.firm, role="firm_member", actor=None, now=story.now)
    with pytest.raises(NotAllowed, match="own_organisation"):
        story.pilot("proposed")


# --- the way of a pilot


def test_pilot_goes_its_way(story: Story) -> None:
    pilot = story.pilot("proposed")
    seen = []
    for login, action in (
        ("signer", "consent"),
        ("owner", "agree"),
        ("staff", "start"),
        ("staff", "pause"),
        ("staff", "resume"),
        ("staff", "complete"),
    ):
        pilot = move_pilot(
            pilot=pilot,
            action=action,
            actor=story.world.people[login],
            now=story.now,
            reason="村里秋收，暂缓两周",
            expected_version=pilot.version,
        )
        seen.append((pilot.state, open_kinds(pilot)))
    assert seen == [
        ("village_consent", ["pilot_agree"]),
        ("agreed", ["pilot_start"]),
        ("running", []),
        ("paused", []),
        ("running", []),
        ("completed", []),
    ]


def test_running_pilot_puts_milestones_into_the_inbox(story: Story) -> None:
    pilot = story.pilot("running")
    milestone = pilot.milestones.get()
    assert open_kinds(milestone) == ["milestone_due"]
    move_pilot(pilot=pilot, action="pause", actor=story.world.staff, now=story.now, reason="秋收")
    assert open_kinds(milestone) == []


@pytest.mark.parametrize(
    ("login", "action", "code"),
    [
        ("owner", "consent", "role"),
        ("clerk", "consent", "role"),
        ("signer", "agree", "role"),
        ("owner2", "agree", "role"),
        ("owner", "start", "role"),
        ("staff", "start", "wrong_state"),
        ("signer", "decline", "reason_required"),
        ("staff", "terminate", "reason_required"),
    ],
)
def test_pilot_step_is_refused(story: Story, login, action, code) -> None:
    pilot = story.pilot("proposed")
    with pytest.raises((NotAllowed, Conflict, Invalid)) as refused:
        move_pilot(pilot=pilot, action=action, actor=story.world.people[login], now=story.now)
    pilot.refresh_from_db()
    assert (refused.value.code, pilot.state) == (code, "proposed")


def test_stale_page_decides_nothing(story: Story) -> None:
    pilot = story.pilot("proposed")
    move_pilot(pilot=pilot, action="consent", actor=story.world.signer, now=story.now)
    with pytest.raises(Conflict) as refused:
        move_pilot(
            pilot=pilot,
            action="terminate",
            actor=story.world.staff,
            now=story.now,
            reason="误建",
            expected_version=1,
        )
    assert refused.value.code == "stale"


def test_pilot_with_an_open_deliverable_is_not_completed(story: Story) -> None:
    version = story.submitted()
    with pytest.raises(Conflict, match="deliverables_open"):
        move_pilot(pilot=version.pilot, action="complete", actor=story.world.staff, now=story.now)


# --- milestones


def test_moved_milestone_keeps_its_first_date(story: Story) -> None:
    milestone = story.pilot().milestones.get()
    moved = move_milestone(
        milestone=milestone,
        due_on=date(2026, 12, 28),
        reason="设备晚到",
        now=story.now,
        actor=story.world.owner,
    )
    item = WorkItem.objects.open().get(kind="milestone_due")
    assert (moved.first_due_on, moved.due_on) == (date(2026, 12, 15), date(2026, 12, 28))
    assert (moved.moved_reason, item.due_on) == ("设备晚到", date(2026, 12, 28))


def test_moved_milestone_of_a_pilot_not_yet_running_asks_nobody(story: Story) -> None:
    milestone = story.pilot("agreed").milestones.get()
    move_milestone(
        milestone=milestone,
        due_on=date(2026, 12, 28),
        reason="设备晚到",
        now=story.now,
        actor=story.world.staff,
    )
    assert open_kinds(milestone) == []


@pytest.mark.parametrize(
    ("login", "due_on", "reason", "code"),
    [
        ("member", date(2026, 12, 28), "晚到", "role"),
        ("signer", date(2026, 12, 28), "晚到", "role"),
        ("owner", date(2026, 12, 28), " ", "reason_required"),
        ("owner", date(2026, 12, 15), "晚到", "same_date"),
        ("owner", date(2026, 11, 22), "晚到", "date_past"),
    ],
)
def test_moving_a_milestone_is_refused(story: Story, login, due_on, reason, code) -> None:
    milestone = story.pilot().milestones.get()
    with pytest.raises((NotAllowed, Invalid)) as refused:
        move_milestone(
            milestone=milestone,
            due_on=due_on,
            reason=reason,
            now=story.now,
            actor=story.world.people[login],
        )
    assert refused.value.code == code


def test_further_milestone_in_the_past_is_refused(story: Story) -> None:
    pilot = story.pilot()
    with pytest.raises(Invalid, match="date_past"):
        add_milestone(
            pilot=pilot,
            title="补充培训",
            due_on=date(2026, 11, 22),
            actor=story.world.staff,
            now=story.now,
        )
    assert pilot.milestones.count() == 1


def test_milestone_of_an_ended_pilot_stays(story: Story) -> None:
    pilot = story.pilot("completed")
    with pytest.raises(Conflict, match="pilot_not_working"):
        move_milestone(
            milestone=pilot.milestones.get(),
            due_on=date(2027, 1, 4),
            reason="晚到",
            actor=story.world.staff,
            now=story.now,
        )
    with pytest.raises(Conflict, match="pilot_not_working"):
        add_milestone(
            pilot=pilot,
            title="补充",
            due_on=date(2027, 1, 4),
            actor=story.world.staff,
            now=story.now,
        )


@pytest.mark.parametrize(("state", "kinds"), [("agreed", []), ("running", ["milestone_due"])])
def test_added_milestone_waits_for_the_firm_once_the_pilot_runs(story: Story, state, kinds) -> None:
    pilot = story.pilot(state)
    milestone = add_milestone(
        pilot=pilot,
        title="培训村文书",
        due_on=date(2027, 1, 15),
        actor=story.world.owner,
        now=story.now,
    )
    assert (milestone.state, open_kinds(milestone)) == ("scheduled", kinds)


def test_staff_judge_a_milestone_that_was_handed_in(story: Story) -> None:
    version = story.submitted()
    milestone = judge_milestone(
        milestone=version.deliverable.milestone,
        action="meet",
        actor=story.world.staff,
        now=story.now + days(1),
    )
    assert milestone.state == "met"
    with pytest.raises(Conflict, match="milestone_decided"):
        move_milestone(
            milestone=milestone,
            due_on=date(2027, 1, 4),
            reason="晚到",
            actor=story.world.staff,
            now=story.now,
        )
    with pytest.raises(NotAllowed):
        judge_milestone(milestone=milestone, action="meet", actor=story.world.owner, now=story.now)


def test_propose_takes_titles_without_surrounding_space(story: Story) -> None:
    pilot = propose_pilot(
        process=story.process,
        provider=story.firm,
        committee=story.committee,
        title=" 随手拍 ",
        goal=" 一 \n\n 二 ",
        starts_on=date(2026, 12, 1),
        ends_on=date(2027, 1, 1),
        actor=story.world.staff,
        now=story.now,
    )
    assert (pilot.title, pilot.promises, str(pilot)) == (
        "随手拍",
        ["一", "二"],
        f"{pilot.number} 随手拍",
    )
