"""What was measured, as a plain table: the median of all rounds, and targets reached or missed."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Figure:
    """One thing that is measured in every round."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle one of all rounds."""
        return median(self.values)


@dataclass(frozen=True)
class Target:
    """What a figure has to reach."""

    name: str
    found: float
    compare: Callable[[float, float], bool]
    wanted: float
    unit: str

    @property
    def reached(self) -> bool:
        """Whether it does."""
        return self.compare(self.found, self.wanted)

    @property
    def row(self) -> Sequence[str]:
        """One line of the table."""
        sign = ">=" if self.compare is operator.ge else "<"
        wanted = f"{sign} {self.wanted:g} {self.unit}".strip()
        found = f"{self.found:.2f} {self.unit}".strip()
        return [self.name, found, wanted, "reached" if self.reached else "MISSED"]


class Figures:
    """All figures, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._figures: dict[str, Figure] = {}

    def add(self, name: str, value: float, unit: str) -> None:
        """Note what one round has found."""
        self._figures.setdefault(name, Figure(name, unit)).values.append(value)

    def median(self, name: str) -> float:
        """The median of a figure."""
        return self._figures[name].median

    def ratio(self, above: str, below: str) -> float:
        """The median of the ratios of two figures, round by round."""
        pairs = zip(self._figures[above].values, self._figures[below].values, strict=True)
        return median(one / other for one, other in pairs)

    def medians(self) -> list[tuple[str, str]]:
        """Name and median of each, in their order."""
        return [(one.name, _shown(one.median)) for one in self._figures.values()]

    def all(self) -> Sequence[Figure]:
        """All of them."""
        return list(self._figures.values())

    def rows(self) -> list[Sequence[str]]:
        """Name, median, lowest, highest and unit of each."""
        return [
            [
                one.name,
                _shown(one.median),
                _shown(min(one.values)),
                _shown(max(one.values)),
                one.unit,
            ]
            for one in self._figures.values()
        ]


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns; all but the first and the last are set right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = [
            text.ljust(width) if column in (0, len(head) - 1) else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    print()


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"
