"""When what is pushed: the days of the past on which the releases of a catalogue came out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from .catalogue import Catalogue, Shelf, Ware

SPAN = timedelta(days=400)
"""How far back a registry of the demo goes."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Release:
    """One image of a ware, pushed for all its architectures.

    number   of the version whose image it is, from 0
    tags     the versions that point at it, and when they were set, the first one at `at`
    """

    shelf: Shelf
    ware: Ware
    number: int
    tags: tuple[tuple[str, datetime], ...]

    @property
    def at(self) -> datetime:
        """When it was pushed."""
        return self.tags[0][1]


def releases_of(catalogue: Catalogue, now: datetime, random: Random) -> list[Release]:
    """Give every release of a catalogue, the oldest first."""
    found = [
        release
        for shelf in catalogue.shelves
        for ware in shelf.wares
        for release in _of_ware(shelf, ware, now, random)
    ]
    return sorted(found, key=lambda release: release.at)


def _of_ware(shelf: Shelf, ware: Ware, now: datetime, random: Random) -> Iterator[Release]:
    first = now - SPAN + _DAY * (2 + random.random() * 200)
    last = now - _DAY * (random.random() ** 2 * 60)
    count = len(ware.versions)
    alone = random.random()
    dated = [
        (version, first + (last - first) * (number / (count - 1) if count > 1 else alone))
        for number, version in enumerate(ware.versions)
    ]
    pace = count // ware.builds if ware.builds else 1
    for number in range(0, count, pace):
        yield Release(shelf, ware, number, tuple(dated[number : number + pace]))
