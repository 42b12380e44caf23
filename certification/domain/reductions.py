"""Reducing a collection of dated evidence items to the one number that a scale reads."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portal.domain.predicates import months_between

from .evidence import Reading, UsedItem, cap_group_total, decay_weight, read_field, to_date

WEIGHTED = frozenset({"decayed_mean", "decayed_sum"})
"""Reductions that use ``decay`` and ``cap_total``; the others count every item in the window."""


@dataclass(frozen=True)
class Item:
    """One usable item: its value (1 where only counted), weight, cap group, date and place."""

    value: float
    weight: float
    group: str
    date: date | None = None
    index: int = 0


def reduce_collection(
    rule: Mapping[str, Any], raw: Reading, as_of: date | None
) -> tuple[Reading, list[str]]:
    """Reduce a collection by ``rule`` (the ``evidence`` of a leaf); return it with its issues.

    Items outside the window are left out silently, invalid ones are listed as ``name[i]:code``.
    Missing: the collection itself, fewer items than ``min_items``, a mean of nothing. ``count``
    and ``sum`` of an empty collection are 0.
    """
    if raw.state != "known":
        return raw, []
    items: list[Item] = []
    issues: list[str] = []
    for index, one in enumerate(raw.value):
        found = _read_item(rule, one, as_of)
        if isinstance(found, Item):
            items.append(replace(found, index=index))
        elif found:
            issues.append(f"{rule['collection']}[{index}]{found}")
    return _reduce(rule, items), issues


def _reduce(rule: Mapping[str, Any], items: list[Item]) -> Reading:
    counting = rule["reduce"] in {"count", "sum", "decayed_sum"}
    if len(items) < rule.get("min_items", 0 if counting else 1):
        return Reading("absent")
    values = [item.value for item in items]
    weights = [item.weight for item in items]
    if rule["reduce"] in WEIGHTED and "cap_total" in rule:
        groups = [item.group for item in items]
        weights = cap_group_total(weights, groups, rule["cap_total"]["max"])
    used = tuple(
        UsedItem(item.index, item.value, weight, item.date)
        for item, weight in zip(items, weights, strict=True)
    )
    return Reading("known", REDUCTIONS[rule["reduce"]](values, weights), items=used)


def _read_item(rule: Mapping[str, Any], one: object, as_of: date | None) -> Item | str:
    """A usable item, ``""`` for one outside the window, or ``:code`` / ``.field:code``."""
    if not isinstance(one, Mapping):
        return ":type"
    seen = item_date(rule, one, as_of)
    if isinstance(seen, str):
        return seen
    weight = item_weight(rule, seen, as_of)
    if weight == 0:
        return ""
    group = str(one.get(rule["cap_total"]["by"])) if "cap_total" in rule else ""
    name = rule.get("value")
    if name is None:
        return Item(1.0, weight, group, seen)
    found = read_field(rule["item"], one.get(name), as_of)
    if found.state == "known":
        return Item(float(found.value), weight, group, seen)
    return f".{name}:{found.issue or 'missing'}"


def item_date(
    rule: Mapping[str, Any], one: Mapping[str, object], as_of: date | None
) -> date | str | None:
    """The item's date, ``None`` where the rule names none, or the code of a fault in it.

    Raises ValueError when the item is dated and ``as_of`` is ``None``.
    """
    if "date" not in rule:
        return None
    given = one.get(rule["date"])
    if given is None:
        return ":no_date"
    seen = to_date(given)
    if seen is None:
        return ":bad_date"
    if as_of is None:
        raise ValueError("as_of: evidence carries dates; say the day of scoring")
    return ":future_date" if seen > as_of else seen


def item_weight(rule: Mapping[str, Any], seen: date | None, as_of: date | None) -> float:
    """The decay weight of an item of ``seen``, 0 outside the window, 1 for one without a date."""
    if seen is None or as_of is None:
        return 1.0
    return decay_weight(months_between(seen, as_of), rule.get("decay"), rule.get("window_months"))


def _weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return _weighted_sum(values, weights) / math.fsum(weights)


def _weighted_sum(values: Sequence[float], weights: Sequence[float]) -> float:
    return math.fsum(value * weight for value, weight in zip(values, weights, strict=True))


REDUCTIONS: Mapping[str, Callable[[Sequence[float], Sequence[float]], float]] = {
    "count": lambda values, _: float(len(values)),
    "sum": lambda values, _: math.fsum(values),
    "max": lambda values, _: max(values),
    "median": lambda values, _: float(statistics.median(values)),
    "mean": lambda values, _: math.fsum(values) / len(values),
    "decayed_mean": _weighted_mean,
    "decayed_sum": _weighted_sum,
}
