"""Divides a rectangle into others whose areas are as given, as near to squares as they get.

Source: Bruls, Huizing and van Wijk, Squarified Treemaps, 2000.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A place in a picture."""

    x: float
    y: float
    width: float
    height: float


def divide(sizes: Sequence[float], within: Rectangle) -> Sequence[Rectangle]:
    """Give a rectangle for each size, in their order; they should come largest first.

    What has no size gets a rectangle without area.
    """
    whole = sum(sizes)
    if whole <= 0:
        return [Rectangle(within.x, within.y, 0, 0) for _ in sizes]
    scale = within.width * within.height / whole
    areas = [size * scale for size in sizes]
    found: list[Rectangle] = []
    free = within
    while len(found) < len(areas):
        side = min(free.width, free.height)
        row = areas[len(found) : len(found) + 1]
        for area in areas[len(found) + 1 :]:
            if _worst([*row, area], side) > _worst(row, side):
                break
            row.append(area)
        placed, free = _lay(row, free)
        found += placed
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """Give how far the worst of a row is from a square; 1 is one."""
    total = sum(row)
    if not total or not side:
        return 1.0
    smallest, largest = min(row), max(row)
    if not smallest:
        return float("inf")
    return max(side**2 * largest / total**2, total**2 / (side**2 * smallest))


def _lay(row: Sequence[float], free: Rectangle) -> tuple[Sequence[Rectangle], Rectangle]:
    """Lay a row along the shorter side; give it, and what is free then."""
    total = sum(row)
    placed = []
    if free.width >= free.height:
        width = min(total / free.height, free.width) if free.height else 0.0
        y = free.y
        for area in row:
            # A share of the side, not area / width: beside a large one a width has few digits left.
            height = free.height * (area / total) if total else 0.0
            placed.append(Rectangle(free.x, y, width, height))
            y += height
        left = max(free.width - width, 0.0)
        return placed, Rectangle(free.x + width, free.y, left, free.height)
    height = min(total / free.width, free.height) if free.width else 0.0
    x = free.x
    for area in row:
        width = free.width * (area / total) if total else 0.0
        placed.append(Rectangle(x, free.y, width, height))
        x += width
    left = max(free.height - height, 0.0)
    return placed, Rectangle(free.x, free.y + height, free.width, left)
