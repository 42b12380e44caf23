"""A country's counties: Dask against one core, bit for bit."""

import json
import os

import numpy as np
import pandas as pd
import pytest

from certification.domain.kernel import grade_county
from certification.domain.scale_out import (
    county_folders,
    grade_one_by_one,
    grade_with_dask,
    main,
    write_county,
)
from tests.certification.domain.ratings import county, season


def snapshot(folder, counties, **sizes):
    for code in range(counties):
        write_county(folder / f"{630000 + code}", *county(code, **sizes))
    return county_folders(folder)


def assert_same_bits(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    for name in one.select_dtypes("float"):
        assert (one[name].to_numpy().view(np.int64) == other[name].to_numpy().view(np.int64)).all()


def test_dask_gives_the_bits_of_the_single_run(tmp_path):
    counties = snapshot(tmp_path / "snapshot", 3)
    single = grade_one_by_one(counties, season())
    assert len(single) == 60
    assert_same_bits(grade_with_dask(counties, season()), single)


@pytest.mark.slow
def test_hundred_counties_of_a_thousand_firms_give_the_same_bits(tmp_path):
    counties = snapshot(tmp_path / "snapshot", 100, firms=1000, deliveries=6)
    single = grade_one_by_one(counties, season())
    assert len(single) == 100_000
    assert set(single["tier"]) == {"A", "B", "C", "unrated"}
    assert_same_bits(grade_with_dask(counties, season()), single)


def test_county_alone_has_the_bits_it_has_among_others(tmp_path):
    counties = snapshot(tmp_path / "snapshot", 4)
    among = grade_one_by_one(counties, season()).iloc[40:60].reset_index(drop=True)
    assert_same_bits(grade_one_by_one(counties[2:3], season()), among)
    assert_same_bits(grade_county(*county(2), season()), among)


def test_county_is_three_tables(tmp_path):
    (folder,) = snapshot(tmp_path / "snapshot", 1)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["deliveries.parquet", "firms.parquet", "ratings.parquet"]


def command(tmp_path, *more):
    tables = tmp_path / "season.json"
    tables.write_text(json.dumps(season().as_json()))
    names = ["--season", tables, "--out", tmp_path / "grades.parquet"]
    return main([str(tmp_path / "snapshot"), *map(str, names), *more])


@pytest.mark.parametrize("engine", ["single", "dask"])
def test_command_writes_the_grades(tmp_path, capsys, engine):
    counties = snapshot(tmp_path / "snapshot", 2)
    assert command(tmp_path, "--engine", engine) == 0
    assert capsys.readouterr().out == "2 counties, 40 firms\n"
    written = pd.read_parquet(tmp_path / "grades.parquet")
    assert_same_bits(written, grade_one_by_one(counties, season()))


@pytest.mark.parametrize("lacking", ["--season", "--out"])
def test_command_needs_tables_and_a_place_for_the_grades(capsys, lacking):
    given = {"--season": "season.json", "--out": "grades.parquet"}
    kept = [word for name, value in given.items() if name != lacking for word in (name, value)]
    with pytest.raises(SystemExit):
        main(["snapshot", *kept])
    assert f"the following arguments are required: {lacking}" in capsys.readouterr().err


def test_command_says_what_is_wrong_with_a_snapshot(tmp_path, capsys):
    assert command(tmp_path) == 2
    assert "no county in it" in capsys.readouterr().err
    (folder,) = snapshot(tmp_path / "snapshot", 1)
    ratings = pd.read_parquet(folder / "ratings.parquet")
    ratings.astype({"rating": str}).to_parquet(folder / "ratings.parquet")
    assert command(tmp_path) == 2
    assert (
        capsys.readouterr().err == f"{folder}/ratings.parquet: column rating is str, not float32\n"
    )
    ratings.drop(columns="rating").to_parquet(folder / "ratings.parquet")
    assert command(tmp_path) == 2
    assert capsys.readouterr().err == f"{folder}{os.sep}ratings.parquet: column rating missing\n"
