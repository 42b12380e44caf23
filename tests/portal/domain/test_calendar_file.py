"""Calendar files, read back by the library and held against RFC 5545 line by line."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from portal.domain.calendar_file import Appointment, calendar_file

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANGED = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
BEGINS, ENDS = (datetime(2026, 11, 24, 14, m, tzinfo=SHANGHAI) for m in (0, 30))


def appointment(**changes: object) -> Appointment:
    values = {
        "uid": "a@hy-portal", "starts_at": BEGINS, "ends_at": ENDS, "title": "导师答疑",
        "changed_at": CHANGED,
    }  # fmt: skip
    return Appointment(**(values | changes))


def test_lines_end_with_crlf_and_are_at_most_75_octets_long():
    content = calendar_file([appointment(title="村级事务流程梳理" * 20)], name="我的日程")
    lines = content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert max(map(len, lines)) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert [line for line in lines if line.decode() and line.startswith(b" ")] != []


def test_event_says_times_in_utc_and_what_it_is():
    text = calendar_file([appointment(sequence=3)], name="日程").decode()
    assert "DTSTART:20261124T060000Z\r\n" in text
    assert "DTEND:20261124T063000Z\r\n" in text
    assert "DTSTAMP:20261123T010000Z\r\n" in text
    assert "UID:a@hy-portal\r\n" in text
    assert "SEQUENCE:3\r\n" in text
    assert "STATUS:CONFIRMED\r\n" in text
    assert "TRANSP:OPAQUE\r\n" in text
    assert "METHOD" not in text
    assert "DESCRIPTION" not in text
    assert "VERSION:2.0\r\n" in text


def test_cancelled_and_free_ones_are_marked():
    text = calendar_file([appointment(cancelled=True, busy=False)], name="x").decode()
    assert "STATUS:CANCELLED\r\n" in text
    assert "TRANSP:TRANSPARENT\r\n" in text


def test_commas_semicolons_backslashes_and_newlines_are_escaped():
    content = calendar_file(
        [appointment(title="a,b;c\\d", text="一\n二", place="x,y", url="https://p.example/1,2")],
        name="x",
    )
    assert b"SUMMARY:a\\,b\\;c\\\\d\r\n" in content
    assert "DESCRIPTION:一\\n二\r\n".encode() in content
    assert b"LOCATION:x\\,y\r\n" in content
    assert b"URL:https://p.example/1,2\r\n" in content


def test_same_appointments_give_the_same_bytes():
    first, second = (calendar_file([appointment()], name="x") for _number in range(2))
    assert first == second


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_people_type_reads_back_as_one_event(title, text):
    content = calendar_file([appointment(title=title, text=text)], name=title)
    assert max(map(len, content.split(b"\r\n"))) <= 75
    [event] = Calendar.from_ical(content).walk("VEVENT")
    assert event.decoded("dtstart") == BEGINS.astimezone(UTC)
    assert [str(event["uid"]), event.errors] == ["a@hy-portal", []]
