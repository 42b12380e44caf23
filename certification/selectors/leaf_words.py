"""How a leaf and its items came to their points, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from certification import labels
from certification.selectors.scale_words import (
    Fields,
    case_words,
    name_of,
    rubric_fields,
    rule_words,
    value_words,
)


def leaf_text(rubric: Mapping[str, Any], leaf: Mapping[str, Any], scored: Mapping[str, Any]) -> str:
    """Say what was found and how it counted, or what is missing and what the rubric makes of it."""
    fields = rubric_fields(rubric)
    if scored["status"] == "missing":
        found = [missing_words(rubric, code) for code in scored["why_missing"]]
        return labels.listed([*found, labels.missing_policy(leaf.get("missing", "zero"))])
    values = [_value(fields, scored, name, value) for name, value in scored["values"].items()]
    rule = _rule(leaf, scored["rule"], fields)
    counted = [_("counted as: %(rule)s") % {"rule": rule}] if rule else []
    return labels.listed([*values, *counted, *_used_items(scored)])


def _rule(leaf: Mapping[str, Any], rule: str, fields: Fields) -> str:
    """Say by which rule the leaf got its points; a case by its condition."""
    for place, case in enumerate(leaf["scale"].get("cases", ()), start=1):
        if rule == f"case {case.get('code', place)}":
            return case_words(case, fields)
    return rule_words(rule, fields.get(leaf.get("field", ""), {}))


def _value(fields: Fields, scored: Mapping[str, Any], name: str, value: Any) -> str:
    """Write one value with its dates."""
    dates = scored.get("dates", {}).get(name, {})
    words = {"date": _("of %(day)s"), "expires": _("valid until %(day)s")}
    told = [words[kind] % {"day": labels.day_words(day)} for kind, day in dates.items()]
    field = fields.get(name, {})
    shown = labels.pair(name_of(field, name), value_words(field, value))
    if not told:
        return shown
    return _("%(value)s (%(dates)s)") % {"value": shown, "dates": ", ".join(told)}


def _used_items(scored: Mapping[str, Any]) -> list[str]:
    """Name the items that a reduced collection rests on, each with day and weight."""
    return [_used_item(item) for item in scored.get("items", ())]


def _used_item(item: Mapping[str, Any]) -> str:
    values = {
        "n": item["index"] + 1,
        "day": labels.day_words(item["date"] or ""),
        "value": f"{item['value']:g}",
        "weight": f"{item['weight']:.2f}",
    }
    dated = _("item %(n)s of %(day)s: %(value)s, weight %(weight)s")
    undated = _("item %(n)s: %(value)s, weight %(weight)s")
    return (dated if item["date"] else undated) % values


def missing_words(rubric: Mapping[str, Any], code: str) -> str:
    """Say why a field counts as missing (``field:reason``, ``items[2].field:reason``)."""
    path, _colon, why = code.rpartition(":")
    item, _dot, name = path.rpartition(".")
    place, _bracket, number = (item or name).partition("[")
    fields = rubric_fields(rubric)
    known = name if item or not number else place
    shown = name_of(fields.get(known, {}), known)
    if number:
        owner = name_of(fields.get(place, {}), place)
        nth = _("%(what)s, item %(n)s") % {"what": owner, "n": int(number.rstrip("]")) + 1}
        shown = f"{nth}, {shown}" if item else nth
    return labels.pair(shown, labels.why_missing(why))


def item_rows(pool: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the items of a pool as the component ``evidence`` lists them."""
    return [
        {
            "title": _("Item %(n)s") % {"n": item["index"] + 1},
            "note": _item_note(item),
            "value": "" if item["points"] is None else f"{item['points']:.2f}",
            "url": "",
        }
        for item in pool["items"]
    ]


def _item_note(item: Mapping[str, Any]) -> str:
    """Say day and weight of an item, or why it does not count."""
    day = [labels.day_words(item["date"])] if item["date"] else []
    if item["state"] != "used":
        return " · ".join([*day, labels.item_state(item["state"])])
    if item["age"] is not None:
        day.append(_("%(months)s months old") % {"months": f"{item['age']:.1f}"})
    day.append(_("weight %(weight)s") % {"weight": f"{item['weight']:.2f}"})
    if item["weight"] < item["decay"]:
        day.append(_("capped from %(weight)s") % {"weight": f"{item['decay']:.2f}"})
    return " · ".join(day)


def pool_text(pool: Mapping[str, Any]) -> str:
    """Say what the pooled points rest on."""
    weight = f"{pool['weight']:.2f}"
    told = _("%(n)s items count with a weight of %(weight)s; old ones weigh less")
    return told % {"n": pool["count"], "weight": weight}
