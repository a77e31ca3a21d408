"""Collections as people browse them: with what they add up to, in several orders."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed
from sregistry_core.models import Collection, CollectionSummary, Entity

from .access import Access, name_of

_FORMAT = "%Y%m%d%H%M%S%f"
_MOST_DIGITS = 18


class ShelfOrder(StrEnum):
    """What comes first."""

    NAME = "name"
    DATE = "date"
    PULLS = "pulls"
    STARS = "stars"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection, and what it adds up to."""

    collection: Collection
    summary: CollectionSummary

    @property
    def name(self) -> str:
        """The full name."""
        return name_of(self.collection)


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """Collections, and the key after which the next page begins; None at the end."""

    shelves: Sequence[Shelf]
    next_after: str | None


_SORTED_BY = {
    ShelfOrder.DATE: CollectionSummary.pushed_at,
    ShelfOrder.PULLS: CollectionSummary.pull_count,
    ShelfOrder.STARS: CollectionSummary.star_count,
}


class Shelves:
    """Lists collections that the caller may see."""

    def __init__(self, db: Session, access: Access):
        self._db = db
        self._access = access

    def browse(
        self,
        order: ShelfOrder = ShelfOrder.NAME,
        *,
        mine: bool = False,
        after: str = "",
        limit: int = 25,
    ) -> ShelfPage:
        """Give collections in an order; all but the names from the greatest on.

        mine    only those that the caller owns, or has a role in
        after   the key after which to go on. Raises Malformed for what is no key of this order.
        By date are those alone that something was pushed to; by pulls and stars, that a job has
        summed up.
        """
        self._access.ask_policies(Action.READ, "")
        # Keys alone are put into order, and whole rows are read for what is shown.
        shown = select(Collection.id).join(Collection.entity).where(self._access.visible())
        if mine:
            shown = shown.where(self._access.belonging())
        sorted_by = _SORTED_BY.get(order)
        columns: Sequence[Any]
        query: Select[Any]
        if sorted_by is None:
            columns = [Entity.name, Collection.name]
            query = shown.add_columns(*columns).order_by(*columns)
        else:
            columns = [sorted_by, CollectionSummary.collection_id]
            seen = shown.where(Collection.id == CollectionSummary.collection_id).exists()
            query = select(CollectionSummary.collection_id).where(seen)
            query = query.order_by(*(column.desc() for column in columns))
            if order is ShelfOrder.DATE:
                query = query.where(CollectionSummary.pushed_at.is_not(None))
        if after:
            bounds = _read_key(after, order)
            here = tuple_(*columns)
            there = tuple_(
                *(literal(bound, one.type) for bound, one in zip(bounds, columns, strict=True))
            )
            query = query.where(here > there if sorted_by is None else here < there)
        keys = self._db.scalars(query.limit(limit + 1)).all()
        found = self._shelves(keys[:limit])
        return ShelfPage(
            [one for one in found if not self._access.is_kept_from(Action.READ, one.name)],
            _write_key(found[-1], order) if len(keys) > limit else None,
        )

    def _shelves(self, keys: Sequence[str]) -> Sequence[Shelf]:
        """Give shelves in the order of their keys."""
        rows = self._db.execute(
            select(Collection, CollectionSummary)
            .join(Collection.entity)
            .outerjoin(CollectionSummary, CollectionSummary.collection_id == Collection.id)
            .options(contains_eager(Collection.entity))
            .where(Collection.id.in_(keys))
        ).all()
        found = {row[0].id: Shelf(row[0], row[1] or _nothing(row[0])) for row in rows}
        return [found[key] for key in keys if key in found]

    def of(self, collections: Several[Collection]) -> Mapping[str, CollectionSummary]:
        """Give what some collections add up to, by their identifiers; zeros for what is new.

        What the caller may not see is left out.
        """
        keys = (
            select(Collection.id)
            .join(Collection.entity)
            .where(Collection.id.in_([one.id for one in collections]), self._access.visible())
        )
        seen = set(self._db.scalars(keys))
        rows = self._db.scalars(
            select(CollectionSummary).where(CollectionSummary.collection_id.in_(seen))
        )
        known = {row.collection_id: row for row in rows}
        return {one.id: known.get(one.id) or _nothing(one) for one in collections if one.id in seen}


def _nothing(collection: Collection) -> CollectionSummary:
    return CollectionSummary(
        collection_id=collection.id,
        container_count=0,
        image_count=0,
        size=0,
        pull_count=0,
        star_count=0,
    )


def _write_key(shelf: Shelf, order: ShelfOrder) -> str:
    summary = shelf.summary
    match order:
        case ShelfOrder.NAME:
            return shelf.name
        case ShelfOrder.DATE:
            first = summary.pushed_at.strftime(_FORMAT) if summary.pushed_at else ""
        case ShelfOrder.PULLS:
            first = str(summary.pull_count)
        case ShelfOrder.STARS:
            first = str(summary.star_count)
    return f"{first}~{summary.collection_id}"


def _read_key(text: str, order: ShelfOrder) -> Sequence[object]:
    if order is ShelfOrder.NAME:
        entity, _, collection = text.partition("/")
        return [entity, collection]
    first, _, identifier = text.partition("~")
    try:
        if order is ShelfOrder.DATE:
            return [datetime.strptime(first, _FORMAT).replace(tzinfo=UTC), identifier]
        if first.isascii() and first.isdigit() and len(first) <= _MOST_DIGITS:
            return [int(first), identifier]
    except ValueError:
        pass
    raise Malformed(f"after = {text[:80]!r} is no key of this list")
