"""Rectangles are divided without gaps, in proportion, and into pieces that are near to squares."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from sregistry_core.protocols.ui.see.squares import Rectangle, divide

WITHIN = Rectangle(0, 0, 1000, 560)


@settings(max_examples=60)
@example([524864615, 1])
@given(some.lists(some.integers(1, 10**12), min_size=1, max_size=80))
def test_areas_are_in_proportion_and_lie_within(sizes):
    sizes.sort(reverse=True)
    places = divide(sizes, WITHIN)
    whole = WITHIN.width * WITHIN.height
    assert len(places) == len(sizes)
    for size, place in zip(sizes, places, strict=True):
        assert place.width * place.height == pytest.approx(whole * size / sum(sizes), abs=1e-3)
        assert -1e-6 <= place.x <= place.x + place.width <= WITHIN.width + 1e-6
        assert -1e-6 <= place.y <= place.y + place.height <= WITHIN.height + 1e-6


def test_no_two_overlap():
    places = divide([90, 40, 30, 20, 20, 10, 5, 5, 1], WITHIN)
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            beside = one.x + one.width <= other.x + 1e-6 or other.x + other.width <= one.x + 1e-6
            below = one.y + one.height <= other.y + 1e-6 or other.y + other.height <= one.y + 1e-6
            assert beside or below


def test_equal_sizes_are_nearly_square():
    for place in divide([1] * 24, WITHIN):
        assert 1 / 2 < place.width / place.height < 2


def test_what_has_no_size_has_no_area():
    assert divide([0, 0], WITHIN) == [Rectangle(0, 0, 0, 0)] * 2
    assert divide([], WITHIN) == []
    big, nothing = divide([5, 0], WITHIN)
    assert (big.width, big.height) == (1000, 560)
    assert nothing.width * nothing.height == 0
