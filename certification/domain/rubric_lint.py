"""Rules of ``dsp-rubric/1`` that its JSON Schema cannot say.

Bands partition the line, knots are monotone, points stay within [0, maximum], sums and weights
add up, every field is declared and used, predicates and formulas are sound, and no field
describes place of registration, ownership, size, local tax or local awards (4-scoring.md,
section 1, legal guard) unless the rubric is another authority's (``external``). Scales have
their rules in ``scale_lint``.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from portal.domain.predicates import Problem, comparisons, fields_of, lint, parse_date

from .expressions import inputs_of, lint_expression
from .reductions import WEIGHTED
from .scale_lint import NUMBER, SEVERAL_FIELDS, lint_scale, lint_shape, type_fault
from .scales import scale_fields

Node = Mapping[str, Any]
Fields = Mapping[str, Mapping[str, Any]]

UNRATED = "unrated"
"""The neutral tier; no rubric may use the word for a tier of its own."""

PROHIBITED_NAMES = frozenset(
    {
        *("registration", "registered", "domicile", "hukou"),
        *("ownership", "owner", "owners", "shareholder", "shareholders"),
        *("capital", "asset", "assets", "revenue", "turnover", "sales"),
        *("headcount", "employee", "employees", "staff", "tax", "taxes"),
    }
)
LOCAL_NAMES = frozenset({"local", "county", "city", "municipal", "prefecture", "prefectural"})
AWARD_NAMES = frozenset({"award", "awards", "prize", "honour", "honours", "branch", "branches"})
LOCAL_WORDS = re.compile(
    "(?:本地|本县|本市|本省|当地|县级|市级)[^，。;；]{0,6}(?:奖|荣誉|称号|业绩|中标|分支机构|分公司)"
)
PROHIBITED_WORDS = re.compile(
    "注册地|注册资本|登记地|所有制|持股|股东|资产|营收|营业收入|销售额|员工人数|从业人员|职工|纳税|税收"
)


def lint_rubric(rubric: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Every fault of a rubric that already fits the schema; () when it is sound.

    Malformed predicates come alone: what they read cannot be told before they are mended.
    """
    malformed = tuple(_lint_shapes(rubric))
    if malformed:
        return malformed
    checks = (_lint_effective, _lint_fields, _lint_ids, _lint_tree, _lint_outcomes, _lint_use)
    return tuple(itertools.chain.from_iterable(check(rubric) for check in checks))


def walk(node: Node, path: str = "tree") -> Iterator[tuple[str, Node]]:
    """The nodes of a tree, parents first, each with its path."""
    yield path, node
    for index, child in enumerate(node.get("children", ())):
        yield from walk(child, f"{path}.children[{index}]")


def leaf_fields(leaf: Node) -> frozenset[str]:
    """Names of the evidence fields (or the collection) that a leaf reads."""
    asked = scale_fields(leaf["scale"])
    if "evidence" in leaf:
        return asked | {leaf["evidence"]["collection"]}
    return asked | ({leaf["field"]} if "field" in leaf else set())


def _lint_effective(rubric: Mapping[str, Any]) -> Iterator[Problem]:
    given = {key: rubric["effective"].get(key) for key in ("from", "to")}
    days = {key: parse_date(text) for key, text in given.items() if text is not None}
    for key, day in days.items():
        if day is None:
            yield Problem(f"effective.{key}", f"{given[key]!r} is no date; write YYYY-MM-DD")
    if given["from"] is None and not rubric.get("external"):
        yield Problem("effective.from", "say from which day it holds; write YYYY-MM-DD")
    start, end = days.get("from"), days.get("to")
    if start and end and end < start:
        yield Problem("effective.to", f"{end} lies before {start}; write a later day or null")


def _lint_shapes(rubric: Mapping[str, Any]) -> Iterator[Problem]:
    """Faults in the form of predicates and points, which the schema leaves open."""
    for path, node in walk(rubric["tree"]):
        if "only_if" in node:
            yield from lint(node["only_if"], f"{path}.only_if")
        if "scale" in node:
            yield from lint_shape(node["scale"], f"{path}.scale")
    for path, rule in _outcome_rules(rubric):
        yield from lint(rule, path)
    for index, rule in enumerate(rubric.get("unrated", {}).get("rules", ())):
        if not isinstance(rule, Mapping) or not isinstance(rule.get("id"), str):
            yield Problem(f"unrated.rules[{index}]", 'write {"id": ..., "when": ..., "label": ...}')


# --- fields


def _all_fields(rubric: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every field definition as (path, name, definition), those of ``per_item`` included."""
    for name, spec in rubric["fields"].items():
        yield f"fields.{name}", name, spec
    for path, node in walk(rubric["tree"]):
        for name, spec in node.get("per_item", {}).get("fields", {}).items():
            yield f"{path}.per_item.fields.{name}", name, spec


def _lint_fields(rubric: Mapping[str, Any]) -> Iterator[Problem]:
    for path, name, spec in _all_fields(rubric):
        if spec["type"] == "code" and not spec.get("codes"):
            yield Problem(f"{path}.codes", "a code field needs its codes; list them")
        named = set(spec.get("code_labels", ()))
        for code in sorted(named - {*spec.get("codes", ()), *spec.get("not_applicable", ())}):
            message = "is no code of the field; remove it or correct the name"
            yield Problem(f"{path}.code_labels.{code}", message)
        if spec.get("min", -math.inf) > spec.get("max", math.inf):
            yield Problem(f"{path}.min", "min lies above max; exchange them")
        validity = spec.get("validity", {})
        if validity.get("kind") == "window" and not validity.get("months", 0) > 0:
            yield Problem(f"{path}.validity.months", "a window needs its months, above 0")
        if not rubric.get("external") and is_prohibited(name, spec):
            yield Problem(path, _PROHIBITED)
        if "derive" in spec:
            yield from _lint_derived(path, spec, _fields_around(rubric, path))


def _fields_around(rubric: Mapping[str, Any], path: str) -> Fields:
    """The fields that a formula at ``path`` may name: those declared beside it."""
    beside = path.rpartition(".")[0]
    found = _all_fields(rubric)
    return {name: spec for where, name, spec in found if where == f"{beside}.{name}"}


def _lint_derived(path: str, spec: Mapping[str, Any], fields: Fields) -> Iterator[Problem]:
    if spec["type"] not in NUMBER:
        yield Problem(f"{path}.type", "a formula gives a number; write number or integer")
    if "validity" in spec:
        yield Problem(f"{path}.validity", "a formula has no date; put the validity on its inputs")
    yield from lint_expression(spec["derive"], f"{path}.derive", fields)


_PROHIBITED = (
    "describes place of registration, ownership, size, local tax or local awards, which may not "
    "be scored; use evidence of deliveries, modules or courses instead"
)


def is_prohibited(name: str, spec: Mapping[str, Any]) -> bool:
    """Whether a field describes registration place, ownership, size, local tax or awards.

    R&D intensity is a ratio and allowed; growth of revenue is not. An award is refused where it
    is a local one.

    >>> is_prohibited("registered_capital_wan", {}), is_prohibited("rd_ratio_pct", {})
    (True, False)
    >>> is_prohibited("county_awards", {}), is_prohibited("science_award", {})
    (True, False)
    """
    label = " ".join(str(text) for text in spec.get("label", {}).values())
    if "R&D" in label or "研发" in label:
        label = ""
    words = set(re.findall("[a-z]+", f"{name} {label}".lower()))
    local = bool(words & LOCAL_NAMES and words & AWARD_NAMES)
    refused = words & PROHIBITED_NAMES or PROHIBITED_WORDS.search(name + label)
    return bool(refused or local or LOCAL_WORDS.search(name + label))


def _lint_use(rubric: Mapping[str, Any]) -> Iterator[Problem]:
    used: set[str] = set()
    for _, node in walk(rubric["tree"]):
        if "per_item" in node:
            used.add(node["per_item"]["collection"])
        if "scale" in node:
            used |= leaf_fields(node)
        used |= fields_of(node.get("only_if", {}))
    for _, rule in _outcome_rules(rubric):
        used |= fields_of(rule)
    for _, name, spec in _all_fields(rubric):
        if name in used:
            used |= inputs_of(spec.get("derive"))
    for path, name, _ in _all_fields(rubric):
        if name not in used:
            yield Problem(path, "no leaf, tier, gate or rule reads it; use it or remove it")


# --- tree


def _lint_ids(rubric: Mapping[str, Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, node in walk(rubric["tree"]):
        if node["id"] in seen:
            yield Problem(f"{path}.id", f"{node['id']!r} stands twice; write another id")
        seen.add(node["id"])


def _lint_tree(rubric: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _lint_node(rubric["tree"], "tree", rubric["fields"])
    yield from _lint_conditions(rubric["tree"], "tree", rubric["fields"], [])


def _lint_node(node: Node, path: str, fields: Fields) -> Iterator[Problem]:
    if "scale" in node:
        yield from _lint_leaf(node, path, fields)
        return
    yield from _lint_branch(node, path)
    if "per_item" in node:
        yield from _lint_per_item(node, f"{path}.per_item", fields)
    inner = {**fields, **node.get("per_item", {}).get("fields", {})}
    for index, child in enumerate(node["children"]):
        yield from _lint_node(child, f"{path}.children[{index}]", inner)


def _lint_conditions(
    node: Node, path: str, fields: Fields, earlier: list[str]
) -> Iterator[Problem]:
    """Faults of ``only_if``, which may look at fields and at nodes that are scored before it."""
    if "per_item" in node:
        fields, outside = {**fields, **node["per_item"]["fields"]}, earlier
        earlier = []
    else:
        outside = earlier
    for index, child in enumerate(node.get("children", ())):
        yield from _lint_conditions(child, f"{path}.children[{index}]", fields, earlier)
    if "only_if" in node:
        where = f"{path}.only_if"
        yield from lint(node["only_if"], where, fields=fields, nodes=frozenset(outside))
        if any("score" in leaf for _, leaf in comparisons(node["only_if"])):
            yield Problem(where, "the total is not known yet; compare a field or an earlier node")
    outside.append(node["id"])


def _lint_branch(node: Node, path: str) -> Iterator[Problem]:
    kind, children = node["aggregate"]["kind"], node["children"]
    yield from _lint_bonus(kind, children, path)
    if kind == "profile":
        if path != "tree":
            yield Problem(f"{path}.aggregate", "only the root may be a profile; write sum")
        return
    if not (node.get("max") or 0) > 0:
        yield Problem(f"{path}.max", "write the maximum points, a number above 0")
        return
    if kind == "sum":
        regular = [child for child in children if not child.get("bonus")]
        total = math.fsum(child.get("max") or 0 for child in regular)
        if abs(total - node["max"]) > _SUM_SLACK:
            message = f"the children's maxima add to {total:g}, not {node['max']:g}; correct one"
            yield Problem(f"{path}.max", message)
    if kind in {"wam", "wgm"}:
        yield from _lint_weights(children, path)


_SUM_SLACK = 1e-6


def _lint_bonus(kind: str, children: Iterable[Node], path: str) -> Iterator[Problem]:
    for index, child in enumerate(children):
        if not child.get("bonus"):
            continue
        where = f"{path}.children[{index}]"
        if kind != "sum":
            yield Problem(f"{where}.bonus", "only a sum can take a bonus; write sum or remove it")
        if "scale" in child and child.get("missing") != "zero":
            yield Problem(f"{where}.missing", "a bonus that is not there gives nothing; write zero")


def _lint_per_item(node: Node, path: str, fields: Fields) -> Iterator[Problem]:
    rule = node["per_item"]
    if fields.get(rule["collection"], {}).get("type") != "collection":
        yield Problem(f"{path}.collection", "name a field of type collection")
    for name in sorted(set(rule["fields"]) & set(fields)):
        yield Problem(f"{path}.fields.{name}", "is declared outside too; write another name")
    if node["aggregate"]["kind"] == "profile":
        yield Problem(f"{path}", "a profile has no points to pool; write sum")
    if any("per_item" in below for where, below in walk(node) if where != "tree"):
        yield Problem(f"{path}", "items cannot hold items; score one collection per branch")
    if {"decay", "window_months"} & set(rule) and "date" not in rule:
        yield Problem(f"{path}.date", "name the date of an item; decay and windows need it")
    yield from _lint_decay(rule, path)


def _lint_decay(rule: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Faults of half-life, window and cap, where they are given."""
    half_life = rule.get("decay", {"half_life_months": 1}).get("half_life_months")
    if not (isinstance(half_life, int | float) and half_life > 0):
        yield Problem(f"{path}.decay", 'write {"kind": "exp", "half_life_months": 18}')
    if not rule.get("window_months", 1) > 0:
        yield Problem(f"{path}.window_months", "write the months, above 0")
    if not rule.get("cap_total", {"max": 1})["max"] > 0:
        yield Problem(f"{path}.cap_total.max", "write the cap, above 0")


def _lint_weights(children: Iterable[Node], path: str) -> Iterator[Problem]:
    total = math.fsum(child.get("weight", 0) for child in children)
    if abs(total - 1) > _SUM_SLACK:
        yield Problem(f"{path}.children", f"the weights add to {total:g}; make them add to 1")


def _lint_leaf(leaf: Node, path: str, fields: Fields) -> Iterator[Problem]:
    if not (leaf.get("max") or 0) > 0:
        yield Problem(f"{path}.max", "write the maximum points, a number above 0")
        return
    if "missing" not in leaf:
        message = 'say what missing evidence means: zero, exclude, unrated or {"neutral": 0.5}'
        yield Problem(f"{path}.missing", message)
    unknown = sorted(leaf_fields(leaf) - set(fields))
    for name in unknown:
        yield Problem(f"{path}.field", f"unknown field {name!r}; declare it under fields")
    if not unknown:
        yield from _lint_source(leaf, path, fields)


def _lint_source(leaf: Node, path: str, fields: Fields) -> Iterator[Problem]:
    """The leaf's source of evidence, then its scale against the type that it will read."""
    kind = leaf["scale"]["kind"]
    if kind not in SEVERAL_FIELDS and ("field" in leaf) == ("evidence" in leaf):
        yield Problem(path, "write exactly one of field and evidence")
        return
    if kind in SEVERAL_FIELDS and ("field" in leaf or "evidence" in leaf):
        yield Problem(path, f"{kind} names its fields itself; remove field and evidence")
        return
    if "evidence" in leaf:
        yield from _lint_collection(leaf["evidence"], f"{path}.evidence", fields)
    spec = {"type": "number"} if "evidence" in leaf else fields.get(leaf.get("field", ""), {})
    faults = list(type_fault(leaf["scale"], f"{path}.scale", spec))
    yield from faults or lint_scale(leaf, f"{path}.scale", spec, fields)


def _lint_collection(rule: Mapping[str, Any], path: str, fields: Fields) -> Iterator[Problem]:
    if fields[rule["collection"]]["type"] != "collection":
        yield Problem(f"{path}.collection", "the field is no collection; name one")
    if rule["reduce"] != "count" and not (rule.get("value") and "item" in rule):
        yield Problem(f"{path}.value", f"{rule['reduce']} needs value and item; add them")
    if rule.get("value") and rule.get("item", {}).get("type") not in {"number", "integer"}:
        yield Problem(f"{path}.item", "describe the value as a number or integer")
    if rule["reduce"] in WEIGHTED and "decay" not in rule:
        yield Problem(f"{path}.decay", 'write {"kind": "exp", "half_life_months": 18}')
    yield from _lint_decay(rule, path)
    if rule["reduce"] not in WEIGHTED and {"decay", "cap_total"} & set(rule):
        yield Problem(f"{path}.reduce", "decay and cap_total need decayed_mean or decayed_sum")
    if {"decay", "window_months"} & set(rule) and "date" not in rule:
        yield Problem(f"{path}.date", "name the date of an item; decay and windows need it")


# --- outcomes: tiers, gates, unrated


def _outcome_rules(rubric: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every predicate over the finished tree, with its path."""
    for index, tier in enumerate(rubric["tiers"]):
        yield f"tiers[{index}].when", tier["when"]
    for index, route in enumerate(rubric.get("routes", ())):
        yield f"routes[{index}].when", route["when"]
    for index, gate in enumerate(rubric.get("gates", ())):
        yield f"gates[{index}].require", gate["require"]
    for index, rule in enumerate(rubric.get("unrated", {}).get("rules", ())):
        yield f"unrated.rules[{index}].when", rule.get("when") if isinstance(rule, Mapping) else {}


def _lint_outcomes(rubric: Mapping[str, Any]) -> Iterator[Problem]:
    nodes = frozenset(node["id"] for _, node in walk(rubric["tree"]))
    for path, rule in _outcome_rules(rubric):
        yield from lint(rule, path, fields=rubric["fields"], nodes=nodes)
    names = [tier["id"] for tier in rubric["tiers"]] + [rubric["default_tier"]]
    if len(set(names)) < len(names) or UNRATED in names:
        message = f"each tier needs a name of its own, and {UNRATED!r} is taken: {names}"
        yield Problem("tiers", message)
    for index, route in enumerate(rubric.get("routes", ())):
        if route["tier"] not in names[:-1]:
            yield Problem(f"routes[{index}].tier", f"write one of {', '.join(names[:-1])}")
    for index, gate in enumerate(rubric.get("gates", ())):
        if gate["cap"] not in names:
            yield Problem(f"gates[{index}].cap", f"write one of {', '.join(names)}")
    if "deliveries_lt" in rubric.get("unrated", {}) and not _has_per_item(rubric):
        message = "counts the items of a per_item node, and there is none; use unrated.rules"
        yield Problem("unrated.deliveries_lt", message)


def _has_per_item(rubric: Mapping[str, Any]) -> bool:
    return any("per_item" in node for _, node in walk(rubric["tree"]))
