"""Charts of columns over time, as pictures that need no script and rows that need no eyes.

In Python, one value for each bucket of time and series:

    chart = column_chart(
        title=_("Pulls by collection"), unit=COUNT, buckets=["2026-01-05", "2026-01-12"],
        series=[Series("ada/lab", [3, 5]), Series("all others", [1, 0])],
    )

In a template, with `assets/charts.css` in its head, and the same numbers in a table beside it:

    {%- from "charts.jinja2" import chart_picture, chart_table %}
    {{ chart_picture(chart) }} {{ chart_table(chart, _("Week")) }}

Each chart is drawn twice, wide and tall; the style sheet shows the one that fits the window.
Colours are classes, with a value for each theme. Six series have one: gather the rest before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .amounts import in_bytes, in_groups

BYTES: Final = "bytes"
COUNT: Final = "count"
MOST_SERIES: Final = 6

_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 8.0, 12.0, 26.0
_GAP = 2.0
_SIGN_WIDTH = 6.4


@dataclass(frozen=True, slots=True)
class Series:
    """A name, and its value in each bucket."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Column:
    """A bucket: the path of all its height, and what is told of it."""

    ground: str
    told: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A text at an axis."""

    place: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart in the units of its own size.

    shape   `wide` or `tall`: when it is shown
    floor   where the columns stand
    paths   of each series all its pieces, as one path: a template fills in hundreds slowly
    """

    shape: str
    width: int
    height: int
    left: float
    right: float
    floor: float
    columns: Sequence[Column]
    paths: Sequence[str]
    heights: Sequence[Mark]
    times: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn and what is told: `rows` are the buckets, with a text for each series."""

    title: str
    series: Sequence[Series]
    pictures: Sequence[Picture]
    rows: Sequence[tuple[str, Sequence[str]]]
    most: str
    latest: str

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to draw."""
        return not any(any(one.values) for one in self.series)


def column_chart(
    *, title: str, unit: str, buckets: Sequence[str], series: Sequence[Series]
) -> Chart:
    """Give a chart of columns, one on the other.

    unit      BYTES or COUNT
    buckets   how each is called, from the oldest
    series    at most MOST_SERIES, each with a value for every bucket
    """
    if len(series) > MOST_SERIES or any(len(one.values) != len(buckets) for one in series):
        raise ValueError("a chart takes six series, each with a value for every bucket")
    worded = in_bytes if unit == BYTES else in_groups
    sums = [sum(one.values[number] for one in series) for number in range(len(buckets))]
    top = _round_top(max(sums, default=0), unit)
    told = [
        "\n".join([f"{name}: {worded(total)}", *_lines(series, number, worded)])
        for number, (name, total) in enumerate(zip(buckets, sums, strict=True))
    ]
    pictures = [
        _picture("wide", 1000, 300, 12, buckets, series, told, top, worded),
        _picture("tall", 350, 240, 3, buckets, series, told, top, worded),
    ]
    rows = [
        (name, [worded(one.values[number]) for one in series])
        for number, name in enumerate(buckets)
    ]
    most, latest = worded(max(sums, default=0)), worded(sums[-1] if sums else 0)
    return Chart(title, tuple(series), pictures, rows, most, latest)


def _picture(
    shape: str,
    width: int,
    height: int,
    most_times: int,
    buckets: Sequence[str],
    series: Sequence[Series],
    told: Sequence[str],
    top: int,
    worded: Callable[[int], str],
) -> Picture:
    floor, room = height - _BOTTOM, height - _BOTTOM - _TOP
    step = (width - _LEFT - _RIGHT) / max(len(buckets), 1)
    gap = min(_GAP, step / 4)
    columns = []
    paths = [""] * len(series)
    for number, text in enumerate(told):
        x, level = _LEFT + number * step + gap / 2, floor
        for place, one in enumerate(series):
            tall = room * one.values[number] / top
            if tall > 0:
                level -= tall
                paths[place] += _rectangle(x, level, step - gap, tall)
        columns.append(Column(_rectangle(x, 0, step - gap, floor), text))
    pace = -(-len(buckets) // most_times) or 1
    times = []
    for number in range(0, len(buckets), pace):
        half = len(buckets[number]) * _SIGN_WIDTH / 2
        middle = _LEFT + (number + 0.5) * step
        times.append(Mark(_tenth(min(max(middle, half), width - half)), buckets[number]))
    levels = sorted({0, top // 2, top})
    return Picture(
        shape=shape,
        width=width,
        height=height,
        left=_LEFT,
        right=width - _RIGHT,
        floor=_tenth(floor),
        columns=columns,
        paths=paths,
        heights=[Mark(_tenth(floor - room * one / top), worded(one)) for one in levels],
        times=times,
    )


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z"


def _lines(series: Sequence[Series], number: int, worded: Callable[[int], str]) -> Sequence[str]:
    if len(series) == 1:
        return []
    return [f"{one.name}: {worded(one.values[number])}" for one in series if one.values[number]]


def _round_top(most: int, unit: str) -> int:
    """Give a round number above all columns."""
    scale = 1
    if unit == BYTES:
        while most > scale * 600:
            scale *= 1024
    step = 1
    while True:
        for factor in (1, 2, 4, 6, 10):
            top = factor * step * scale
            if top >= most and top > 1:
                return top
        step *= 10


def _tenth(number: float) -> float:
    return round(number, 1)
