"""The command ``python -m certification.domain.scoring``: reads files, prints JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from .evidence_files import Provider, read_providers, read_text
from .results import as_json
from .rubric import Rubric, parse_rubric
from .scoring import score


def run(argv: Sequence[str] | None = None) -> int:
    """Score the evidence file; exit 2 with the fault when a file cannot be used.

    Prints the result of a file with one unnamed provider as one object, else a list of objects
    with ``provider`` first.
    """
    options = _parser().parse_args(argv)
    try:
        rubric = parse_rubric(read_text(options.rubric))
        providers = read_providers(options.evidence, rubric, _tables(options.items))
        answer = _answer(rubric, providers, options.as_of)
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    # half a character in a name of the evidence is printed as it was written in its JSON
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m certification.domain.scoring",
        description="Scores the evidence of one or many providers by a rubric and prints JSON.",
    )
    parser.add_argument("--rubric", type=Path, required=True)
    parser.add_argument("--evidence", type=Path, required=True, help=".json, .csv or .parquet")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument(
        "--items",
        type=_named_file,
        action="append",
        default=[],
        metavar="COLLECTION=FILE",
        help="a collection's own table, one row per item, its owner in column provider",
    )
    return parser


def _named_file(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if not name or not path:
        raise argparse.ArgumentTypeError("write COLLECTION=FILE")
    return name, Path(path)


def _tables(named: Sequence[tuple[str, Path]]) -> dict[str, Path]:
    tables = dict(named)
    if len(tables) < len(named):
        raise ValueError("--items: a collection has one table; name each once")
    return tables


def _answer(rubric: Rubric, providers: Sequence[Provider], as_of: date) -> Any:
    results = [as_json(score(rubric, one.evidence, as_of)) for one in providers]
    if len(providers) == 1 and providers[0].id is None:
        return results[0]
    return [{"provider": one.id, **result} for one, result in zip(providers, results, strict=True)]
