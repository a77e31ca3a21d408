"""Days are gathered in days, weeks and months without losing one or counting one twice."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from sregistry_core.errors import Malformed
from sregistry_core.services.buckets import RANGES, latest, spans_of, summed
from sregistry_core.services.usage import History, Span

TODAY = date(2026, 3, 4)


@pytest.mark.parametrize("name", RANGES)
def test_spans_follow_each_other_up_to_today(name):
    spans = spans_of(name, TODAY, date(2023, 11, 20))
    assert spans[-1].last == TODAY
    for one, following in pairwise(spans):
        assert one.first <= one.last
        assert one.last + timedelta(days=1) == following.first


def test_there_are_as_many_as_a_chart_has_room_for():
    assert len(spans_of("30d", TODAY, None)) == 30
    assert len(spans_of("90d", TODAY, None)) == 13
    assert len(spans_of("1y", TODAY, None)) == 12
    assert len(spans_of("all", TODAY, date(2026, 1, 31))) == 3
    assert len(spans_of("all", TODAY, None)) == 1
    assert len(spans_of("all", TODAY, date(1990, 1, 1))) == 120


def test_another_range_is_refused():
    with pytest.raises(Malformed, match="range = 2d is none of 30d, 90d, 1y, all"):
        spans_of("2d", TODAY, None)


def test_pulls_are_summed_up_and_what_is_not_named_is_left():
    spans = [Span(date(2026, 3, 1), date(2026, 3, 2)), Span(date(2026, 3, 3), date(2026, 3, 4))]
    total = {date(2026, 3, 1): 5, date(2026, 3, 2): 2, date(2026, 3, 4): 9, date(2026, 2, 1): 99}
    total[date(2026, 3, 5)] = 99
    history = History(sorted(total), {"ada/lab": {date(2026, 3, 1): 5}}, total)
    found = summed(history, spans)
    assert found.largest == {"ada/lab": [5, 0]}
    assert list(found.others) == [2, 9]
    assert found.totals == [7, 9]


def test_storage_is_the_last_measurement_of_a_span_or_that_of_the_span_before():
    days = [date(2026, 3, day) for day in (1, 2, 5)]
    spans = [Span(date(2026, 3, first), date(2026, 3, first + 1)) for first in (1, 3, 5)]
    history = History(
        days, {"a/b": dict(zip(days, (1, 2, 3), strict=True))}, dict.fromkeys(days, 9)
    )
    found = latest(history, spans)
    assert found.largest == {"a/b": [2, 2, 3]}
    assert list(found.others) == [7, 7, 6]
