"""Finds containers by words and filters, in several orders, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.models import Collection, Container, Image, SearchEntry, Star

from .access import Access
from .finding_keys import read_key, write_key
from .search_words import PARTS, at_most, facet, matches, words_of

COUNTED_TO = 1000
"""How far is counted exactly."""
MOST_WORDS = 12
FEW = 100
"""So many entries are looked at one by one, each with its collection."""
_PATH = ("own", "path")
_DIGEST_DIGITS = 8
_AFTER_EVERY_HEX_DIGIT = "g"
_LARGEST = 1 << 62


class Order(StrEnum):
    """What comes first."""

    RELEVANCE = "relevance"
    PULLS = "pulls"
    DATE = "date"
    NAME = "name"


_KINDS = {Order.NAME: str, Order.DATE: datetime}
"""What a key begins with that is no number."""


class Worth(StrEnum):
    """What the signatures of an image are worth, as `Image.verification` says it."""

    VERIFIED = "verified"
    PARTIAL = "partial"
    UNKNOWN_KEY = "unknown_key"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; every part that is given must hold, each for some image of a container.

    text     beginnings of words in names, descriptions, topics, tags and values of labels; 8 digits
             or more of a digest find the bytes as well
    name     beginnings of words in the full name alone
    labels   names of labels, each with its value or None for any
    archs    any of these
    starred  only in collections that the caller has starred
    largest, smallest   of all images of the container together, in bytes
    since, until        of the last push, both days included, in UTC
    """

    text: str = ""
    name: str = ""
    labels: Sequence[tuple[str, str | None]] = ()
    archs: Sequence[str] = ()
    worth: Worth | None = None
    starred: bool = False
    entity: str = ""
    topic: str = ""
    smallest: int | None = None
    largest: int | None = None
    since: date | None = None
    until: date | None = None
    order: Order | None = None

    @property
    def in_order(self) -> Order:
        """The order asked for; without one by relevance where there is a text, else by date."""
        if self.order is Order.RELEVANCE and not self.text:
            return Order.DATE
        return self.order or (Order.RELEVANCE if self.text else Order.DATE)


@dataclass(frozen=True, slots=True)
class Page:
    """Containers that fit, and the key after which the next page begins; None at the end."""

    found: Sequence[SearchEntry]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many fit; there are more when it is not exact."""

    number: int
    is_exact: bool


class Finding:
    """Asks the index, which a job keeps: what was pushed a moment ago is found a moment later.

    Only what the caller may see is found and counted.
    """

    def __init__(self, db: Session, access: Access):
        self._db = db
        self._access = access
        self._counted: tuple[Wanted, Count] | None = None
        self._asked: tuple[Wanted, Sequence[int] | None] | None = None

    def containers(self, wanted: Wanted, *, after: str = "", limit: int = 25) -> Page:
        """Give containers that fit, with their collections and entities.

        after   the key after which to go on. Raises Malformed for what is no key of this order.
        """
        self._access.ask_policies(Action.READ, "")
        order = wanted.in_order
        columns = self._columns(wanted, order)
        bounds = read_key(after, _KINDS.get(order, int), len(columns)) if after else ()
        is_broad = self._is_broad(wanted)
        if order is Order.RELEVANCE and is_broad:
            rows = self._closest(wanted, bounds, limit + 1)
        else:
            fitting = self._fitting(select(*_labelled(columns)), wanted, is_broad=is_broad)
            rows = self._page(fitting, columns, bounds, limit + 1, is_rising=order is Order.NAME)
        shown = rows[:limit]
        entries = self._entries([row[-1] for row in shown])
        return Page(
            [
                entry
                for entry in entries
                if not self._access.is_kept_from(Action.READ, entry.full_name)
            ],
            write_key(shown[-1]) if len(rows) > limit else None,
        )

    def _page(
        self,
        query: Select[Any],
        columns: Sequence[Any],
        bounds: Sequence[Any],
        limit: int,
        *,
        is_rising: bool = False,
    ) -> Sequence[Sequence[Any]]:
        if bounds:
            here = tuple_(*columns)
            there = tuple_(
                *(
                    literal(bound, column.type)
                    for bound, column in zip(bounds, columns, strict=True)
                )
            )
            query = query.where(here > there if is_rising else here < there)
        in_order = columns if is_rising else [column.desc() for column in columns]
        return self._db.execute(query.order_by(*in_order).limit(limit)).all()

    def _closest(
        self, wanted: Wanted, bounds: Sequence[Any], limit: int
    ) -> Sequence[Sequence[Any]]:
        """Give what is closest of much that fits: by `_columns`, one closeness after the other.

        All that fits would have to be sorted otherwise, and of the best there are enough mostly.
        """
        words = words_of(wanted.text)[:MOST_WORDS]
        own = matches(self._db, words, parts=("own",), is_broad=True)
        path = matches(self._db, words, parts=_PATH, is_broad=True)
        is_called = SearchEntry.name == wanted.text.strip().lower()
        columns = [SearchEntry.pull_count, SearchEntry.number]
        found: list[Sequence[Any]] = []
        for closeness, parts, condition in (
            (3, ("own",), is_called),
            (2, ("own",), ~is_called),
            (1, _PATH, ~own),
            (0, (), ~path),
        ):
            if len(found) == limit or (bounds and closeness > bounds[0]):
                continue
            query = self._fitting(
                select(literal(closeness), *_labelled(columns)), wanted, parts=parts, is_broad=True
            )
            after = bounds[1:] if bounds and closeness == bounds[0] else ()
            found += self._page(query.where(condition), columns, after, limit - len(found))
        return found

    def _is_broad(self, wanted: Wanted) -> bool:
        """Tell whether so much fits that it had better be read in the order of the list."""
        if not _has_words(wanted) or self._few(wanted) is not None:
            return False
        return not self.count(wanted).is_exact

    def _few(self, wanted: Wanted) -> Sequence[int] | None:
        """Give the entries among which all that fits is, seen or not; None when they are many.

        They cost next to nothing, and spare a list of all collections that are seen.
        """
        if self._asked is None or self._asked[0] != wanted:
            words = words_of(wanted.text)[:MOST_WORDS]
            named = words_of(wanted.name)[:MOST_WORDS]
            facets = _facets(wanted)
            found: Sequence[int] | None = None
            # Bytes are found by no word.
            by_words = not _digits_of(wanted.text)
            if by_words and (words or facets):
                found = at_most(self._db, words, facets, most=FEW)
            elif by_words and named:
                found = at_most(self._db, named, parts=_PATH, most=FEW)
            self._asked = wanted, found
        return self._asked[1]

    def _entries(self, numbers: Sequence[int]) -> Sequence[SearchEntry]:
        """Give entries in an order. Whole rows are read for what is shown alone."""
        rows = self._db.scalars(
            select(SearchEntry)
            .join(SearchEntry.container)
            .join(Container.collection)
            .join(Collection.entity)
            .options(
                contains_eager(SearchEntry.container)
                .contains_eager(Container.collection)
                .contains_eager(Collection.entity)
            )
            .where(SearchEntry.number.in_(numbers))
        ).unique()
        found = {row.number: row for row in rows}
        return [found[number] for number in numbers if number in found]

    def count(self, wanted: Wanted) -> Count:
        """Count what fits, exactly up to COUNTED_TO."""
        self._access.ask_policies(Action.READ, "")
        if self._counted is None or self._counted[0] != wanted:
            query = self._fitting(select(SearchEntry.number), wanted)
            some = query.limit(COUNTED_TO + 1).subquery()
            number = self._db.scalar(select(func.count()).select_from(some)) or 0
            self._counted = wanted, Count(min(number, COUNTED_TO), number <= COUNTED_TO)
        return self._counted[1]

    def _fitting(
        self,
        query: Select[Any],
        wanted: Wanted,
        *,
        parts: Sequence[str] = (),
        is_broad: bool = False,
    ) -> Select[Any]:
        """Narrow a query down to what fits.

        parts      where the words of the text stand; none for everywhere, digests included
        is_broad   as `matches` has it
        """
        words = words_of(wanted.text)[:MOST_WORDS]
        named = words_of(wanted.name)[:MOST_WORDS]
        facets = list(_facets(wanted))
        if (wanted.text and not words) or (wanted.name and not named):
            return query.where(literal(False))
        few = self._few(wanted)
        is_narrow = _has_words(wanted) and not is_broad and few is None
        query = query.where(self._seen(is_narrow=is_narrow))
        if few is not None:
            query = query.where(SearchEntry.number.in_(few))
        elif words or facets:
            fits = matches(self._db, words, facets, parts=parts or PARTS, is_broad=is_broad)
            digits = _digits_of(wanted.text)
            if digits and not parts:
                start = f"sha256:{digits}"
                of_bytes = select(Image.container_id).where(
                    Image.blob_id.is_not(None),
                    Image.digest >= start,
                    Image.digest < start + _AFTER_EVERY_HEX_DIGIT,
                )
                has_facets = [matches(self._db, (), facets)] if facets else []
                of_bytes_too = and_(SearchEntry.container_id.in_(of_bytes), *has_facets)
                query = query.where(or_(fits, of_bytes_too))
            else:
                query = query.where(fits)
        if named:
            query = query.where(matches(self._db, named, parts=_PATH, is_broad=is_broad))
        if len(wanted.archs) > 1:
            archs = [
                matches(self._db, (), [facet("arch", arch)], is_broad=is_broad)
                for arch in wanted.archs
            ]
            query = query.where(or_(*archs))
        if wanted.starred:
            mine = select(Star.collection_id).where(Star.user_id == self._access.caller.user_id)
            query = query.where(SearchEntry.collection_id.in_(mine))
        if wanted.smallest is not None:
            query = query.where(SearchEntry.size >= min(wanted.smallest, _LARGEST))
        if wanted.largest is not None:
            query = query.where(SearchEntry.size <= min(wanted.largest, _LARGEST))
        if wanted.since is not None:
            query = query.where(SearchEntry.pushed_at >= _morning(wanted.since))
        if wanted.until is not None and wanted.until < date.max:
            query = query.where(SearchEntry.pushed_at < _morning(wanted.until + timedelta(days=1)))
        return query

    def _seen(self, *, is_narrow: bool) -> ColumnElement[bool]:
        """Give the condition that the caller may see an entry.

        is_narrow   words choose what is looked at: all that is seen is then found once. Without
                    them a list is read in its order until there is enough, and asks for each,
                    and so does a list of few.
        """
        if self._access.caller.reach is not None:
            inside = select(Container.id).join(Container.collection).join(Collection.entity)
            inside = inside.where(self._access.visible_containers())
            if is_narrow:
                return SearchEntry.container_id.in_(inside)
            return inside.where(Container.id == SearchEntry.container_id).exists()
        seen = select(Collection.id).join(Collection.entity).where(self._access.visible())
        if is_narrow:
            return SearchEntry.collection_id.in_(seen)
        return seen.where(Collection.id == SearchEntry.collection_id).exists()

    def _columns(self, wanted: Wanted, order: Order) -> Sequence[Any]:
        """Give what a list is sorted by; the last of it is unique."""
        match order:
            case Order.NAME:
                return [SearchEntry.full_name, SearchEntry.number]
            case Order.PULLS:
                return [SearchEntry.pull_count, SearchEntry.number]
            case Order.DATE:
                return [SearchEntry.pushed_at, SearchEntry.number]
        words = words_of(wanted.text)[:MOST_WORDS]
        if not words:
            return [SearchEntry.pull_count, SearchEntry.number]
        # What is called so comes first, then what is in a place called so, then what speaks of it.
        closeness = case(
            (SearchEntry.name == wanted.text.strip().lower(), 3),
            (matches(self._db, words, parts=("own",)), 2),
            (matches(self._db, words, parts=_PATH), 1),
            else_=0,
        )
        return [closeness, SearchEntry.pull_count, SearchEntry.number]


def _has_words(wanted: Wanted) -> bool:
    """Tell whether words or facets choose what is looked at."""
    return bool(
        words_of(wanted.text) or words_of(wanted.name) or wanted.archs or [*_facets(wanted)]
    )


def _labelled(columns: Sequence[Any]) -> Sequence[Any]:
    return [column.label(f"key_{place}") for place, column in enumerate(columns)]


def _facets(wanted: Wanted) -> Sequence[str]:
    found = [
        facet("label", name) if value is None else facet("label", name, value)
        for name, value in wanted.labels
    ]
    if len(wanted.archs) == 1:
        found.append(facet("arch", wanted.archs[0]))
    if wanted.worth is not None:
        found.append(facet("worth", wanted.worth))
    if wanted.entity:
        found.append(facet("entity", wanted.entity))
    if wanted.topic:
        found.append(facet("topic", wanted.topic))
    return found


def _digits_of(text: str) -> str:
    """Give the digits of what is a digest or the beginning of one, else nothing."""
    digits = text.lower().removeprefix("sha256:").removeprefix("sha256.")
    is_digest = len(digits) >= _DIGEST_DIGITS and all(sign in "0123456789abcdef" for sign in digits)
    return digits if is_digest else ""


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
