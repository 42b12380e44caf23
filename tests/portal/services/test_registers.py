"""Numbers, notices, documents, relations and drafts."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.domain.calendar import notice_window
from portal.domain.identifiers import parse_serial
from portal.domain.lifecycle import Conflict
from portal.models import FormDraft, Notice, Relation
from portal.selectors.drafts import draft_data, draft_key_known, draft_of
from portal.services.registers import (
    drop_draft,
    issue_document,
    next_serial,
    open_notice,
    payload_digest,
    record_relation,
    require_notice_over,
    save_draft,
    set_document_state,
)


def test_serials_count_up_by_series_and_year(db, now):
    numbers = [next_serial("HYGS", now=now) for _turn in range(3)] + [next_serial("HYPJ", now=now)]
    parsed = [parse_serial(number) for number in numbers]
    assert [(s.prefix, s.year, s.number) for s in parsed] == [
        ("HYGS", 2026, 1),
        ("HYGS", 2026, 2),
        ("HYGS", 2026, 3),
        ("HYPJ", 2026, 1),
    ]


def test_serial_takes_the_year_of_the_county(db):
    new_year = datetime(2027, 1, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert parse_serial(next_serial("HYGS", now=new_year.astimezone(ZoneInfo("UTC")))).year == 2027


def window():
    return notice_window(date(2026, 11, 23), 5, 7)


def publish(world, **more):
    return open_notice(
        kind="admission",
        title="公示",
        body="名单",
        window=window(),
        actor=world.staff,
        now=world.now,
        **more,
    )


def test_notice_has_number_window_and_rows(world, trail):
    firm = world.organisation("owner")
    notice = publish(world, rows=[{"name": firm.name, "uscc": firm.uscc}], subject=firm)
    again = Notice.objects.get(number=notice.number)
    assert (again.opens_on, again.closes_on) == (window().opens_on, window().closes_on)
    assert again.rows == [{"name": firm.name, "uscc": firm.uscc}]
    assert (again.subject_type, again.subject_id) == ("portal.organisation", str(firm.pk))
    assert trail() == [("notice.admission", "done", "")]


def test_notice_runs_through_its_last_day(world):
    notice = publish(world)
    last = datetime.combine(notice.closes_on, datetime.max.time(), ZoneInfo("Asia/Shanghai"))
    with pytest.raises(Conflict) as caught:
        require_notice_over(notice, now=last)
    assert caught.value.params == {"closes_on": notice.closes_on}
    assert require_notice_over(notice, now=last + timedelta(seconds=1)) is None
    assert require_notice_over(None, now=last) is None


def test_document_has_number_and_digest_of_its_payload(world, now):
    payload = {"tier": "A", "points": 91}
    document = issue_document(
        kind="grading_statement",
        series="HYPJ",
        title="评价结果说明",
        holder_name="示例甲",
        payload=payload,
        organisation=world.organisation("owner"),
        subject=world.organisation("owner"),
        actor=world.lead,
        now=now,
    )
    assert document.digest == payload_digest({"points": 91, "tier": "A"})
    assert document.digest != payload_digest({"points": 92, "tier": "A"})
    assert parse_serial(document.number).prefix == "HYPJ"


@pytest.mark.parametrize("state", ["suspended", "revoked", "superseded", "valid"])
def test_document_state_is_set_with_its_reason(world, now, trail, state):
    document = issue_document(
        kind="course_completion",
        series="HYKC",
        title="课程完成证明",
        holder_name="学员",
        payload={},
        user=world.learner,
        actor=None,
        now=now,
    )
    changed = set_document_state(
        document=document, state=state, reason="why", actor=world.lead, now=now
    )
    document.refresh_from_db()
    assert (changed.state, document.state, document.state_reason) == (state, state, "why")
    assert trail()[-1] == (f"document.{state}", "done", "why")


def test_relation_is_written_once_for_a_subject(world):
    firm, person = world.organisation("owner"), world.expert
    first = record_relation(kind="taught", person=person, other=firm, since=date(2026, 1, 1))
    again = record_relation(kind="taught", person=person, other=firm, since=date(2026, 5, 1))
    about = record_relation(
        kind="taught", person=person, other=firm, since=date(2026, 5, 1), subject=firm
    )
    assert first == again
    assert Relation.objects.count() == 2
    assert about.subject_id == str(firm.pk)


def test_draft_is_kept_replaced_and_dropped(world, now):
    save_draft(user=world.owner, key="application", data={"name": ["a", "b"]}, now=now)
    save_draft(user=world.owner, key="application", data={"name": ["c"]}, now=now)
    save_draft(user=world.owner2, key="application", data={"name": ["x"]}, now=now)
    assert draft_data(draft_of(world.owner, "application")).getlist("name") == ["c"]
    drop_draft(user=world.owner, key="application")
    assert draft_of(world.owner, "application") is None
    assert FormDraft.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("application", True),
        ("application:12", True),
        ("application:", False),
        ("a", False),
        ("application/12", False),
        ("Application", False),
    ],
)
def test_draft_key_has_a_form(key, known):
    assert draft_key_known(key) is known
