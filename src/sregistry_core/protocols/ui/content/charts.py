"""Pulls over time, as bars for eyes and as rows for everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 52
_WIDTH, _HEIGHT, _GAP = 728, 96, 3


@dataclass(frozen=True, slots=True)
class Week:
    """The pulls of the seven days from `begins` on, and where their bar is drawn."""

    begins: date
    pulls: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PullChart:
    """Bars of a year, in the units of a picture of `width` by `height`."""

    weeks: Sequence[Week]
    most: int
    total: int
    width: int = _WIDTH
    height: int = _HEIGHT


def first_day(today: date) -> date:
    """Give the Monday on which the chart begins."""
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def pull_chart(pulls: Mapping[date, int], today: date) -> PullChart:
    """Give the chart of the pulls of a year, week by week."""
    begin = first_day(today)
    counts = [0] * WEEKS
    for day, count in pulls.items():
        week = (day - begin).days // 7
        if 0 <= week < WEEKS:
            counts[week] += count
    most = max(counts)
    step = _WIDTH / WEEKS
    weeks = []
    for number, count in enumerate(counts):
        height = round(max(_HEIGHT * count / most, 2), 1) if count else 0.0
        weeks.append(
            Week(
                begins=begin + timedelta(weeks=number),
                pulls=count,
                x=round(number * step + _GAP / 2, 1),
                y=round(_HEIGHT - height, 1),
                width=round(step - _GAP, 1),
                height=height,
            )
        )
    return PullChart(weeks, most, sum(counts))
