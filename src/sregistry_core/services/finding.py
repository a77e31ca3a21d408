"""Finds containers by words and filters, in several orders, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.models import Collection, Container, Image, SearchEntry, Star

from .access import Access
from .closeness import ANYWHERE, CALLED, OWN, PATH, Closeness
from .finding_keys import read_key, write_key
from .finding_wanted import Order, Wanted
from .search_words import FEW, at_most, facet, first, matches

COUNTED_TO = 1000
"""How far is counted exactly."""
_PATH = ("own", "path")
_AFTER_EVERY_HEX_DIGIT = "g"
_LARGEST = 1 << 62
_KINDS = {Order.NAME: str, Order.DATE: datetime}
"""What a key begins with that is no number."""


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
        """Give what is closest of much that fits: by `_columns`, one closeness after the other."""
        closeness = Closeness(self._db, wanted.text, wanted.words, wanted.facets)
        columns = [SearchEntry.pull_count, SearchEntry.number]
        found: list[Sequence[Any]] = []
        for close in (CALLED, OWN, PATH, ANYWHERE):
            if len(found) == limit or (bounds and close > bounds[0]):
                continue
            condition = closeness.of(close)
            if condition is None:
                continue
            query = self._fitting(
                select(literal(close), *_labelled(columns)).where(condition),
                wanted,
                has_words=close != ANYWHERE,
                is_broad=True,
            )
            after = bounds[1:] if bounds and close == bounds[0] else ()
            found += self._page(query, columns, after, limit - len(found))
        return found

    def _is_broad(self, wanted: Wanted) -> bool:
        """Tell whether so much fits that it had better be read in the order of the list."""
        if not wanted.has_words or self._few(wanted) is not None:
            return False
        return not self.count(wanted).is_exact

    def _few(self, wanted: Wanted) -> Sequence[int] | None:
        """Give the entries among which all that fits is, seen or not; None when they are many.

        They cost next to nothing, and spare a list of all collections that are seen.
        """
        if self._asked is None or self._asked[0] != wanted:
            words, named, facets = wanted.words, wanted.named, wanted.facets
            found: Sequence[int] | None = None
            # Bytes are found by no word.
            by_words = not wanted.digits
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
            .outerjoin(Collection.entity)
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
            number = self._number_of_first(wanted)
            if number is None:
                query = self._fitting(select(SearchEntry.number), wanted)
                some = query.limit(COUNTED_TO + 1).subquery()
                number = self._db.scalar(select(func.count()).select_from(some)) or 0
            self._counted = wanted, Count(min(number, COUNTED_TO), number <= COUNTED_TO)
        return self._counted[1]

    def _number_of_first(self, wanted: Wanted) -> int | None:
        """Count among the first that words find; None when that does not tell how many there are.

        Nobody sees less than all of these mostly, and the others need not be looked for.
        """
        is_narrow_token = self._access.caller.reach is not None
        if not wanted.is_by_words or is_narrow_token or self._few(wanted) is not None:
            return None
        some = first(self._db, wanted.words, wanted.facets, most=COUNTED_TO + 1).subquery()
        if self._access.sees_everybody:
            return self._db.scalar(select(func.count()).select_from(some)) or 0
        # Each by its key: PostgreSQL would read all entries otherwise.
        place = select(SearchEntry.collection_id).where(SearchEntry.number == some.c[0])
        is_seen = place.scalar_subquery().in_(self._seen_collections())
        numbers = select(func.count(), func.count().filter(is_seen)).select_from(some)
        looked_at, seen = self._db.execute(numbers).one()
        return seen if looked_at <= COUNTED_TO or seen == looked_at else None

    def _fitting(
        self,
        query: Select[Any],
        wanted: Wanted,
        *,
        has_words: bool = False,
        is_broad: bool = False,
    ) -> Select[Any]:
        """Narrow a query down to what fits.

        has_words   the query asks for the words of the text and for facets already
        is_broad    as `matches` has it
        """
        words, named, facets = wanted.words, wanted.named, wanted.facets
        if (wanted.text and not words) or (wanted.name and not named):
            return query.where(literal(False))
        few = self._few(wanted)
        is_narrow = wanted.has_words and not is_broad and few is None
        query = query.where(self._seen(is_narrow=is_narrow))
        if few is not None:
            query = query.where(SearchEntry.number.in_(few))
        elif (words or facets) and not has_words:
            fits = matches(self._db, words, facets, is_broad=is_broad)
            digits = wanted.digits
            if digits:
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
            inside = select(Container.id).join(Container.collection).outerjoin(Collection.entity)
            inside = inside.where(self._access.visible_containers())
            if is_narrow:
                return SearchEntry.container_id.in_(inside)
            return inside.where(Container.id == SearchEntry.container_id).exists()
        seen = self._seen_collections()
        if is_narrow:
            return SearchEntry.collection_id.in_(seen)
        return seen.where(Collection.id == SearchEntry.collection_id).exists()

    def _seen_collections(self) -> Select[str]:
        # Each has an entity. Joined so, PostgreSQL never begins with all entities, and asks for
        # none where what everybody sees is all that is seen.
        return select(Collection.id).outerjoin(Collection.entity).where(self._access.visible())

    def _columns(self, wanted: Wanted, order: Order) -> Sequence[Any]:
        """Give what a list is sorted by; the last of it is unique."""
        match order:
            case Order.NAME:
                return [SearchEntry.full_name, SearchEntry.number]
            case Order.PULLS:
                return [SearchEntry.pull_count, SearchEntry.number]
            case Order.DATE:
                return [SearchEntry.pushed_at, SearchEntry.number]
        words = wanted.words
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


def _labelled(columns: Sequence[Any]) -> Sequence[Any]:
    return [column.label(f"key_{place}") for place, column in enumerate(columns)]


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
