"""Small rubrics and readers for the tests of scoring."""

import copy
import json
from pathlib import Path

from certification.domain.rubric import digest, parse_rubric

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "certification" / "rubrics"
VECTORS = ROOT / "tests" / "certification" / "vectors"


def shipped(name):
    return parse_rubric((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))


def leaf(name, scale, maximum=10, **more):
    more = {"missing": "exclude", "field": name} | more
    given = {key: value for key, value in more.items() if value is not None}
    return {"id": name, "max": maximum, "scale": scale, **given}


def branch(name, children, maximum, kind="sum", **more):
    more = dict(more)
    rule = {"kind": kind} | ({"floor": more.pop("floor")} if "floor" in more else {})
    return {"id": name, "max": maximum, "aggregate": rule, "children": children, **more}


LINE = {"kind": "piecewise", "knots": [[0, 0], [10, 10]]}


def rubric(tree, fields, **more):
    """A complete, digested rubric around ``tree``."""
    whole = {
        "schema": "dsp-rubric/1",
        "id": "test",
        "version": "1.0.0",
        "title": {"en": "Test"},
        "effective": {"from": "2026-01-01", "to": None},
        "numeric": {
            "compare_eps": 1e-09,
            "display_digits": 2,
            "rounding": "half_up_display_only",
        },
        "fields": fields,
        "tree": tree,
        "tiers": [],
        "default_tier": "C",
        **more,
    }
    return whole | {"digest": digest(whole)}


def lines(*names, kind="sum", maximum=None, missing="exclude", **more):
    """A rubric of leaves worth 10 each, each reading a number from 0 to 10."""
    weight = {} if kind in {"sum", "min", "max"} else {"weight": 1 / len(names)}
    children = [leaf(name, LINE, missing=missing, **weight) for name in names]
    fields = {name: {"type": "number", "min": 0, "max": 10} for name in names}
    tree = branch("total", children, maximum or 10 * len(names), kind)
    return rubric(tree, fields, **more)


def changed(original, *steps):
    """A copy with ``(path, value)`` set; a value of ``...`` removes the key."""
    new = copy.deepcopy(original)
    for path, value in steps:
        *parents, last = path
        place = new
        for key in parents:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return new


def text(one):
    return json.dumps(one, ensure_ascii=False)
