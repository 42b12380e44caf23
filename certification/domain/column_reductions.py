"""Collections reduced to one number a row, for all rows at a time: ``reductions`` by columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.domain.predicates import DAYS_PER_MONTH, EPS

from .columns import (
    ABSENT,
    BAD_DATE,
    KNOWN,
    NO_DATE,
    NOT_APPLICABLE,
    Column,
    Flags,
    Floats,
    Items,
    Places,
    Rows,
    read_column,
    read_days,
)
from .reductions import WEIGHTED

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Dated:
    """Items by date: quarantined or not, and the weight by age (0 outside the window), [I]."""

    quarantined: Flags
    weight: Floats


def dated(rule: Node, sound: Flags, rows: Rows, as_of: date | None) -> Dated:
    """Weigh the items of a collection by their dates.

    Raises ValueError when one is dated and ``as_of`` is missing.
    """
    weight = sound.astype(np.float64)
    if "date" not in rule:
        return Dated(~sound, weight)
    days = np.where(sound, read_days(rows.raw(rule["date"])), NO_DATE)
    given = ~np.isin(days, [NO_DATE, BAD_DATE])
    if as_of is None:
        if given.any():
            raise ValueError("as_of: evidence carries dates; say the day of scoring")
        return Dated(~given, np.zeros(len(days)))
    usable = given & (days <= as_of.toordinal())
    age = np.where(usable, (as_of.toordinal() - days) / DAYS_PER_MONTH, 0.0)
    inside = usable & (age <= rule.get("window_months", np.inf) + EPS)
    half_life = rule.get("decay", {}).get("half_life_months", np.inf)
    return Dated(~usable, np.where(inside, np.exp2(-age / half_life), 0.0))


def capped(rule: Node, weight: Floats, owner: Places, rows: Rows) -> Floats:
    """Weights after the cap on every owner's groups, [I]."""
    if "cap_total" not in rule:
        return weight
    keys = pd.Series([str(key) for key in rows.raw(rule["cap_total"]["by"])], dtype=object)
    group = pd.MultiIndex.from_arrays([owner, keys.to_numpy()]).factorize()[0]
    total = np.bincount(group, weights=weight, minlength=1)[group]
    cap = float(rule["cap_total"]["max"])
    return weight * np.where(total > cap + EPS, cap / np.where(total > 0, total, 1.0), 1.0)


def reduce_items(rule: Node, column: Column, as_of: date | None) -> Column:
    """Reduce a collection to one number per row, as ``reductions.reduce_collection`` does."""
    items, count = cast("Items", column.items), len(column.state)
    by_date = dated(rule, items.sound, items.rows, as_of)
    value, usable, faulty = _item_values(rule, items.rows, by_date, as_of)
    owner = items.owner[usable]
    weight = by_date.weight[usable]
    if rule["reduce"] in WEIGHTED:
        weight = capped(rule, weight, owner, items.rows.take(np.flatnonzero(usable)))
    found, number = REDUCTIONS[rule["reduce"]](value[usable], weight, owner, count)
    counting = rule["reduce"] in {"count", "sum", "decayed_sum"}
    enough = number >= rule.get("min_items", 0 if counting else 1)
    state = np.where(column.known & ~enough, ABSENT, column.state).astype(np.int8)
    review = np.bincount(items.owner[faulty], minlength=count) > 0
    return Column(state, np.where(state == KNOWN, found, np.nan), column.review | review)


def _item_values(
    rule: Node, rows: Rows, by_date: Dated, as_of: date | None
) -> tuple[Floats, Flags, Flags]:
    """Values, which items are used, and which need a look, each [I]."""
    inside = by_date.weight > 0
    name = rule.get("value")
    if name is None:
        return np.ones(len(inside)), inside, by_date.quarantined
    read = read_column(rule["item"], rows.raw(name), as_of)
    # an item without its value is a fault, not only one that cannot be read
    faulty = inside & (read.review | np.isin(read.state, [ABSENT, NOT_APPLICABLE]))
    return read.value, inside & read.known, by_date.quarantined | faulty


Reduction = Callable[[Floats, Floats, Places, int], tuple[Floats, npt.NDArray[np.intp]]]


def added(owner: Places, values: Floats, count: int) -> Floats:
    """Sums of values by owner, [N]."""
    return np.bincount(owner, weights=values, minlength=count).astype(np.float64)


def _counts(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    number = np.bincount(owner, minlength=count)
    return number.astype(np.float64), number


def _sums(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    return added(owner, values, count), np.bincount(owner, minlength=count)


def _means(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    number = np.bincount(owner, minlength=count)
    return added(owner, values, count) / np.maximum(number, 1), number


def _decayed_sums(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    return added(owner, values * weight, count), np.bincount(owner, minlength=count)


def _decayed_means(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    total, number = _decayed_sums(values, weight, owner, count)
    whole = added(owner, weight, count)
    return total / np.where(whole > 0, whole, 1.0), number


def _largest(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    most = np.full(count, -np.inf)
    np.maximum.at(most, owner, values)
    return most, np.bincount(owner, minlength=count)


def _medians(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    number = np.bincount(owner, minlength=count)
    ordered = np.append(values[np.lexsort((values, owner))], np.nan)
    start = np.cumsum(number) - number
    low, high = start + (number - 1) // 2, start + number // 2
    return (ordered[low] + ordered[high]) / 2, number


REDUCTIONS: Mapping[str, Reduction] = {
    "count": _counts,
    "sum": _sums,
    "max": _largest,
    "median": _medians,
    "mean": _means,
    "decayed_mean": _decayed_means,
    "decayed_sum": _decayed_sums,
}
