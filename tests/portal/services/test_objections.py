"""Real-name objections to public notices."""

from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile

from portal.domain.calendar import notice_window
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.events import ObjectionDecided
from portal.models import EventRecord, Notice, Notification, Objection, StoredFile, WorkItem
from portal.permissions import may_read_evidence, without_ties
from portal.selectors.objections import objection_counts, standing_of, standings
from portal.services.objections import (
    add_evidence,
    decide_admissibility,
    decide_objection,
    lodge_objection,
    require_unobjected,
    settled_standings,
)
from portal.services.registers import open_notice, record_relation

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def pdf(extra: bytes = b"") -> ContentFile:
    return ContentFile(PDF + extra, name="证据.pdf")


def opened(world, kind="admission", **more) -> Notice:
    firm, other = world.organisation("owner"), world.organisation("owner2")
    return open_notice(
        kind=kind,
        title="拟入孵企业公示",
        body="名单",
        window=notice_window(date(2026, 11, 23), 5, 7),
        actor=None,
        now=world.now,
        rows=[
            {"name": firm.name, "uscc": firm.uscc, "note": "甲"},
            {"name": other.name, "uscc": "", "note": "乙"},
            {"name": "无此单位", "uscc": "", "note": "丙"},
        ],
        **more,
    )


def lodged(world, notice=None, row=0, login="learner", **changes) -> Objection:
    values = {
        "real_name": "示例学员甲",
        "grounds": "所报案例并非该企业完成。",
        "evidence": "村委会 2026 年 9 月的验收单，承接单位是另一家。",
        "now": world.now,
        **changes,
    }
    return lodge_objection(
        notice=notice or opened(world), row=row, actor=world.people[login], **values
    )


def taken_up(world, **more) -> Objection:
    return decide_admissibility(
        objection=lodged(world, **more),
        admissible=True,
        reason="有具体事实和可核实的材料。",
        actor=world.staff,
        now=world.now,
    )


def decided(world, *, upheld: bool, objection=None, **more) -> Objection:
    return decide_objection(
        objection=objection or taken_up(world, **more),
        upheld=upheld,
        reason="经核实验收单。",
        actor=world.staff,
        now=world.now,
    )


def open_items() -> list[tuple[str, str, date | None]]:
    rows = WorkItem.objects.open().order_by("id")
    return [(item.kind, item.role, item.due_on) for item in rows]


def test_lodge_objection_holds_the_row_and_asks_the_handlers(world):
    found = lodged(world)

    assert (found.state, found.organisation) == ("lodged", world.organisation("owner"))
    assert found.number.startswith("HYYY-2026-000001")
    assert standings(found.notice) == {found.organisation_id: "open"}
    assert open_items() == [("objection_screen", "staff", date(2026, 11, 26))]
    assert WorkItem.objects.get().params == {"firm": found.organisation.name}
    told = Notification.objects.get()
    assert (told.user, told.kind) == (world.learner, "objection_state")


def test_objections_to_grades_go_to_the_lead(world):
    found = lodged(world, notice=opened(world, "grades"))
    assert open_items() == [("objection_screen", "lead", date(2026, 11, 26))]
    with pytest.raises(NotAllowed):
        decide_admissibility(
            objection=found, admissible=True, reason="属实", actor=world.staff, now=world.now
        )


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("real_name", "objection_name"),
        ("grounds", "objection_grounds"),
        ("evidence", "objection_evidence"),
    ],
)
def test_lodge_objection_without_name_grounds_or_evidence_is_refused(world, field, code):
    with pytest.raises(Invalid) as refusal:
        lodged(world, **{field: "  "})
    assert (refusal.value.code, refusal.value.fields) == ("objection_incomplete", {field: code})
    assert Objection.objects.count() == 0


@pytest.mark.parametrize("row", [3, -1])
def test_lodge_objection_to_a_row_that_is_not_there_is_refused(world, row):
    with pytest.raises(Invalid) as refusal:
        lodged(world, row=row)
    assert refusal.value.code == "objection_row"


@pytest.mark.parametrize("days", [-1, 8])
def test_lodge_objection_out_of_the_window_is_refused(world, days):
    notice = opened(world)
    with pytest.raises(Conflict) as refusal:
        lodged(world, notice=notice, now=world.now + timedelta(days=days))
    assert refusal.value.code == "objection_window"


def test_lodge_objection_on_the_last_day_is_taken(world):
    notice = opened(world)
    assert lodged(world, notice=notice, now=world.now + timedelta(days=7)).state == "lodged"


def test_lodge_objection_to_a_withdrawn_notice_is_refused(world):
    notice = opened(world)
    Notice.objects.update(withdrawn_at=world.now)
    notice.refresh_from_db()
    with pytest.raises(Conflict) as refusal:
        lodged(world, notice=notice)
    assert refusal.value.code == "objection_window"


def test_lodge_objection_to_an_announcement_is_refused(world):
    with pytest.raises(Conflict) as refusal:
        lodged(world, notice=opened(world, "announcement"))
    assert refusal.value.code == "objection_kind"


def test_lodge_objection_without_a_confirmed_address_is_refused(world):
    EmailAddress.objects.filter(user=world.learner).update(verified=False)
    with pytest.raises(Conflict) as refusal:
        lodged(world)
    assert refusal.value.code == "objection_email"


def test_lodge_objection_twice_to_one_row_is_refused(world):
    first = lodged(world)
    with pytest.raises(Conflict) as refusal:
        lodged(world, notice=first.notice)
    assert (refusal.value.code, refusal.value.params) == (
        "objection_twice",
        {"number": first.number},
    )
    assert lodged(world, notice=first.notice, row=1).state == "lodged"
    assert lodged(world, notice=first.notice, login="expert").state == "lodged"


def test_row_without_code_is_known_by_its_name_or_not_at_all(world):
    notice = opened(world)
    named, unknown = lodged(world, notice=notice, row=1), lodged(world, notice=notice, row=2)
    assert (named.organisation, unknown.organisation) == (world.organisation("owner2"), None)
    assert standings(notice) == {named.organisation_id: "open", None: "open"}


def test_objection_to_an_unknown_body_can_be_decided(world):
    found = decided(world, upheld=True, objection=taken_up(world, row=2))
    assert (found.state, standings(found.notice)) == ("upheld", {None: "upheld"})


def test_lodge_objection_keeps_its_file_and_a_wrong_one_keeps_nothing(world):
    found = lodged(world, upload=pdf())
    stored = StoredFile.objects.get()
    assert [one.file for one in found.files.all()] == [stored]
    assert (stored.organisation, stored.use) == (None, "objection_evidence")
    with pytest.raises(Invalid) as refusal:
        lodged(world, notice=found.notice, row=1, upload=ContentFile(b"MZ\x90", name="a.pdf"))
    assert refusal.value.code == "file_type"
    assert Objection.objects.count() == 1


def test_add_evidence_until_the_decision(world):
    found = taken_up(world)
    add_evidence(objection=found, upload=pdf(b"%1"), actor=world.learner, now=world.now)
    assert found.files.count() == 1
    with pytest.raises(NotAllowed):
        add_evidence(objection=found, upload=pdf(), actor=world.staff, now=world.now)
    decided(world, upheld=False, objection=found)
    with pytest.raises(Conflict) as refusal:
        add_evidence(objection=found, upload=pdf(), actor=world.learner, now=world.now)
    assert refusal.value.code == "objection_locked"


def test_add_evidence_beyond_the_limit_is_refused(world, monkeypatch):
    monkeypatch.setattr("portal.domain.objection.MOST_FILES", 1)
    found = lodged(world, upload=pdf())
    with pytest.raises(Conflict) as refusal:
        add_evidence(objection=found, upload=pdf(b"%2"), actor=world.learner, now=world.now)
    assert refusal.value.code == "objection_files"


def test_admissible_objection_is_decided_within_ten_working_days(world):
    found = taken_up(world)
    assert (found.state, found.due_on) == ("admissible", date(2026, 12, 7))
    assert open_items() == [("objection_decide", "staff", date(2026, 12, 7))]
    assert standings(found.notice) == {found.organisation_id: "open"}


def test_inadmissible_objection_frees_the_row(world):
    found = decide_admissibility(
        objection=lodged(world),
        admissible=False,
        reason="没有说明事实。",
        actor=world.staff,
        now=world.now,
    )
    assert (found.state, found.admissibility_reason) == ("inadmissible", "没有说明事实。")
    assert (standings(found.notice), open_items()) == ({}, [])
    assert decided_events() == [found.pk]


def decided_events() -> list[int]:
    rows = EventRecord.objects.filter(name=ObjectionDecided.__name__)
    return [row.payload["objection_id"] for row in rows]


@pytest.mark.parametrize(
    ("upheld", "state", "standing"), [(True, "upheld", "upheld"), (False, "dismissed", "")]
)
def test_decided_objection_tells_the_objector_and_settles_the_row(world, upheld, state, standing):
    found = decided(world, upheld=upheld)

    assert (found.state, found.handled_by) == (state, world.staff)
    assert standing_of(found.notice, found.organisation) == standing
    assert open_items() == []
    assert decided_events() == [found.pk]
    told = Notification.objects.filter(user=world.learner).order_by("id")
    assert [row.params["state"] for row in told] == [
        "portal.objection.lodged",
        "portal.objection.admissible",
        f"portal.objection.{state}",
    ]
    assert not Notification.objects.exclude(user=world.learner).exists()


@pytest.mark.parametrize("deed", [decide_admissibility, decide_objection])
def test_answer_without_a_reason_is_refused(world, deed):
    found = lodged(world) if deed is decide_admissibility else taken_up(world)
    flag = "admissible" if deed is decide_admissibility else "upheld"
    with pytest.raises(Invalid) as refusal:
        deed(objection=found, reason=" ", actor=world.staff, now=world.now, **{flag: True})
    assert refusal.value.code == "reason_required"


def test_decision_before_it_is_taken_up_is_refused(world):
    with pytest.raises(Conflict) as refusal:
        decided(world, upheld=True, objection=lodged(world))
    assert refusal.value.code == "wrong_state"


@pytest.mark.parametrize("login", ["learner", "owner", "assessor", "lead", "leader"])
def test_only_who_handles_the_kind_decides(world, login):
    found = lodged(world)
    with pytest.raises(NotAllowed):
        decide_admissibility(
            objection=found,
            admissible=True,
            reason="属实",
            actor=world.people[login],
            now=world.now,
        )


def test_nobody_decides_on_their_own_objection(world):
    found = lodged(world, login="staff")
    with pytest.raises(NotAllowed) as refusal:
        decide_admissibility(
            objection=found, admissible=True, reason="属实", actor=world.staff, now=world.now
        )
    assert refusal.value.code == "own_objection"


def test_staff_with_a_tie_neither_decide_nor_see_who_objects(world):
    found = lodged(world, upload=pdf())
    stored = StoredFile.objects.get()
    assert may_read_evidence(world.staff, stored) is True
    record_relation(
        kind="declared", person=world.staff, other=found.organisation, since=date(2026, 1, 1)
    )
    with pytest.raises(NotAllowed) as refusal:
        decide_admissibility(
            objection=found, admissible=True, reason="属实", actor=world.staff, now=world.now
        )
    assert refusal.value.code == "conflict_of_interest"
    assert may_read_evidence(world.staff, stored) is False
    assert without_ties(world.staff, [found]) == []


def test_evidence_is_for_the_objector_and_the_handlers_only(world):
    lodged(world, upload=pdf())
    stored = StoredFile.objects.get()
    logins = ["learner", "staff", "owner", "member", "lead", "assessor", "auditor", "leader"]
    seen = [login for login in logins if may_read_evidence(world.people[login], stored)]
    assert seen == ["learner", "staff"]
    assert may_read_evidence(None, stored) is False


def test_require_unobjected_names_what_stands_against_the_row(world):
    firm, other = world.organisation("owner"), world.organisation("owner2")
    require_unobjected(None, firm)
    assert settled_standings(None) == {}
    found = taken_up(world)
    require_unobjected(found.notice, other)
    for one in (firm, None):
        with pytest.raises(Conflict) as refusal:
            require_unobjected(found.notice, one)
        assert refusal.value.code == "objection_open"
    decided(world, upheld=True, objection=found)
    with pytest.raises(Conflict) as refusal:
        require_unobjected(found.notice, firm)
    assert refusal.value.code == "objection_upheld"


def test_standing_without_a_notice_is_none(world):
    assert standing_of(None, world.organisation("owner")) == ""


def test_counts_are_honest(world, queries):
    notice = opened(world)
    decided(world, upheld=True, notice=notice)
    decided(world, upheld=False, notice=notice, login="expert")
    lodged(world, notice=notice, login="clerk")
    with queries(1):
        counts = objection_counts(notice)
    assert (counts.lodged, counts.upheld, counts.dismissed, counts.inadmissible, counts.open) == (
        3,
        1,
        1,
        0,
        1,
    )
