"""Charts drawn as SVG by the templates, each with a table of the same numbers.

A chart is a dictionary (or object): ``id`` unique in the page, ``title``, ``description``,
``categories`` [label], ``series`` [{label, values, tone}] with one value per category (``None``
where there is none), ``unit``.  Only presentation attributes are used, so a strict
Content-Security-Policy holds.
"""

from typing import Any

from django import template
from django.utils.formats import number_format

from portal.templatetags.portal import COMPONENTS, read

register = template.Library()

WIDTH, HEIGHT = 620, 300
LEFT, TOP, BOTTOM = 56, 24, 46
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT, HEIGHT - TOP - BOTTOM
TICKS = 4
GROUP_FILL = 0.8
TONES = ("lake", "barley", "lake4", "gray")
NICE_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10)


def nice_ceiling(largest: float) -> float:
    """The smallest round number at or above ``largest`` that four ticks divide evenly.

    >>> nice_ceiling(48), nice_ceiling(0.9), nice_ceiling(0)
    (60.0, 1.0, 4.0)
    """
    if largest <= 0:
        return float(TICKS)
    magnitude = 10.0 ** (len(str(int(largest))) - 1) if largest >= 1 else 0.1
    steps = (step * magnitude / scale for scale in (10, 1) for step in NICE_STEPS)
    return next(step * TICKS for step in steps if step * TICKS >= largest)


def palette(series: list[Any]) -> list[dict[str, Any]]:
    """Each series with a colour of its own, unless it brings one."""
    return [
        {
            "label": read(one, "label"),
            "values": list(read(one, "values")),
            "tone": read(one, "tone") or TONES[index % len(TONES)],
        }
        for index, one in enumerate(series)
    ]


def height_of(value: float, ceiling: float) -> float:
    """Distance of a value from the top of the drawing, in its units."""
    return round(TOP + PLOT_HEIGHT * (1 - value / ceiling), 1)


def ticks(ceiling: float) -> list[dict[str, Any]]:
    """The grid's lines with their numbers, from zero upwards."""
    values = [ceiling * step / TICKS for step in range(TICKS + 1)]
    return [{"y": height_of(value, ceiling), "label": short(value)} for value in values]


def short(value: float) -> str:
    """A number as the reader's language writes it, without idle decimals."""
    return number_format(round(value, 2)) if value % 1 else number_format(int(value))


def table_rows(categories: list[str], series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chart's numbers, one row per category."""
    columns = [one["values"] for one in series]
    return [
        {"label": category, "values": [column[index] for column in columns]}
        for index, category in enumerate(categories)
    ]


def frame(chart: Any) -> dict[str, Any]:
    """What bars and lines share: series, scale, slots, grid and the table."""
    categories = [str(name) for name in read(chart, "categories")]
    series = palette(read(chart, "series"))
    numbers = [value for one in series for value in one["values"] if value is not None]
    ceiling = nice_ceiling(max(numbers, default=0))
    return {
        "chart": chart,
        "series": series,
        "ceiling": ceiling,
        "slot": PLOT_WIDTH / max(len(categories), 1),
        "ticks": ticks(ceiling),
        "rows": table_rows(categories, series),
        "labels": [
            {"text": name, "x": center(i, len(categories))} for i, name in enumerate(categories)
        ],
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "baseline": HEIGHT - BOTTOM,
        "label_y": HEIGHT - BOTTOM + 26,
    }


def center(index: int, count: int) -> float:
    """Middle of a category's slot on the horizontal axis."""
    return round(LEFT + PLOT_WIDTH / count * (index + 0.5), 1)


def bar(value: float, slot: tuple[float, float], place: tuple[int, int], ceiling: float) -> dict:
    """One bar: ``slot`` (left edge, width) of its category, ``place`` (index, of how many)."""
    index, count = place
    width = slot[1] * GROUP_FILL / count
    left = slot[0] + slot[1] * (1 - GROUP_FILL) / 2 + width * index
    top = height_of(value, ceiling)
    height = round(HEIGHT - BOTTOM - top, 1)
    return {"x": round(left, 1), "y": top, "width": round(width - 2, 1), "height": height}


@register.inclusion_tag(COMPONENTS + "bar_chart.html")
def bar_chart(chart: Any) -> dict[str, Any]:
    """Bars side by side, one colour per series."""
    parts = frame(chart)
    count, slot = len(parts["series"]), parts["slot"]
    for place, one in enumerate(parts["series"]):
        one["bars"] = [
            bar(value, (LEFT + slot * index, slot), (place, count), parts["ceiling"])
            for index, value in enumerate(one["values"])
            if value is not None
        ]
    return parts


@register.inclusion_tag(COMPONENTS + "line_chart.html")
def line_chart(chart: Any) -> dict[str, Any]:
    """A line through the points of each series; missing values leave no point."""
    parts = frame(chart)
    count = len(parts["labels"])
    for one in parts["series"]:
        one["points"] = [
            {"x": center(index, count), "y": height_of(value, parts["ceiling"])}
            for index, value in enumerate(one["values"])
            if value is not None
        ]
        one["path"] = " ".join(f"{point['x']},{point['y']}" for point in one["points"])
    return parts


@register.inclusion_tag(COMPONENTS + "compare_chart.html")
def compare_chart(chart: Any) -> dict[str, Any]:
    """Before and after, one pair of horizontal bars per measure: ``rows`` [{label, before, after,
    unit}], each pair on its own scale because the measures have different units.
    """
    rows = []
    for row in read(chart, "rows"):
        before, after = float(read(row, "before") or 0), float(read(row, "after") or 0)
        longest = max(before, after) or 1
        widths = {"before_width": round(before / longest * 100, 2)}
        rows.append({"row": row, **widths, "after_width": round(after / longest * 100, 2)})
    return {"chart": chart, "rows": rows}
