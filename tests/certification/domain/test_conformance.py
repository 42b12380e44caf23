"""The runner of vectors, and the vectors that ship with the product."""

import json
import shutil
from pathlib import Path

import pytest

from certification.domain.conformance import differences, load_rubrics, main, run_folder, run_vector
from tests.certification.domain.rubrics import SHIPPED, VECTORS, lines, text

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "scoring" / "vectors"
RUBRICS = load_rubrics(SHIPPED)


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_shipped_vector_passes(path):
    (outcome,) = run_folder(VECTORS, path.name)
    assert outcome.detail == ""


def test_shipped_vectors_are_all_run(capsys):
    assert main([str(VECTORS)]) == 0
    assert capsys.readouterr().out == "128 passed, 0 failed\n"


@pytest.mark.skipif(not SHARED.exists(), reason="reference data is not beside the project")
def test_shipped_vectors_are_the_reference_vectors():
    for path in VECTORS.glob("*.json"):
        assert path.read_bytes() == (SHARED / path.name).read_bytes()


VECTOR = {
    "id": "one",
    "fn": "wgm",
    "input": {"u": [0.5, 0.5], "w": [1, 1]},
    "expected": {"value": 0.5},
    "tolerance": 1e-9,
}


def folder(tmp_path, *vectors):
    place = tmp_path / "vectors"
    place.mkdir()
    for index, vector in enumerate(vectors):
        (place / f"{index:03}.json").write_text(json.dumps(vector), encoding="utf-8")
    return place


def test_failure_is_printed_with_expected_and_got(tmp_path, capsys):
    place = folder(tmp_path, VECTOR, VECTOR | {"id": "two", "expected": {"value": 0.75}})
    assert main([str(place)]) == 1
    assert capsys.readouterr().out == (
        "FAILED two: value: expected 0.75, got 0.5\n1 passed, 1 failed\n"
    )


def test_unknown_functions_are_said_and_fail(tmp_path, capsys):
    unknown = [VECTOR | {"id": name, "fn": fn} for name, fn in (("a", "x"), ("b", "y"), ("c", "y"))]
    assert main([str(folder(tmp_path, VECTOR, *unknown))]) == 1
    assert capsys.readouterr().out == (
        "not implemented: x (1 vector)\nnot implemented: y (2 vectors)\n1 passed, 3 failed\n"
    )


@pytest.mark.parametrize("prefix", ["000", "one", "wgm"])
def test_only_restricts_by_file_id_or_function(tmp_path, prefix, capsys):
    place = folder(tmp_path, VECTOR, VECTOR | {"id": "two", "fn": "x"})
    assert main([str(place), "--only", prefix]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"


def test_unknown_rubric_is_named(tmp_path):
    vector = VECTOR | {"fn": "score_rubric", "input": {"rubric": "none", "evidence": {}}}
    (outcome,) = run_folder(folder(tmp_path, vector))
    assert outcome.detail == "no rubric 'none'; put it into ../rubrics"


def test_rubrics_beside_the_vectors_are_used(tmp_path):
    given = {"rubric": "mine", "evidence": {"a": 4}}
    vector = VECTOR | {"fn": "score_rubric", "input": given, "expected": {"total": 4}}
    place = folder(tmp_path, vector)
    (tmp_path / "rubrics").mkdir()
    (tmp_path / "rubrics" / "mine.json").write_text(text(lines("a")), encoding="utf-8")
    assert [one.detail for one in run_folder(place)] == [""]


@pytest.mark.parametrize("name", ["none", "empty"])
def test_nothing_to_run_is_an_error(tmp_path, name, capsys):
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / name)]) == 2
    assert capsys.readouterr().err == f"{tmp_path / name}: no vector to run\n"


def test_unreadable_vector_is_an_error(tmp_path, capsys):
    place = folder(tmp_path, VECTOR)
    (place / "001.json").write_text("{", encoding="utf-8")
    assert main([str(place)]) == 2
    assert capsys.readouterr().err.startswith(f"{place}: cannot be run: ")


def test_broken_rubric_is_an_error(tmp_path, capsys):
    place = folder(tmp_path, VECTOR)
    shutil.copytree(SHIPPED, tmp_path / "rubrics")
    (tmp_path / "rubrics" / "extra.json").write_text("{}", encoding="utf-8")
    assert main([str(place)]) == 2
    assert capsys.readouterr().err.startswith(f"{place}: cannot be run: (rubric): ")


@pytest.mark.parametrize(
    ("vector", "detail"),
    [
        ({"fn": "decay_weight", "input": {"age": -1}, "expected": {"error": "ValueError"}}, ""),
        (
            {"fn": "decay_weight", "input": {"age": 1}, "expected": {"error": "ValueError"}},
            "error: expected 'ValueError', got 'nothing (no such key)'",
        ),
        (
            {"fn": "decay_weight", "input": {"age": -1}, "expected": {"w": 1}},
            "w: expected 1, got 'nothing (age: evidence from the future has no weight)'",
        ),
        (
            {"fn": "wgm", "input": {"u": [1]}, "expected": {"error": "ValueError"}},
            "error: expected 'ValueError', got 'KeyError'",
        ),
    ],
)
def test_refusals(vector, detail):
    assert run_vector(VECTOR | vector, RUBRICS).detail == detail


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        (1.0, 1, True),
        (1.0, 1.09, True),
        (1.0, 1.2, False),
        (1, True, False),
        (True, True, True),
        (float("inf"), float("inf"), True),
        (float("inf"), 1.0, False),
        (None, None, True),
        (None, 0, False),
        ("A", "A", True),
        ([1, 2], [1, 2.05], True),
        ([1, 2], [2, 1], False),
        ([1, 2], [1], False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({"a": {"b": [1]}}, {"a": {"b": [1]}}, True),
        ({"a": 1}, 1, False),
    ],
)
def test_differences(expected, got, same):
    assert (differences(expected, got, 0.1, "x") == []) is same
