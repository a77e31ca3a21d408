"""Pages of a list: by key, so that a page stays right while others push."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pyramid.request import Request

from sregistry_core.errors import Malformed

USUAL_LIMIT = 100
LARGEST_LIMIT = 1000
_MOST_DIGITS = 9

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page is asked for: `limit` entries after the key `after`."""

    after: str
    limit: int


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """Entries, and the key after which the next page begins; None at the end."""

    entries: Sequence[_T]
    next_after: str | None


def read_page(request: Request) -> Asked:
    """Read `after` and `limit` of the query. Raises Malformed for a limit out of range."""
    limit = parse_limit(request.GET.get("limit", str(USUAL_LIMIT)), most=LARGEST_LIMIT)
    return Asked(request.GET.get("after", ""), limit)


def parse_limit(text: str, *, most: int) -> int:
    """Read how many entries are asked for. Raises Malformed unless it is between 1 and `most`."""
    # The first signs alone would tell nothing of a number that begins with zeros.
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if not is_number or not 1 <= int(text) <= most:
        raise Malformed(f"limit = {text[:40]} is not between 1 and {most}")
    return int(text)


def page_of(entries: Sequence[_T], asked: Asked, key: Callable[[_T], str]) -> Page[_T]:
    """Make a page of what was found with one entry more than asked for."""
    if len(entries) <= asked.limit:
        return Page(entries, None)
    shown = entries[: asked.limit]
    return Page(shown, key(shown[-1]))
