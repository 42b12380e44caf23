"""Scales, rules and predicates of a rubric in words."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification import labels
from certification.domain.rubric_lint import walk
from portal.domain.predicates import SUBJECTS

Scale = Mapping[str, Any]
Field = Mapping[str, Any]
Fields = Mapping[str, Field]

SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "=", "ne": "≠"}


def rubric_fields(rubric: Mapping[str, Any]) -> dict[str, Field]:
    """Return every field of a rubric by name, those of its items included."""
    found: dict[str, Field] = dict(rubric["fields"])
    for _path, node in walk(rubric["tree"]):
        found |= node.get("per_item", {}).get("fields", {})
    return found


def name_of(labelled: Mapping[str, Any], fallback: str) -> str:
    """Return the label of a node or field, or ``fallback`` where the rubric gives none."""
    return labels.in_language(labelled["label"]) if labelled.get("label") else fallback


def points_words(points: float) -> str:
    """Write points with their unit."""
    return ngettext("%(n)s point", "%(n)s points", int(points)) % {"n": f"{points:g}"}


def scale_words(
    leaf: Mapping[str, Any], fields: Fields, names: Mapping[str, str] | None = None
) -> list[str]:
    """Say in words, line by line, how a leaf turns evidence into points.

    ``names`` are the nodes' names, for a condition that looks at another node.
    """
    lines = scale_lines(leaf["scale"], fields.get(leaf.get("field", ""), {}), fields)
    if leaf.get("bonus"):
        lines.append(_("on top of the rest, up to the maximum of the whole"))
    if "only_if" in leaf:
        what = predicate_words(leaf["only_if"], fields, names)
        lines.append(_("counts only if: %(what)s") % {"what": what})
    return lines


def scale_lines(scale: Scale, field: Field, fields: Fields) -> list[str]:
    """Say in words how ``scale`` turns a value of ``field`` into points."""
    return WRITERS[scale["kind"]](scale, field, fields)


def _bands(scale: Scale, field: Field, _fields: Fields) -> list[str]:
    return [
        labels.pair(bounds_words(band, field), points_words(band["points"]))
        for band in scale["bands"]
    ]


def bounds_words(band: Mapping[str, Any], field: Field) -> str:
    """Write the bounds of a band."""
    signs = [key for key in ("ge", "gt", "le", "lt") if key in band]
    return ", ".join(f"{SIGNS[key]} {labels.amount(band[key], field)}" for key in signs)


def _boolean(scale: Scale, _field: Field, _fields: Fields) -> list[str]:
    yes, no = _("yes"), _("no")
    return [
        labels.pair(yes, points_words(scale["true"])),
        labels.pair(no, points_words(scale["false"])),
    ]


def _ordinal(scale: Scale, field: Field, _fields: Fields) -> list[str]:
    return [
        labels.pair(code_name(one["code"], field), points_words(one["points"]))
        for one in scale["anchors"]
    ]


def code_name(code: str, field: Field) -> str:
    """Name a code by the rubric's own words for it, else by those of the product."""
    named = field.get("code_labels", {}).get(code)
    return labels.in_language(named) if named else labels.code_words(code)


def _piecewise(scale: Scale, field: Field, _fields: Fields) -> list[str]:
    knots = [
        labels.pair(labels.amount(x, field), points_words(points)) for x, points in scale["knots"]
    ]
    return [*knots, _("in between in proportion")]


def _ratio(scale: Scale, field: Field, _fields: Fields) -> list[str]:
    return [_("in proportion up to %(target)s") % {"target": labels.amount(scale["target"], field)}]


def _per_unit(scale: Scale, field: Field, _fields: Fields) -> list[str]:
    lines = [_("%(points)s for each one") % {"points": points_words(scale["points"])}]
    return [*lines, *_start(scale, field)]


def _steps(scale: Scale, field: Field, _fields: Fields) -> list[str]:
    values = {"points": points_words(scale["points"]), "n": labels.amount(scale["per"], field)}
    return [_("%(points)s for every full %(n)s") % values, *_start(scale, field)]


def _start(scale: Scale, field: Field) -> list[str]:
    if "from" not in scale:
        return []
    return [_("counted from %(n)s") % {"n": labels.amount(scale["from"], field)}]


def _cases(scale: Scale, _field: Field, fields: Fields) -> list[str]:
    lines = [
        labels.pair(case_words(one, fields), points_words(one["points"])) for one in scale["cases"]
    ]
    otherwise = _("otherwise")
    return [*lines, labels.pair(otherwise, points_words(scale.get("else", 0)))]


def _best_of(scale: Scale, field: Field, fields: Fields) -> list[str]:
    return [*_cases(scale, field, fields), _("of several that hold, the best one counts")]


def _count(scale: Scale, _field: Field, fields: Fields) -> list[str]:
    each = _("%(points)s for each of these") % {"points": points_words(scale["points"])}
    return [each, *(case_words(one, fields) for one in scale["of"])]


def _judgement(scale: Scale, _field: Field, fields: Fields) -> list[str]:
    rows = [
        labels.pair(case_words(row, fields), range_words(row)) for row in scale.get("ranges", ())
    ]
    if not rows:
        return [_("an expert's choice")]
    otherwise = _("otherwise")
    return [
        _("an expert's choice within:"),
        *rows,
        labels.pair(otherwise, range_words(scale["else"])),
    ]


def range_words(row: Mapping[str, Any]) -> str:
    """Write a range of points."""
    return _("%(low)s to %(high)s points") % {"low": f"{row['low']:g}", "high": f"{row['high']:g}"}


def _switch(scale: Scale, field: Field, fields: Fields) -> list[str]:
    lines = []
    for case in scale["cases"]:
        lines += [case_words(case, fields), *scale_lines(case["scale"], field, fields)]
    return [*lines, _("otherwise"), *scale_lines(scale["else"], field, fields)]


WRITERS: Mapping[str, Callable[[Scale, Field, Fields], list[str]]] = {
    "bands": _bands,
    "boolean": _boolean,
    "ordinal": _ordinal,
    "piecewise": _piecewise,
    "ratio_to_target": _ratio,
    "per_unit": _per_unit,
    "steps": _steps,
    "cases": _cases,
    "best_of": _best_of,
    "count": _count,
    "judgement": _judgement,
    "switch": _switch,
}


def case_words(case: Mapping[str, Any], fields: Fields) -> str:
    """Name a case: by its label, by a code that has words, or by its condition."""
    if case.get("label"):
        return labels.in_language(case["label"])
    if case.get("code") in labels.CODES:
        return labels.code_words(case["code"])
    return predicate_words(case["when"], fields)


def predicate_words(
    predicate: Mapping[str, Any], fields: Fields, names: Mapping[str, str] | None = None
) -> str:
    """Write a condition over evidence and points in words; ``names`` are the nodes' names."""
    if "not" in predicate:
        return _("not (%(what)s)") % {"what": predicate_words(predicate["not"], fields, names)}
    for key, word in (("all", _("and")), ("any", _("or"))):
        if key in predicate:
            parts = [predicate_words(part, fields, names) for part in predicate[key]]
            inner = f" {word} ".join(parts)
            return f"({inner})" if len(parts) > 1 else inner
    return _comparison(predicate, fields, names or {})


def _comparison(leaf: Mapping[str, Any], fields: Fields, names: Mapping[str, str]) -> str:
    subject = next(leaf[key] for key in SUBJECTS if key in leaf)
    field = fields.get(subject, {}) if "field" in leaf else {}
    name = _("total") if subject is True else name_of(field, names.get(subject, str(subject)))
    if leaf["op"] in SIGNS:
        return f"{name} {SIGNS[leaf['op']]} {value_words(field, leaf['value'])}"
    value = leaf.get("value")
    many = value if isinstance(value, list) else [value]
    shown = ", ".join(value_words(field, one) for one in many if one is not None)
    return labels.pair(name, OPERATOR_WORDS[leaf["op"]]() % {"value": shown})


OPERATOR_WORDS: Mapping[str, Callable[[], str]] = {
    "in": lambda: _("one of %(value)s"),
    "not_in": lambda: _("none of %(value)s"),
    "contains": lambda: _("includes %(value)s"),
    "known": lambda: _("is known"),
    "within_months": lambda: _("within the last %(value)s months"),
    "for_months": lambda: _("for %(value)s months or more"),
    "not_expired": lambda: _("still valid"),
}


def value_words(field: Field, value: Any) -> str:
    """Write a value as people read it: shares in percent, codes and booleans in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        day = labels.day_words(value)
        return day if day != value else code_name(value, field)
    return labels.amount(value, field)


def item_words(rule: Mapping[str, Any], fields: Fields) -> list[str]:
    """Say how the items of a collection (deliveries) are pooled: ``per_item`` of a branch."""
    collection = name_of(fields.get(rule["collection"], {}), rule["collection"])
    lines = [_("%(what)s are scored one by one and averaged") % {"what": collection}]
    if "window_months" in rule:
        lines.append(_("of the last %(n)s months") % {"n": f"{rule['window_months']:g}"})
    if "decay" in rule:
        half = f"{rule['decay']['half_life_months']:g}"
        lines.append(_("the weight halves every %(n)s months") % {"n": half})
    if "cap_total" in rule:
        most = f"{rule['cap_total']['max']:g}"
        lines.append(_("one place counts for a weight of %(n)s at most") % {"n": most})
    if rule.get("min_items", 1) > 1:
        lines.append(_("at least %(n)s are needed") % {"n": rule["min_items"]})
    return lines


# --- the rule that gave a leaf its points, as domain.scales names it

NUMBER = r"(-?[\d.]+(?:e[-+]?\d+)?)"
RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Field], str]], ...] = (
    (re.compile(r"code (.+)"), lambda found, field: code_name(found[1], field)),
    (re.compile(r"true|false"), lambda found, field: value_words(field, found[0] == "true")),
    (
        re.compile(rf"between {NUMBER} and {NUMBER}"),
        lambda found, field: (
            _("between %(low)s and %(high)s in proportion")
            % {"low": _amount(found[1], field), "high": _amount(found[2], field)}
        ),
    ),
    (
        re.compile(rf"target {NUMBER}"),
        lambda found, field: (
            _("in proportion up to %(target)s") % {"target": _amount(found[1], field)}
        ),
    ),
    (
        re.compile(rf"{NUMBER} per unit"),
        lambda found, _field: (
            _("%(points)s for each one") % {"points": points_words(float(found[1]))}
        ),
    ),
    (
        re.compile(rf"{NUMBER} per full {NUMBER}"),
        lambda found, field: (
            _("%(points)s for every full %(n)s")
            % {"points": points_words(float(found[1])), "n": _amount(found[2], field)}
        ),
    ),
    (re.compile(r"case (.+)"), lambda found, _field: labels.code_words(found[1])),
    (re.compile(r"no case"), lambda _found, _field: _("none of the cases")),
    (
        re.compile(r"(\d+) of (\d+): .*"),
        lambda found, _field: (
            _("%(held)s of %(all)s conditions hold") % {"held": found[1], "all": found[2]}
        ),
    ),
    (
        re.compile(rf"chosen within {NUMBER} to {NUMBER}"),
        lambda found, _field: (
            _("chosen by an expert within %(low)s to %(high)s points")
            % {"low": found[1], "high": found[2]}
        ),
    ),
    (
        re.compile(r"condition not met"),
        lambda _found, _field: _("the condition to count is not met"),
    ),
    (
        re.compile(r"mean of (\d+) items"),
        lambda found, _field: (
            ngettext("weighted mean of %(n)s item", "weighted mean of %(n)s items", int(found[1]))
            % {"n": found[1]}
        ),
    ),
)
BOUND = re.compile(rf"(>=|<=|>|<) {NUMBER}")
PRINTED = {">=": "≥", "<=": "≤"}


def rule_words(rule: str, field: Field) -> str:
    """Say by which band, anchor or case a leaf got its points; “” for a rule without words."""
    for pattern, words in RULES:
        if found := pattern.fullmatch(rule):
            return words(found, field)
    bounds = [BOUND.fullmatch(part) for part in rule.split(" and ")]
    return ", ".join(
        f"{PRINTED.get(one[1], one[1])} {_amount(one[2], field)}" for one in bounds if one
    )


def _amount(text: str, field: Field) -> str:
    return labels.amount(float(text), field)
