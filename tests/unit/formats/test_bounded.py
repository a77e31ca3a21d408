"""Parts of files and budgets: nothing outside is read, nothing is spent twice."""

import io

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.bounded import Budget, Part


def test_a_part_counts_from_its_own_start() -> None:
    whole = Part(io.BytesIO(b"0123456789"), 0, 10, Budget())

    assert whole.part(2, 6).part(1, 3).read_at(1, 2) == b"45"


@pytest.mark.parametrize(("place", "count"), [(-1, 1), (0, 5), (4, 1), (0, -1), (2**63, 1)])
def test_what_is_outside_of_a_part_is_not_read(place: int, count: int) -> None:
    part = Part(io.BytesIO(b"0123456789"), 2, 4, Budget())

    with pytest.raises(NotAnImage, match="there are only 4"):
        part.read_at(place, count)


@pytest.mark.parametrize(("place", "size"), [(-1, 2), (0, 5), (5, 0)])
def test_a_part_of_a_part_lies_inside(place: int, size: int) -> None:
    part = Part(io.BytesIO(b"0123456789"), 2, 4, Budget())

    with pytest.raises(NotAnImage, match="there are only 4"):
        part.part(place, size)


def test_no_more_bytes_are_read_than_the_budget_has() -> None:
    part = Part(io.BytesIO(b"0123456789"), 0, 10, Budget(bytes_left=7))
    part.read_at(0, 7)

    with pytest.raises(NotAnImage, match="too many bytes would have to be read"):
        part.read_at(0, 1)


def test_no_more_is_inflated_or_looked_at_than_the_budget_has() -> None:
    budget = Budget(inflated_left=5, steps_left=1)
    budget.spend_inflated(5)
    budget.spend_steps()

    with pytest.raises(NotAnImage, match="inflated"):
        budget.spend_inflated(1)
    with pytest.raises(NotAnImage, match="directory entries"):
        budget.spend_steps()
