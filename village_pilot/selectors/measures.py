"""A pilot's figures before and after, ready for tiles, charts and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from village_pilot.domain.durations import (
    EDGES_DAYS,
    MIN_CASES,
    band_labels,
    common_unit,
    reduction,
)
from village_pilot.domain.event_log import CaseLogMeasures
from village_pilot.labels import phases
from village_pilot.models import CaseLog, Pilot
from village_pilot.selectors.pilots import current_logs

TOP = 12
THREE_DAYS = EDGES_DAYS.index(3) + 1
UNITS: dict[str, str | Promise] = {
    "days": gettext_lazy("days"),
    "hours": gettext_lazy("hours"),
    "minutes": gettext_lazy("minutes"),
    "seconds": gettext_lazy("seconds"),
}


@dataclass(frozen=True)
class Side:
    """One log's figures; shares are 0 to 1, times in seconds."""

    log: CaseLog
    phase: str | Promise
    measures: CaseLogMeasures
    bands: tuple[int, ...]

    @property
    def within_three_days(self) -> float:
        """The share of cases that took three calendar days or less."""
        return sum(self.bands[:THREE_DAYS]) / self.measures.cases

    @property
    def too_few(self) -> str:
        """Why the log is shown but not counted; “” where it has enough cases."""
        if self.measures.cases >= MIN_CASES:
            return ""
        return _("%(phase)s: too few cases (%(n)d of %(minimum)d) – shown, but not counted.") % {
            "phase": self.phase,
            "n": self.measures.cases,
            "minimum": MIN_CASES,
        }

    @property
    def first(self) -> datetime:
        """When the log begins."""
        return self.log.first_event_at

    @property
    def last(self) -> datetime:
        """When the log ends."""
        return self.log.last_event_at


@dataclass(frozen=True)
class Step:
    """A step that directly follows another, how often before and after."""

    start: str
    end: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class MeasuresPage:
    """What the page shows; charts only with both logs, ``faster`` only where both count."""

    before: Side | None
    after: Side | None
    faster: float | None
    compare: dict[str, Any] | None
    bands: dict[str, Any] | None
    steps: list[Step]

    @property
    def sides(self) -> list[Side]:
        """The logs that exist, before first."""
        return [side for side in (self.before, self.after) if side is not None]

    @property
    def latest(self) -> Side | None:
        """The log whose figures stand in front."""
        return self.after or self.before


def measures_page(pilot: Pilot) -> MeasuresPage:
    """Return a pilot's measures (one query)."""
    logs = current_logs(pilot)
    before, after = side(logs.get("before")), side(logs.get("after"))
    both = [before, after] if before and after else []
    sides = [one for one in both if one is not None]
    return MeasuresPage(
        before=before,
        after=after,
        faster=reduction(*[one.measures.throughput_seconds.median for one in sides])
        if sides and not any(one.too_few for one in sides)
        else None,
        compare=compare_figures(*sides) if sides else None,
        bands=bands_chart([one for one in (before, after) if one is not None]),
        steps=top_steps(before, after),
    )


def side(log: CaseLog | None) -> Side | None:
    """Return a log with its measures as objects."""
    if log is None:
        return None
    return Side(
        log=log,
        phase=dict(phases())[log.phase],
        measures=CaseLogMeasures.from_dict(log.measures),
        bands=tuple(log.bands),
    )


def compare_figures(before: Side, after: Side) -> dict[str, Any]:
    """Return the pairs of the comparison; times share one unit."""
    earlier, later = before.measures, after.measures
    times = [
        (_("Median time"), "median"),
        (_("Mean time"), "mean"),
        (_("Nine in ten cases within"), "p90"),
    ]
    rows = [
        time_row(
            label,
            getattr(earlier.throughput_seconds, name),
            getattr(later.throughput_seconds, name),
        )
        for label, name in times
    ]
    rows += [
        {
            "label": _("Cases with a repeated step"),
            "before": round(100 * earlier.rework_share, 1),
            "after": round(100 * later.rework_share, 1),
            "unit": "%",
        },
        {"label": _("Kinds of steps"), "before": earlier.activities, "after": later.activities},
        {
            "label": _("Ways through the process"),
            "before": earlier.variants,
            "after": later.variants,
        },
    ]
    return {"title": _("Before and after the redesign"), "rows": rows}


def time_row(label: str, before: float, after: float) -> dict[str, Any]:
    """Return a pair of durations in their common unit, to one decimal."""
    unit, seconds = common_unit(before, after)
    return {
        "label": label,
        "before": round(before / seconds, 1),
        "after": round(after / seconds, 1),
        "unit": str(UNITS[unit]),
    }


def bands_chart(sides: Sequence[Side]) -> dict[str, Any] | None:
    """Return the bars of cases by time taken; ``None`` without a log."""
    if not sides:
        return None
    tones = {"before": "gray", "after": "lake"}
    names = {"before": _("Before"), "after": _("After")}
    return {
        "id": "bands",
        "title": _("Cases by time taken"),
        "description": _("How many cases took how many days; the same numbers are in the table."),
        "axis": _("Time taken"),
        "unit": _("cases"),
        "categories": [band_name(low, high) for low, high in band_labels()],
        "series": [
            {
                "label": names[one.log.phase],
                "values": list(one.bands),
                "tone": tones[one.log.phase],
            }
            for one in sides
        ],
    }


def band_name(low: int, high: int | None) -> str:
    """Return a band of days in words."""
    if high is None:
        return _("over %(low)s d") % {"low": low}
    if low == 0:
        return _("to %(high)s d") % {"high": high}
    return _("%(low)s–%(high)s d") % {"low": low, "high": high}


def top_steps(before: Side | None, after: Side | None) -> list[Step]:
    """Return the most frequent direct successions of either log, most frequent first."""
    counts = [
        {(start, end): times for start, end, times in one.measures.directly_follows}
        if one
        else None
        for one in (before, after)
    ]
    pairs = {pair for found in counts if found for pair in found}
    steps = [
        Step(*pair, *(found.get(pair, 0) if found is not None else None for found in counts))
        for pair in sorted(pairs)
    ]
    return sorted(steps, key=lambda step: -max(step.before or 0, step.after or 0))[:TOP]
