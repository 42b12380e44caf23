"""Grade many counties from their frozen Parquet snapshots, on one core or through Dask.

A snapshot is ``FOLDER/COUNTY/`` with ``ratings.parquet``, ``deliveries.parquet`` and
``firms.parquet``, coded as ``kernel.encode`` leaves them. Given the season's frozen tables,
counties are independent, so both ways call the same pure function per county and give the same
bits; Dask (the extra ``scale``) only decides where. Which engine when: config/decisions/0024.

Run: ``python -m certification.domain.scale_out FOLDER --season S.json --out grades.parquet``
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .kernel import DELIVERIES, FIRMS, RATINGS, grade_county, grades_like
from .season import Season, season_from_json

TABLES = {"ratings": RATINGS, "deliveries": DELIVERIES, "firms": FIRMS}


def county_folders(folder: Path) -> list[Path]:
    """The counties of a snapshot by name. Raises ValueError where there is none."""
    found = sorted(path.parent for path in folder.glob("*/firms.parquet"))
    if not found:
        raise ValueError(f"{folder}: no county in it; write COUNTY/firms.parquet and its fellows")
    return found


def write_county(
    folder: Path, ratings: pd.DataFrame, deliveries: pd.DataFrame, firms: pd.DataFrame
) -> None:
    """Write the coded tables of one county as its snapshot."""
    folder.mkdir(parents=True)
    for name, table in zip(TABLES, (ratings, deliveries, firms), strict=True):
        table.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """One table of one county. Raises ValueError naming the file and the column at fault."""
    kinds = TABLES[path.stem]
    table = pd.read_parquet(path)
    lacking = [name for name in kinds if name not in table]
    if lacking:
        raise ValueError(f"{path}: column {lacking[0]} missing")
    wrong = [name for name, kind in kinds.items() if table[name].dtype != kind]
    if wrong:
        kind = table[wrong[0]].dtype
        raise ValueError(f"{path}: column {wrong[0]} is {kind}, not {kinds[wrong[0]]}")
    return table[list(kinds)]


def grade_one_by_one(counties: Sequence[Path], season: Season) -> pd.DataFrame:
    """Grade the counties in this process, in their order: the rows of all, numbered through."""
    parts = [grade_county(*_tables(path), season) for path in counties]
    return pd.concat(parts, ignore_index=True)


def _tables(county: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    ratings, deliveries, firms = (read_table(county / f"{name}.parquet") for name in TABLES)
    return ratings, deliveries, firms


def grade_with_dask(counties: Sequence[Path], season: Season) -> pd.DataFrame:
    """Grade the counties wherever Dask runs; the same rows and bits as ``grade_one_by_one``.

    Each county is one partition; a cluster's workers must see the folder. Raises
    ModuleNotFoundError without the extra ``scale``.
    """
    # an optional extra: a county never needs it
    from dask import config  # noqa: PLC0415

    # texts stay as pandas keeps them
    with config.set({"dataframe.convert-string": False}):
        return dask_grades(counties, season).compute().reset_index(drop=True)


def dask_grades(counties: Sequence[Path], season: Season) -> Any:
    """The grades as a Dask DataFrame, one partition per county, nothing computed yet."""
    from dask import dataframe  # noqa: PLC0415

    ratings, deliveries, firms = (
        dataframe.from_map(  # type: ignore[no-untyped-call]
            read_table,
            [path / f"{name}.parquet" for path in counties],
            meta=pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in kinds.items()}),
        )
        for name, kinds in TABLES.items()
    )
    return ratings.map_partitions(
        grade_county,
        deliveries,
        firms,
        season,
        meta=grades_like(season),
        align_dataframes=False,
        enforce_metadata=False,
    )


ENGINES = {"single": grade_one_by_one, "dask": grade_with_dask}


def main(argv: Sequence[str] | None = None) -> int:
    """Grade a snapshot and write one Parquet table. Exit 2 with the fault when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m certification.domain.scale_out")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--season", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--engine", choices=ENGINES, default="single")
    options = parser.parse_args(argv)
    try:
        season = season_from_json(json.loads(options.season.read_text(encoding="utf-8")))
        counties = county_folders(options.folder)
        grades = ENGINES[options.engine](counties, season)
    except (OSError, ValueError, KeyError, TypeError, ModuleNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    grades.to_parquet(options.out, index=False, compression="zstd")
    sys.stdout.write(f"{len(counties)} counties, {len(grades)} firms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
