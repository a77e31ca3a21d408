"""Storage and pulls of every collection, some collections at a time, for files that tell of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from sregistry_core.models import (
    Collection,
    CollectionDownloads,
    DailyStorage,
    Entity,
    Period,
)

from .access import Access
from .usage import History, Span, asked_for, by_name, measured_in


@dataclass(frozen=True, slots=True)
class Some:
    """Collections in the order of their names, and what they held or how they were pulled.

    history   without sums; collections of which there is nothing to tell are not in it
    last      entity and name of the last collection that was looked at; None at the end
    """

    history: History
    last: tuple[str, str] | None


class UsageRows:
    """Tells everybody of what they may see, as `Usage` does, and leaves nothing out.

    An `entity` or a `collection` confines a question to it; it was found by the caller before.
    """

    def __init__(self, db: Session, access: Access):
        self._db = db
        self._access = access

    def storage(
        self,
        spans: Sequence[Span],
        *,
        entity: Entity | None = None,
        collection: Collection | None = None,
        after: tuple[str, str] = ("", ""),
        limit: int,
    ) -> Some:
        """Give what was held at the end of each span by the collections that follow `after`."""
        where = asked_for(self._access, entity, collection)
        names, last = self._names(where, after, limit)
        days = measured_in(self._db, spans)
        rows = self._db.execute(
            select(DailyStorage.collection_id, DailyStorage.day, DailyStorage.size).where(
                DailyStorage.collection_id.in_(names), DailyStorage.day.in_(days)
            )
        )
        return Some(History(days, by_name(names, rows), {}), last)

    def pulls(
        self,
        period: Period,
        spans: Sequence[Span],
        *,
        entity: Entity | None = None,
        collection: Collection | None = None,
        after: tuple[str, str] = ("", ""),
        limit: int,
    ) -> Some:
        """Give the pulls of each span, on its first day, of the collections that follow `after`.

        spans   each begins with a period
        """
        where = asked_for(self._access, entity, collection)
        names, last = self._names(where, after, limit)
        day = CollectionDownloads.first_day
        rows = self._db.execute(
            select(CollectionDownloads.collection_id, day, CollectionDownloads.count).where(
                CollectionDownloads.collection_id.in_(names),
                CollectionDownloads.period == period,
                day.between(spans[0].first, spans[-1].last),
            )
        )
        return Some(History([], by_name(names, rows), {}), last)

    def _names(
        self, where: ColumnElement[bool], after: tuple[str, str], limit: int
    ) -> tuple[Mapping[str, str], tuple[str, str] | None]:
        """Give full names by identifier, and the last of them when others may follow."""
        entity, name = after
        found = self._db.execute(
            select(Collection.id, Entity.name, Collection.name)
            .select_from(Collection)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(
                where,
                Entity.name >= entity,
                or_(Entity.name > entity, and_(Entity.name == entity, Collection.name > name)),
            )
            .order_by(Entity.name, Collection.name)
            .limit(limit)
        ).all()
        last = (found[-1][1], found[-1][2]) if len(found) == limit else None
        return {row[0]: f"{row[1]}/{row[2]}" for row in found}, last
