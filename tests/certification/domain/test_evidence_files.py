"""Evidence of many providers from JSON, CSV and Parquet, and what bad files are told."""

import json
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from certification.domain.scoring import main, score
from tests.certification.domain.rubrics import LINE, branch, changed, leaf, rubric, text

ANCHORS = {"kind": "ordinal", "anchors": [{"code": "good", "points": 10}]}
DAY = {
    "kind": "cases",
    "cases": [{"when": {"field": "day", "op": "known"}, "points": 5}],
    "else": 0,
}
COUNTED = {"collection": "jobs", "reduce": "count", "date": "on", "window_months": 24}
ADDED = {
    "collection": "jobs",
    "reduce": "decayed_sum",
    "value": "hours",
    "item": {"type": "number"},
    "date": "on",
    "decay": {"kind": "exp", "half_life_months": 18},
    "cap_total": {"by": "village", "max": 2},
}
FIELDS = {
    "rate": {"type": "number", "min": 0, "max": 10, "validity": {"kind": "window", "months": 12}},
    "level": {"type": "code", "codes": ["good"]},
    "ok": {"type": "boolean"},
    "day": {"type": "date"},
    "twice": {"type": "number", "derive": {"mul": ["rate", 2]}},
    "jobs": {"type": "collection"},
    "visits": {"type": "collection"},
}
VISITS = branch(
    "visits",
    [leaf("marks", LINE, field="mark"), leaf("shares", LINE, field="share")],
    20,
    per_item={
        "collection": "visits",
        "date": "on",
        "missing": "exclude",
        "fields": {
            "mark": {"type": "number"},
            "share": {"type": "number", "derive": {"div": ["mark", 2]}},
        },
    },
)
RUBRIC = rubric(
    branch(
        "total",
        [
            leaf("rate", LINE),
            leaf("level", ANCHORS),
            leaf("ok", {"kind": "boolean", "true": 10, "false": 0}),
            leaf("day", DAY, field=None),
            leaf("twice", LINE),
            leaf("number", LINE, field=None, evidence=COUNTED),
            leaf("hours", LINE, field=None, evidence=ADDED),
            VISITS,
        ],
        90,
    ),
    FIELDS,
)
HEADER = "provider,rate,rate.date,level,ok,day\n"
NORTH = {
    "rate": {"value": 4.5, "date": "2026-01-31"},
    "level": "good",
    "ok": True,
    "day": "2026-02-01",
}
JOBS = [
    {"on": "2026-01-01", "hours": 3, "village": "V1"},
    {"on": "2025-01-01", "hours": 2.5, "village": "V1"},
]


@pytest.fixture
def run(tmp_path, capsys):
    def command(name, content, *more, rules=RUBRIC):
        (tmp_path / "rubric.json").write_text(text(rules), encoding="utf-8")
        write(tmp_path / name, content)
        files = ["--rubric", tmp_path / "rubric.json", "--evidence", tmp_path / name]
        code = main([*map(str, files), "--as-of", "2026-06-30", *more])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return command


def write(path, content):
    if isinstance(content, pd.DataFrame):
        content.to_parquet(path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")


def plain(evidence):
    got = score(RUBRIC, evidence, date(2026, 6, 30))
    return got.total, list(got.issues)


def figures(answer):
    return [(one["provider"], (one["total"], one["issues"])) for one in answer]


EXPECTED = [
    ("North", plain(NORTH | {"jobs": JOBS})),
    ("南山", plain({"rate": 99, "level": "bad", "ok": False})),
    ("West", plain({})),
]


def test_json_list_scores_each_provider(run):
    several = [
        {"provider": "North", "evidence": NORTH | {"jobs": JOBS}},
        {"provider": "南山", "evidence": {"rate": 99, "level": "bad", "ok": False}},
        {"provider": "West", "evidence": {}},
    ]
    code, answer, err = run("e.json", json.dumps(several))
    assert (code, err) == (0, "")
    assert figures(answer) == EXPECTED


TABLE = HEADER + "North,4.5,2026-01-31,good,true,2026-02-01\n南山,99,,bad,否,\n\nWest,,,,,\n"
ITEMS = "provider,on,hours,village\nNorth,2026-01-01,3,V1\nNorth,2025-01-01,2.5,V1\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_scores_like_json(run, tmp_path, mark):
    write(tmp_path / "jobs.csv", mark + ITEMS)
    code, answer, err = run("e.csv", mark + TABLE, "--items", f"jobs={tmp_path / 'jobs.csv'}")
    assert (code, err) == (0, "")
    assert figures(answer) == EXPECTED


def test_yes_and_no_are_read_in_both_languages(run):
    words = ["true", "FALSE", "是", "否"]
    table = "".join(f"{place},{word}\n" for place, word in enumerate(words))
    _, answer, err = run("e.csv", f"provider,ok\n{table}")
    assert ([one["points"]["ok"] for one in answer], err) == ([10.0, 0.0, 10.0, 0.0], "")


def test_a_column_says_when_a_value_expires(run):
    rate = {**FIELDS["rate"], "validity": {"kind": "expires"}}
    table = "provider,rate,rate.expires\nNorth,4,2026-06-29\nSouth,4,2026-07-01\n"
    _, answer, err = run("e.csv", table, rules=rubric(RUBRIC["tree"], {**FIELDS, "rate": rate}))
    assert ([one["points"]["rate"] for one in answer], err) == ([None, 4.0], "")


def test_parquet_scores_like_json(run):
    frame = pd.DataFrame(
        {
            "provider": ["North", "南山", "West"],
            "rate": [4.5, 99.0, None],
            "rate.date": [date(2026, 1, 31), None, None],
            "level": ["good", "bad", None],
            "ok": [True, False, None],
            "day": [date(2026, 2, 1), None, None],
            "jobs": [JOBS, None, None],
        }
    )
    code, answer, err = run("e.parquet", frame)
    assert (code, err) == (0, "")
    assert figures(answer) == EXPECTED


def test_items_of_a_per_item_node_come_from_their_table(run, tmp_path):
    write(tmp_path / "visits.csv", "provider,on,mark\nNorth,2026-01-01,4\nNorth,2026-01-01,2\n")
    _, answer, err = run("e.csv", TABLE, "--items", f"visits={tmp_path / 'visits.csv'}")
    assert (answer[0]["points"]["marks"], answer[0]["points"]["shares"], err) == (3.0, 1.5, "")


def test_table_of_one_row_needs_no_name(run, tmp_path):
    write(tmp_path / "jobs.csv", "on,hours\n2026-01-01,3\n")
    table = "rate,level\n4,good\n"
    code, answer, _ = run("e.csv", table, "--items", f"jobs={tmp_path / 'jobs.csv'}")
    assert (code, answer["points"]["rate"], answer["points"]["number"]) == (0, 4.0, 1.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "e.csv: no row in it"),
        (HEADER, "e.csv: no row in it"),
        (HEADER + "N,x,,,,\n", "e.csv: row 2, column rate: 'x' is no number"),
        (HEADER + "N,nan,,,,\n", "e.csv: row 2, column rate: 'nan' is no number"),
        (HEADER + "M,1,,,,\nN,1,soon,,,\n", "row 3, column rate.date: 'soon' is no date"),
        (HEADER + "N,,,,maybe,\n", "row 2, column ok: 'maybe' is neither true nor false"),
        (HEADER + "N,,,,,1.2.26\n", "row 2, column day: '1.2.26' is no date; write YYYY-MM-DD"),
        (HEADER + "N,,,\n", "e.csv: row 2: 4 cells under 6 columns"),
        (HEADER + ",1,,,,\n", "row 2, column provider: write the provider's name"),
        ("rate\n1\n2\n", "row 2, column provider: write the provider's name"),
        (HEADER + "N,,,,,\nN,,,,,\n", "row 3, column provider: 'N' stands in row 2 already"),
        ("provider,fame\nN,1\n", "row 1, column fame: no field of the rubric; remove it"),
        ("provider,rate.colour\nN,1\n", "row 1, column rate.colour: no field of the rubric"),
        ("provider,rate,rate\nN,1,2\n", "row 1, column rate: stands twice; keep one"),
        ("provider,jobs\nN,3\n", "row 2, column jobs: a collection needs a table of its own"),
        ('provider,rate\n"N"x,3\n', "e.csv: row 2: "),
        (HEADER.encode() + b"\xff,,,,,\n", "e.csv: row 2: save it as UTF-8: invalid start byte"),
    ],
)
def test_bad_csv_is_refused_with_its_place_and_the_reason(run, content, message):
    code, answer, err = run("e.csv", content)
    assert (code, answer) == (2, None)
    assert message in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PAR1", "e.parquet: not readable as Parquet: "),
        (pd.DataFrame({"rate": ["x"]}), "row 1, column rate: 'x' is no number"),
        (pd.DataFrame({"rate": [True]}), "row 1, column rate: True is no number"),
        (pd.DataFrame({"level": [3]}), "row 1, column level: 3 is no text"),
        (pd.DataFrame({"ok": [1]}), "row 1, column ok: 1 is neither true nor false"),
        (pd.DataFrame({"day": [3]}), "row 1, column day: 3 is no date"),
    ],
)
def test_bad_parquet_is_refused_with_its_place_and_the_reason(run, content, message):
    code, answer, err = run("e.parquet", content)
    assert (code, answer) == (2, None)
    assert message in err


@pytest.mark.parametrize(
    ("several", "message"),
    [
        ([], "e.json: no provider in it"),
        ([3], 'e.json: row 1: write {"provider": ..., "evidence": {...}}'),
        ([{"provider": "N"}], "e.json: row 1: write"),
        ([{"provider": 3, "evidence": {}}], "row 1, column provider: write the provider's name"),
        ([{"provider": "N", "evidence": []}], "row 1, column evidence: write one object"),
        ([{"provider": "N", "evidence": {}}] * 2, "row 2, column provider: 'N' stands in row 1"),
    ],
)
def test_bad_json_list_is_refused_with_its_place_and_the_reason(run, several, message):
    code, answer, err = run("e.json", json.dumps(several))
    assert (code, answer) == (2, None)
    assert message in err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("fame", ITEMS, "jobs.csv: 'fame' is no collection of the rubric"),
        ("rate", ITEMS, "jobs.csv: 'rate' is no collection of the rubric"),
        ("jobs", "provider,on\nEast,2026-01-01\n", "row 2, column provider: 'East' is no provider"),
        ("jobs", "provider,mark\nNorth,3\n", "row 1, column mark: no field of the rubric"),
        ("jobs", "provider,hours\nNorth,long\n", "row 2, column hours: 'long' is no number"),
        ("jobs", "provider,on\n", "jobs.csv: no row in it"),
    ],
)
def test_bad_table_of_items_is_refused(run, tmp_path, name, content, message):
    write(tmp_path / "jobs.csv", content)
    code, _, err = run("e.csv", TABLE, "--items", f"{name}={tmp_path / 'jobs.csv'}")
    assert code == 2
    assert message in err


def test_other_kinds_of_file_are_refused(run):
    code, _, err = run("e.xlsx", b"PK")
    assert (code, err) == (2, "e.xlsx: write a file ending in .json, .csv or .parquet\n")


def test_items_need_a_name_and_a_file(run, capsys):
    with pytest.raises(SystemExit):
        run("e.csv", TABLE, "--items", "jobs")
    assert "write COLLECTION=FILE" in capsys.readouterr().err


def test_rubric_is_checked_first(run):
    broken = changed(RUBRIC, (("tree", "max"), 7))
    code, _, err = run("e.csv", TABLE, rules=broken)
    assert (code, "tree.max" in err) == (2, True)


@pytest.mark.parametrize("lacking", ["--rubric", "--evidence", "--as-of"])
def test_every_option_but_items_is_required(capsys, lacking):
    given = {"--rubric": "r.json", "--evidence": "e.json", "--as-of": "2026-06-30"}
    kept = [word for name, value in given.items() if name != lacking for word in (name, value)]
    with pytest.raises(SystemExit):
        main(kept)
    assert f"the following arguments are required: {lacking}" in capsys.readouterr().err


# --- odd files: each is told its place and the reason, none ends in a traceback


def told(capsys, rubric_file, *arguments):
    code = main(["--rubric", str(rubric_file), "--as-of", "2026-06-30", *arguments])
    return code, capsys.readouterr()


@pytest.fixture
def odd(tmp_path, capsys):
    """Score a file with this name and content: exit code, output, fault."""
    rubric_file = tmp_path / "rubric.json"
    rubric_file.write_text(text(RUBRIC), encoding="utf-8")

    def run_odd(name, content, *more):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            pq.write_table(content, path)
        code, heard = told(capsys, rubric_file, "--evidence", str(path), *more)
        return code, heard.out, heard.err.strip()

    return run_odd


BROKEN_TEXT = pa.Array.from_buffers(
    pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
)
TWICE = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["rate", "rate"])


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("e.json", b"", "e.json: row 1, column 1: not readable as JSON"),
        ("e.json", b'{"rate": 1,\n}', "e.json: row 2, column 1: not readable as JSON"),
        ("e.json", b'{\n"rate": "\xd6"}', "e.json: row 2: save it as UTF-8"),
        ("e.json", b"\n\xd6", "e.json: row 2: save it as UTF-8"),
        ("e.json", b"[" * 100_000, "e.json: nested too deeply"),
        ("e.json", b'{"rate": 1, "rate": 2}', "e.json: not readable as JSON: key 'rate'"),
        ("e.json", b'{"rate": ' + b"9" * 5000 + b"}", "e.json: not readable as JSON"),
        ("e.json", b'"text"', "e.json: write one object of field names and values, or a list"),
        ("e.csv", "provider,level\n甲,good\n".encode("gbk"), "e.csv: row 2: save it as UTF-8"),
        ("e.csv", b"provider,rate\nx,1_000\n", "row 2, column rate: '1_000' is no number"),
        ("e.csv", b"provider,rate\nx,1" + b"0" * 400, "row 2, column rate: '1000000000"),
        ("e.csv", b"provider,rate\nx,\xc2\xb2\n", "row 2, column rate: '²' is no number"),
        ("e.csv", b"provider,\nx,1\n", "row 1, column 2: has no name; write the field's"),
        ("e.csv", b"provider;rate\nx;1\n", "row 1, column provider;rate: no field"),
        ("e.csv", b'provider,rate\nx,"1\n', "e.csv: row 2: unexpected end of data"),
        ("e.csv", b"provider,rate\nx,1\x00\n", "row 2, column rate"),
        ("e.csv", b"provider,rate\n", "e.csv: no row in it"),
        ("e.parquet", b"PAR1", "e.parquet: not readable as Parquet"),
        ("e.parquet", TWICE, "e.parquet: row 1, column rate: stands twice; keep one"),
        (
            "e.parquet",
            pa.table({"provider": BROKEN_TEXT, "rate": [1]}),
            "e.parquet: row 1, column provider: not readable",
        ),
        (
            "e.parquet",
            pa.table({"rate": [1], "rate.date": pa.array([2**40], pa.timestamp("s"))}),
            "e.parquet: row 1, column rate.date: not readable",
        ),
        (
            "e.parquet",
            pa.table({"provider": [b"x"], "rate": [1]}),
            "e.parquet: row 1, column provider: b'x' is no name; write text",
        ),
        (
            "e.parquet",
            pa.table({"provider": [True], "rate": [1]}),
            "e.parquet: row 1, column provider: True is no name; write text",
        ),
        (
            "e.parquet",
            pa.table({"provider": ["x", "y"], "rate": [1.0, float("nan")]}),
            "e.parquet: row 2, column rate: nan is no number",
        ),
    ],
)
def test_odd_file_is_told_its_place_and_the_reason(odd, name, content, fault):
    code, out, err = odd(name, content)
    assert (code, out) == (2, "")
    assert fault in err
    assert len(err) < 200


def test_long_cell_is_shown_by_its_beginning(odd):
    _, _, err = odd("e.csv", b"provider,rate\nx," + b"9" * 5000)
    assert err.endswith("9… is no number")


def test_whole_number_names_a_provider(odd):
    code, out, _ = odd("e.parquet", pa.table({"provider": [7], "rate": [1]}))
    assert (code, json.loads(out)[0]["provider"]) == (0, "7")


def test_byte_order_mark_is_no_fault(odd):
    assert odd("e.json", b'\xef\xbb\xbf{"rate": 1}')[0] == 0


def test_half_a_character_is_printed_as_it_was_written(odd):
    several = b'[{"provider": "\\ud800", "evidence": {"rate": 1}}]'
    code, out, _ = odd("e.json", several)
    assert (code, "\\ud800" in out) == (0, True)


def test_json_takes_no_tables_of_items(odd, tmp_path):
    code, _, err = odd("e.json", b"{}", "--items", f"jobs={tmp_path / 'jobs.csv'}")
    assert code == 2
    assert err == "e.json: a JSON file holds its collections itself; leave out items"


def test_collection_has_one_table(odd, tmp_path):
    two = [f"--items=jobs={tmp_path / name}" for name in ("a.csv", "b.csv")]
    assert odd("e.csv", b"rate\n1\n", *two)[0::2] == (
        2,
        "--items: a collection has one table; name each once",
    )


def test_rubric_in_another_encoding_is_told(tmp_path, capsys):
    rubric_file = tmp_path / "rubric.json"
    rubric_file.write_bytes(text(RUBRIC).encode("utf-16"))
    code, heard = told(capsys, rubric_file, "--evidence", "none.csv")
    assert (code, heard.err) == (2, "rubric.json: row 1: save it as UTF-8: invalid start byte\n")
