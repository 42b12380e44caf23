"""Random rubrics of every scale and aggregation, and random evidence, sound and unsound."""

import random
from datetime import date, timedelta

from certification.domain.rubric import validate_rubric
from certification.domain.rubric_lint import fields_of, inputs_of, leaf_fields, walk
from tests.certification.domain.rubrics import branch, rubric

DAY = date(2026, 6, 30)
CODES = ["a", "b", "c"]
NUMBERS = {
    "n1": {"type": "number", "min": 0, "max": 10},
    "n2": {"type": "number"},
    "i1": {"type": "integer", "min": 0},
    "seen": {"type": "number", "validity": {"kind": "window", "months": 12}},
    "until": {"type": "number", "validity": {"kind": "expires"}},
    "ratio": {"type": "number", "min": -5, "derive": {"div": ["n1", "n2"]}},
    "gain": {
        "type": "number",
        "derive": {
            "max": [{"sub": ["n1", {"mul": [2, "n2"]}]}, {"add": ["i1", 1]}, {"min": ["n2"]}]
        },
    },
}
OTHERS = {
    "code": {"type": "code", "codes": CODES, "not_applicable": ["n/a"]},
    "flag": {"type": "boolean"},
    "day": {"type": "date"},
}
ITEM_NUMBERS = {
    "q": {"type": "number", "min": 0, "max": 4},
    "h": {"type": "number"},
    "share": {"type": "number", "derive": {"div": ["q", "h"]}},
}
ITEM_OTHERS = {
    "kind": {"type": "code", "codes": CODES, "not_applicable": ["n/a"]},
    "ok": {"type": "boolean"},
}
JOBS, VISITS = {"type": "collection"}, {"type": "collection"}


class Maker:
    """Makes one rubric; ``one`` chooses."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0

    def chance(self, share):
        return self.random.random() < share

    def value(self):
        return self.random.choice([0, 1, 2, 3.5, 5, 7, 10])

    def name(self):
        self.number += 1
        return f"node{self.number}"

    def predicate(self, numbers, others, depth=1, nodes=()):
        kinds = ["number", "code", "flag", "day", "known", "among"] + ["node"] * bool(nodes)
        kinds += ["all", "any", "not"] * bool(depth)
        kind = self.random.choice(kinds)
        deeper = [self.predicate(numbers, others, depth - 1, nodes) for _ in range(2) if depth]
        if kind in {"all", "any"}:
            return {kind: deeper}
        if kind == "not":
            return {"not": deeper[0]}
        return self.comparison(kind, numbers, others, nodes)

    def comparison(self, kind, numbers, others, nodes):  # noqa: PLR0911 - a table of kinds
        order = self.random.choice(["ge", "gt", "le", "lt", "eq", "ne"])
        same = self.random.choice(["eq", "ne"])
        by_type = {spec["type"]: name for name, spec in others.items()}
        if kind == "node":
            return {"node": self.random.choice(nodes), "op": order, "value": self.value()}
        if kind == "code":
            return {"field": by_type["code"], "op": same, "value": self.random.choice(CODES)}
        if kind == "flag":
            return {"field": by_type["boolean"], "op": same, "value": self.chance(0.5)}
        if kind == "day" and "date" in by_type:
            return {"field": by_type["date"], **self.random.choice(DATE_OPS)}
        name = self.random.choice([*numbers])
        if kind == "known":
            return {"field": name, "op": "known"}
        if kind == "among":
            several = [self.value(), self.value()]
            return {"field": name, "op": self.random.choice(["in", "not_in"]), "value": several}
        return {"field": name, "op": order, "value": self.value()}

    def rows(self, numbers, others, **values):
        return [
            {"when": self.predicate(numbers, others), "code": f"c{n}"}
            | {key: make() for key, make in values.items()}
            for n in range(self.random.randint(1, 3))
        ]

    def scale(self, kind, maximum, numbers, others):  # noqa: C901, PLR0911 - as above
        points = sorted(self.random.uniform(0, maximum) for _ in range(3))
        if kind == "ordinal":
            anchors = [{"code": c, "points": p} for c, p in zip(CODES, points, strict=True)]
            return {"kind": kind, "anchors": anchors}
        if kind == "boolean":
            return {"kind": kind, "true": points[1], "false": points[0]}
        if kind == "bands":
            cut = self.value()
            low, high = self.random.choice([("lt", "ge"), ("le", "gt")])
            bands = [{low: cut, "points": points[0]}]
            bands += [{high: cut, "lt": cut + 2, "points": points[1]}]
            return {"kind": kind, "bands": [*bands, {"ge": cut + 2, "points": points[2]}]}
        if kind == "piecewise":
            knots = sorted(self.random.sample([0, 1, 2, 4, 8, 10], 3))
            return {"kind": kind, "knots": [[x, p] for x, p in zip(knots, points, strict=True)]}
        if kind == "ratio_to_target":
            return {"kind": kind, "target": 6, **self.random.choice([{}, {"from": 1}])}
        if kind == "per_unit":
            return {"kind": kind, "points": maximum / 5, **self.random.choice([{}, {"from": 1}])}
        if kind == "steps":
            return {"kind": kind, "points": maximum / 5, "per": self.random.choice([1, 2, 0.5])}
        if kind == "judgement":
            ranges = self.rows(numbers, others)
            for row in ranges:
                del row["code"]
                row.update(low=maximum / 2, high=maximum)
            given = {"ranges": ranges, "else": {"low": 0, "high": maximum / 2}}
            return {"kind": kind, **(given if self.chance(0.7) else {})}
        if kind == "switch":
            chosen = self.random.choice(["bands", "piecewise", "steps"])
            made = lambda: self.scale(chosen, maximum, numbers, others)  # noqa: E731
            rows = self.rows(numbers, others, scale=made)
            return {"kind": kind, "cases": rows, "else": made()}
        if kind == "count":
            return {"kind": kind, "points": maximum / 2, "of": self.rows(numbers, others)}
        rows = self.rows(numbers, others, points=lambda: self.random.uniform(0, maximum))
        return {"kind": kind, "cases": rows, "else": self.random.choice([0, maximum / 4])}

    def leaf(self, numbers, others, collections=(), **more):
        maximum = self.random.choice([4, 5, 10])
        one = {"id": self.name(), "max": maximum, **more}
        one["missing"] = self.random.choice(["zero", "exclude", "unrated", {"neutral": 0.5}])
        kind = self.random.choice(ONE_NUMBER + SEVERAL + ["ordinal", "boolean"])
        one["scale"] = self.scale(kind, maximum, numbers, others)
        by_type = {spec["type"]: name for name, spec in others.items()}
        if kind in {"ordinal", "boolean"}:
            one["field"] = by_type["code" if kind == "ordinal" else "boolean"]
        elif kind in ONE_NUMBER and collections and self.chance(0.5):
            one["evidence"] = self.reduction(collections)
        elif kind in ONE_NUMBER:
            one["field"] = self.random.choice([*numbers])
        return one

    def reduction(self, collections):
        kinds = ["count", "sum", "max", "median", "mean", "decayed_mean", "decayed_sum"]
        kind = self.random.choice(kinds)
        rule = {"collection": self.random.choice(collections), "reduce": kind}
        if kind != "count":
            rule |= {"value": "q", "item": ITEM_NUMBERS["q"]}
        if self.chance(0.3):
            rule["min_items"] = 2
        if kind.startswith("decayed"):
            rule |= {"date": "on", "decay": {"kind": "exp", "half_life_months": 18}}
            if self.chance(0.5):
                rule["cap_total"] = {"by": "village", "max": 1.5}
        elif self.chance(0.5):
            rule |= {"date": "on", "window_months": 24}
        return rule

    def node(self, depth, **more):
        if depth == 0:
            return self.leaf(NUMBERS, OTHERS, ("jobs", "visits"), **more)
        if self.chance(0.3):
            return self.per_item(**more)
        return self.branch(lambda **more: self.node(depth - 1, **more), **more)

    def branch(self, child, **more):
        kind = self.random.choice(["sum", "wam", "wgm", "min", "max"])
        number = self.random.randint(1, 3)
        weight = {} if kind in {"sum", "min", "max"} else {"weight": 1 / number}
        children = [child(**weight) for _ in range(number)]
        maximum = sum(one["max"] for one in children) if kind == "sum" else 10
        for one in children:
            if self.chance(0.2):
                one["only_if"] = self.predicate(NUMBERS, OTHERS)
        if kind == "sum" and self.chance(0.4):
            extra = child()
            extra = extra if "scale" in extra else self.leaf(NUMBERS, OTHERS)
            children.append(extra | {"bonus": True, "missing": "zero"})
        more |= {"floor": 0.01} if kind == "wgm" and self.chance(0.5) else {}
        return branch(self.name(), children, maximum, kind, **more)

    def per_item(self, **more):
        inside = {**ITEM_NUMBERS, **NUMBERS}, {**OTHERS, **ITEM_OTHERS}
        node = self.branch(lambda **given: self.leaf(*inside, ("visits",), **given), **more)
        rule = {"collection": "jobs", "date": "on", "fields": {**ITEM_NUMBERS, **ITEM_OTHERS}}
        rule |= self.random.choice([{}, {"window_months": 24}])
        rule |= self.random.choice([{}, {"decay": {"kind": "exp", "half_life_months": 18}}])
        rule |= self.random.choice([{}, {"cap_total": {"by": "village", "max": 1.5}}])
        rule |= self.random.choice([{}, {"min_items": 2}, {"missing": "exclude"}])
        used = read_below(node, {**ITEM_NUMBERS, **ITEM_OTHERS})
        rule["fields"] = {name: spec for name, spec in rule["fields"].items() if name in used}
        return node | {"per_item": rule}

    def rubric(self):
        tree = self.node(2)
        while "scale" in tree:
            tree = self.node(2)
        if "aggregate" in tree and "per_item" not in tree and self.chance(0.1):
            tree["aggregate"] = {"kind": "profile"}
        nodes = [node["id"] for _, node in walk(tree)]
        when = lambda: self.predicate(NUMBERS, OTHERS, nodes=nodes)  # noqa: E731
        half = {"score": True, "op": "ge", "value": (tree.get("max") or 10) / 2}
        more = {
            "tiers": [{"id": "A", "when": {"all": [half, when()]}}, {"id": "B", "when": when()}]
        }
        if self.chance(0.5):
            more["routes"] = [{"id": "r", "tier": "A", "when": when(), "label": {"en": "r"}}]
            more["gates"] = [{"id": "g", "require": when(), "cap": "B"}]
        if self.chance(0.7):
            more["unrated"] = {"missing_share_gt": 0.3, "rules": [{"id": "u", "when": when()}]}
        if any("per_item" in node for _, node in walk(tree)) and "unrated" in more:
            more["unrated"]["deliveries_lt"] = 2
        return self.finished(tree, more)

    def finished(self, tree, more):
        fields = {**NUMBERS, **OTHERS, "jobs": JOBS, "visits": VISITS}
        used = read_below(tree, fields)
        rules = [*more["tiers"], *more.get("routes", ()), *more.get("unrated", {}).get("rules", ())]
        for rule in rules:
            used |= fields_of(rule["when"])
        for gate in more.get("gates", ()):
            used |= fields_of(gate["require"])
        used |= {
            one for name in used if name in fields for one in inputs_of(fields[name].get("derive"))
        }
        made = rubric(tree, {name: spec for name, spec in fields.items() if name in used}, **more)
        validate_rubric(made)
        return made


ONE_NUMBER = ["bands", "piecewise", "ratio_to_target", "per_unit", "steps", "judgement", "switch"]
SEVERAL = ["cases", "best_of", "count"]
DATE_OPS = [
    {"op": "within_months", "value": 12},
    {"op": "for_months", "value": 12},
    {"op": "not_expired"},
    {"op": "ge", "value": "2025-06-30"},
]


def read_below(tree, fields):
    """Names that the tree reads, with the inputs of derived fields."""
    used = set()
    for _, node in walk(tree):
        used |= fields_of(node.get("only_if", {}))
        used |= leaf_fields(node) if "scale" in node else set()
        used |= {node["per_item"]["collection"]} if "per_item" in node else set()
    return used | {
        one for name in used & set(fields) for one in inputs_of(fields[name].get("derive"))
    }


# --- evidence


def some_evidence(made, seed):
    """Evidence of one provider for a rubric, some of it absent, dated or wrong."""
    choose = random.Random(seed)
    given = {}
    for name, spec in made["fields"].items():
        if "derive" not in spec and choose.random() < 0.85:
            given[name] = (
                a_collection(choose) if spec["type"] == "collection" else a_field(spec, choose)
            )
    if choose.random() < 0.05:
        given["unheard_of"] = 1
    if choose.random() < 0.05:
        given["ratio"] = 1
    return given


def a_field(spec, choose):
    value = a_value(spec, choose)
    if "validity" in spec:
        day = (DAY + timedelta(days=choose.randint(-500, 60))).isoformat()
        return {
            "value": value,
            choose.choice(["date", "expires"]): choose.choice([day, day, "soon"]),
        }
    return {"value": value} if choose.random() < 0.1 else value


def a_value(spec, choose):
    if choose.random() < 0.06:
        return choose.choice([None, True, "?", float("nan"), float("inf"), -99.5, 10**400, [1], {}])
    if spec["type"] == "code":
        return choose.choice([*CODES, *CODES, "n/a"])
    if spec["type"] == "boolean":
        return choose.random() < 0.5
    if spec["type"] == "date":
        return (DAY + timedelta(days=choose.randint(-800, 200))).isoformat()
    if spec["type"] == "integer":
        return choose.randint(0, 12)
    return choose.choice([0, 1, 2, 3.5, 5, 7, 10, choose.uniform(0, 10)])


def a_collection(choose):
    if choose.random() < 0.04:
        return choose.choice(["none", {}])
    return [an_item(choose) for _ in range(choose.choice([0, 1, 2, 4, 7]))]


def an_item(choose):
    if choose.random() < 0.04:
        return "job"
    day = (DAY - timedelta(days=choose.randint(-40, 900))).isoformat()
    item = {"on": day, "village": choose.choice("xyz")}
    for name, spec in {**ITEM_NUMBERS, **ITEM_OTHERS}.items():
        if "derive" not in spec and choose.random() < 0.9:
            item[name] = choose.uniform(0, 4) if name == "q" else a_value(spec, choose)
    if choose.random() < 0.05:
        item["on"] = choose.choice([None, "soon", 7])
    if choose.random() < 0.03:
        item["share"] = 1
    return item
