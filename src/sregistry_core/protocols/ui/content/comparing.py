"""Two images beside each other: what is the same, and what is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_LINES = 4000
"""Of each text; longer ones are only said to differ."""
_AROUND = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference.

    kind          `same`, `left` for what only the left one has, `right`, or `gap` for lines that
                  are the same and left out
    left, right   its number in either text
    """

    kind: str
    text: str
    left: int | None = None
    right: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts beside each other."""

    lines: Sequence[Line]
    is_same: bool
    is_too_long: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A value by its name in either image; None where one has none."""

    name: str
    left: str | None
    right: str | None

    @property
    def is_same(self) -> bool:
        """True when both have the same."""
        return self.left == self.right


def differences(left: str, right: str) -> Difference:
    """Compare two texts line by line."""
    if left == right:
        return Difference((), is_same=True)
    ours, theirs = left.splitlines(), right.splitlines()
    if len(ours) > MOST_LINES or len(theirs) > MOST_LINES:
        return Difference((), is_same=False, is_too_long=True)
    lines: list[Line] = []
    groups = SequenceMatcher(None, ours, theirs).get_grouped_opcodes(_AROUND)
    for number, group in enumerate(groups):
        if number:
            lines.append(Line("gap", ""))
        for kind, from_left, to_left, from_right, to_right in group:
            if kind == "equal":
                lines += [
                    Line("same", ours[place], place + 1, from_right + place - from_left + 1)
                    for place in range(from_left, to_left)
                ]
                continue
            lines += [
                Line("left", ours[place], left=place + 1) for place in range(from_left, to_left)
            ]
            lines += [
                Line("right", theirs[place], right=place + 1)
                for place in range(from_right, to_right)
            ]
    return Difference(lines, is_same=False)


def pairs(left: Mapping[str, str], right: Mapping[str, str]) -> Sequence[Pair]:
    """Compare two mappings by their names, in the order of those."""
    return [Pair(name, left.get(name), right.get(name)) for name in sorted({*left, *right})]
