"""Stretches of time that amounts of days are gathered in: days, weeks or months."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sregistry_core.errors import Malformed
from sregistry_core.models import Period

from .usage import History, Span

RANGES: Final = ("30d", "90d", "1y", "all")
"""How far back one may look: by days, by weeks, and twice by months."""
PERIODS: Final = {
    "30d": Period.DAY,
    "90d": Period.WEEK,
    "1y": Period.MONTH,
    "all": Period.MONTH,
}
"""What the spans of each range begin with."""
OTHERS: Final = "others"
_DAYS, _WEEKS, _MONTHS, _MOST_MONTHS = 30, 13, 12, 120
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Amounts of each span: of some collections by name, and of all that is left."""

    spans: Sequence[Span]
    largest: Mapping[str, Sequence[int]]
    others: Sequence[int]

    @property
    def totals(self) -> Sequence[int]:
        """Of each span."""
        return [
            rest + sum(one[number] for one in self.largest.values())
            for number, rest in enumerate(self.others)
        ]


def spans_of(range_name: str, today: date, first: date | None) -> Sequence[Span]:
    """Give the spans of one of RANGES, up to today.

    first   the earliest day of which there is anything to tell
    Raises Malformed for another range.
    """
    if range_name == "30d":
        days = [today - _DAY * back for back in reversed(range(_DAYS))]
        return [Span(day, day) for day in days]
    if range_name == "90d":
        monday = today - _DAY * today.weekday()
        weeks = [monday - _WEEK * back for back in reversed(range(_WEEKS))]
        return [Span(week, min(week + _WEEK - _DAY, today)) for week in weeks]
    if range_name == "1y":
        return _months(today, _MONTHS)
    if range_name == "all":
        begin = first or today
        count = (today.year - begin.year) * 12 + today.month - begin.month + 1
        return _months(today, min(max(count, 1), _MOST_MONTHS))
    raise Malformed(f"range = {range_name[:40]} is none of {', '.join(RANGES)}")


def summed(history: History, spans: Sequence[Span]) -> Gathered:
    """Add the days of each span up, as is right for pulls. The spans come one after the other."""
    firsts = [one.first for one in spans]

    def amounts(by_day: Mapping[date, int]) -> Sequence[int]:
        found = [0] * len(spans)
        for day, amount in by_day.items():
            number = bisect_right(firsts, day) - 1
            if number >= 0 and day <= spans[number].last:
                found[number] += amount
        return found

    return _gathered(history, spans, amounts)


def latest(history: History, spans: Sequence[Span]) -> Gathered:
    """Take the last measurement of each span, as is right for storage.

    A span without one has that of the span before it: nothing was lost, nobody has measured.
    """
    last_days = [
        max((day for day in history.days if one.first <= day <= one.last), default=None)
        for one in spans
    ]

    def amounts(by_day: Mapping[date, int]) -> Sequence[int]:
        found: list[int] = []
        for day in last_days:
            before = found[-1] if found else 0
            found.append(before if day is None else by_day.get(day, 0))
        return found

    return _gathered(history, spans, amounts)


def _gathered(
    history: History, spans: Sequence[Span], amounts: Callable[[Mapping[date, int]], Sequence[int]]
) -> Gathered:
    largest = {name: amounts(by_day) for name, by_day in history.largest.items()}
    rest = list(amounts(history.total))
    for one in largest.values():
        rest = [left - amount for left, amount in zip(rest, one, strict=True)]
    return Gathered(spans, largest, rest)


def _months(today: date, count: int) -> Sequence[Span]:
    months = []
    begin = today.replace(day=1)
    end = today
    for _ in range(count):
        months.append(Span(begin, end))
        end = begin - _DAY
        begin = end.replace(day=1)
    return months[::-1]
