"""Pages of a list: by key, so that a page stays right while others push."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pyramid.request import Request

from sregistry_core.errors import Malformed

USUAL_LIMIT = 100
LARGEST_LIMIT = 1000

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
    text = request.params.get("limit", str(USUAL_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LARGEST_LIMIT:
        raise Malformed(f"limit = {text[:40]} is not between 1 and {LARGEST_LIMIT}")
    return Asked(request.params.get("after", ""), int(text))


def page_of(entries: Sequence[_T], asked: Asked, key: Callable[[_T], str]) -> Page[_T]:
    """Make a page of what was found with one entry more than asked for."""
    if len(entries) <= asked.limit:
        return Page(entries, None)
    shown = entries[: asked.limit]
    return Page(shown, key(shown[-1]))
