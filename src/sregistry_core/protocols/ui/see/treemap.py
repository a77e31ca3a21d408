"""The map of sizes: what is in a place, as tiles whose areas are its bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sregistry_core.services.sizes import Sized, Sizes

from ..amounts import in_bytes, in_percent
from .squares import Rectangle, divide

SHOWN = 60
_WIDE, _TALL = Rectangle(0, 0, 1000, 560), Rectangle(0, 0, 350, 520)
_EDGE = 1.5
_SIGN_WIDTH, _LINE, _INSET = 7.6, 18, 8
_TONES = 6
SMALLEST_TARGET = 26
"""In units of the picture, which are about those of the page: WCAG 2.2 asks for 24."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A tile or a row: something with a size, or all others together.

    href    where it leads; what is in it, or its page
    name    without the place that it is in
    tone    of its colour
    """

    name: str
    href: str
    size: int
    share: str
    images: int
    tone: int
    is_others: bool = False

    @property
    def told(self) -> str:
        """What is told of it in one line."""
        return f"{self.name}: {in_bytes(self.size)}, {self.share}"


@dataclass(frozen=True, slots=True)
class Tile:
    """An entry, where it is drawn, and as much of its name as has room."""

    entry: Entry
    x: float
    y: float
    width: float
    height: float
    words: Sequence[str]

    @property
    def can_be_hit(self) -> bool:
        """True when a finger hits it; what is smaller leads on from the table alone."""
        return min(self.width, self.height) >= SMALLEST_TARGET


@dataclass(frozen=True, slots=True)
class Map:
    """A picture of tiles, in the units of its own size; `shape` is `wide` or `tall`."""

    shape: str
    width: float
    height: float
    tiles: Sequence[Tile]


def entries_of(sizes: Sizes, *, above: str) -> Sequence[Entry]:
    """Give the entries of a place.

    above   the name of the place with a slash, which is left out of the names
    """
    found = []
    owners: dict[str, int] = {}
    for one in sizes.largest:
        name = one.name.removeprefix(above)
        # Collections of one owner share a colour; within a place there is but one.
        owner = name.partition("/")[0] if "/" in name else ""
        tone = owners.setdefault(owner, len(owners) % _TONES)
        found.append(
            Entry(
                name=_label(name, one),
                href=_address(one),
                size=one.size,
                share=in_percent(one.size, sizes.size),
                images=one.images,
                tone=tone,
            )
        )
    return found


def others_of(sizes: Sizes, *, name: str, more: str, before: int) -> Entry:
    """Give the entry of all that is not named; `before` bytes were on the pages before."""
    named = sum(one.size for one in sizes.largest)
    left = max(sizes.size - before - named, 0)
    return Entry(
        name=name,
        href=more,
        size=left,
        share=in_percent(left, sizes.size),
        images=0,
        tone=0,
        is_others=True,
    )


def maps_of(entries: Sequence[Entry]) -> Sequence[Map]:
    """Draw entries, largest first, in both shapes."""
    return [_map("wide", _WIDE, entries), _map("tall", _TALL, entries)]


def _map(shape: str, within: Rectangle, entries: Sequence[Entry]) -> Map:
    # A tile without area could not be met with the keyboard or the mouse.
    drawn = [entry for entry in entries if entry.size > 0]
    places = divide([entry.size for entry in drawn], within)
    tiles = [
        Tile(
            entry=entry,
            x=round(place.x + _EDGE, 1),
            y=round(place.y + _EDGE, 1),
            width=round(max(place.width - 2 * _EDGE, 1), 1),
            height=round(max(place.height - 2 * _EDGE, 1), 1),
            words=_words(entry, place),
        )
        for entry, place in zip(drawn, places, strict=True)
    ]
    return Map(shape, within.width, within.height, tiles)


def _words(entry: Entry, place: Rectangle) -> Sequence[str]:
    signs = int((place.width - 2 * _INSET) / _SIGN_WIDTH)
    lines = int((place.height - _INSET) / _LINE)
    if signs < 4 or lines < 1:
        return ()
    wanted = (entry.name, in_bytes(entry.size))[:lines]
    return tuple(
        one if len(one) <= signs else f"{one[: signs - 1]}…"
        for number, one in enumerate(wanted)
        if not number or len(one) <= signs
    )


def _label(name: str, one: Sized) -> str:
    if one.digest is None:
        return name
    return one.tag or one.digest[:19]


def _address(one: Sized) -> str:
    if one.digest is None:
        return f"/{one.name}/-/treemap"
    return f"/{one.name}:{one.tag}" if one.tag else f"/{one.name}@{one.digest}"
