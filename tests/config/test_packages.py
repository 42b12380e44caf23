"""The county's example modules: what the wheels hold is what the portal itself computes."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.demo import wheels
from village_pilot.domain import event_log

FIXTURE = Path(__file__).parents[1] / "village_pilot/domain/fixtures/xiaguan_certificates.csv"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Unpack the wheels into a folder, as an installer would."""
    target = tmp_path_factory.mktemp("site")
    for data in (wheels.case_log_wheel(), wheels.divisions_wheel(), wheels.uscc_check_wheel()):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(target)
    return target


@pytest.fixture(scope="module")
def case_log(installed):
    """Import ``hy_case_log`` from its wheel."""
    sys.path.insert(0, str(installed))
    try:
        import hy_case_log

        yield hy_case_log
    finally:
        sys.path.remove(str(installed))


def run(installed: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command of a wheel in a Python that sees nothing else."""
    ended = subprocess.run(
        [sys.executable, "-S", "-m", *arguments], cwd=installed, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    return ended.returncode, ended.stdout, ended.stderr


def text_of(rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["case_id", "activity", "timestamp"])
    writer.writerows((case, name, at.isoformat()) for case, name, at in rows)
    return out.getvalue()


def test_case_log_command_says_what_the_portal_says(installed):
    code, out, _err = run(installed, "hy_case_log", str(FIXTURE))
    expected = event_log.measure(event_log.read_case_log(FIXTURE)).to_dict()
    assert code == 0
    assert json.loads(out) == expected


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]), st.sampled_from(["受理", "核对", "办结"]),
        st.integers(0, 400_000).map(lambda seconds: START + timedelta(seconds=seconds)),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rows=EVENTS)
def test_case_log_measures_equal_the_portals(case_log, rows):
    text = text_of(rows)
    expected = event_log.measure(event_log.read_case_log(io.BytesIO(text.encode()))).to_dict()
    found = case_log.measure(case_log.read_csv(text))
    times, expected_times = found.pop("throughput_seconds"), expected.pop("throughput_seconds")
    assert found == expected
    assert times == pytest.approx(expected_times, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["2024/3/4 9:00", "2024年3月4日 9时05分", "2024-03-04", "2024-03-04T09:05:01.25Z",
     "2024-03-04 09:05:01+02:00", "2024.3.4 9:05:01"],
)  # fmt: skip
def test_case_log_reads_times_as_the_portal_does(case_log, text):
    expected = event_log.parse_timestamp(text)
    expected = expected if expected.tzinfo else expected.replace(tzinfo=case_log.CHINA)
    assert case_log.moment_of(text) == expected


XES = """<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">
<trace><string key="concept:name" value="1"/>
<event><string key="concept:name" value="受理"><string key="concept:name" value="x"/></string>
<date key="time:timestamp" value="2026-01-01T09:00:00+08:00"/></event>
<event><string key="concept:name" value="办结"/>
<date key="time:timestamp" value="2026-01-01T10:00:00+08:00"/></event></trace></log>"""


def test_case_log_reads_xes(case_log, tmp_path):
    import gzip

    plain, packed = tmp_path / "log.xes", tmp_path / "log.xes.gz"
    plain.write_text(XES, encoding="utf-8")
    packed.write_bytes(gzip.compress(XES.encode()))
    figures = case_log.measure(case_log.read(plain))
    assert figures == case_log.measure(case_log.read(packed))
    assert figures["throughput_seconds"]["max"] == 3600.0
    assert figures["directly_follows"] == [["受理", "办结", 1]]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"a,b\n1,2\n", "no column"), (b"", "no column"),
     (b"case_id,activity,timestamp\n", "no event"),
     (b"case_id,activity,timestamp\n1,x,2026-13-01\n", "row 2"),
     (b"case_id,activity,timestamp\n1,x,soon\n", "row 2: 'soon' is not a time"),
     (b"case_id,activity,timestamp\n1,,2026-01-01\n", "row 2: the activity is missing"),
     (b'case_id,activity,timestamp\n"1,x,2026-01-01\n', "not CSV"),
     (b"<log><trace>", "not XML"), (b"<!DOCTYPE log []><log/>", "document type"),
     (b"\x1f\x8bbroken", "damaged"), (b"\xff\xff", "neither UTF-8")],
)  # fmt: skip
def test_case_log_says_what_is_wrong(case_log, tmp_path, data, why):
    path = tmp_path / "log"
    path.write_bytes(data)
    with pytest.raises(case_log.CaseLogError, match=why):
        case_log.read(path)


def test_case_log_command_says_what_is_wrong(installed, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("", encoding="utf-8")
    assert run(installed, "hy_case_log", str(path))[0] == 1
    assert run(installed, "hy_case_log")[0] == 2


@pytest.mark.parametrize(
    ("wanted", "code", "first"),
    [("630123", 0, "630123000000 青海省西宁市湟源县"), ("巴汉", 0, "63012310"), ("999999", 1, "")],
)  # fmt: skip
def test_divisions_command(installed, wanted, code, first):
    found, out, _err = run(installed, "hy_divisions", wanted)
    assert found == code
    assert out.startswith(first)


def test_divisions_hold_the_whole_county(installed):
    program = (
        "from hy_divisions import children, divisions, search, ancestors\n"
        "print(len(divisions()), len(children('630123')), len(ancestors('630123101200')))"
    )
    ended = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=installed, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    counts = [int(number) for number in ended.stdout.split()]
    assert (counts[0], counts[2]) == (166, 5)
    assert counts[1] >= 9


def test_wheels_of_the_same_sources_are_the_same_bytes():
    assert wheels.case_log_wheel() == wheels.case_log_wheel()
