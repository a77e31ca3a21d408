"""What is used: storage and pulls over time, and which bytes are in several places."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from sregistry_core.contracts import Action
from sregistry_core.db.session import mark_changed
from sregistry_core.models import (
    Blob,
    Collection,
    CollectionDownloads,
    CollectionSummary,
    Container,
    DailyStorage,
    Entity,
    Image,
    MeasuredDay,
    Period,
    SharedBlob,
)

from .access import Access
from .quotas import measure_entities
from .usage_sums import measure_collections, pulls_of_collections

if TYPE_CHECKING:
    from . import Facilities

JOB = "storage.measure"
_OTHER_IMAGE, _OTHER = aliased(Image), aliased(Container)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class History:
    """Amounts by day: of the collections with most of it, by full name, and of all together.

    days   on which there is anything to tell
    """

    days: Sequence[date]
    largest: Mapping[str, Mapping[date, int]]
    total: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """What there is now; sizes in bytes.

    shared   of blobs that another collection has too; None where that would tell of collections
             that the caller may not see
    """

    collections: int
    images: int
    pulls: int
    size: int
    shared: int | None

    @property
    def unique(self) -> int | None:
        """Of blobs that nothing else has."""
        return None if self.shared is None else self.size - self.shared


class Usage:
    """Measures in a job, and tells everybody of what they may see.

    An `entity` or a `collection` confines a question to it; it was found by the caller before.
    """

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities
        self._most: tuple[str, bool] | None = None

    def measure(self) -> None:
        """Write down what every collection holds today; a second time replaces the first."""
        self._access.require_system()
        measure_collections(self._db, self._facilities.clock().date())
        measure_entities(self._db)
        mark_changed(self._db)

    def storage(
        self,
        spans: Sequence[Span],
        *,
        entity: Entity | None = None,
        collection: Collection | None = None,
        most: int,
    ) -> History:
        """Give what was held at the end of each span, by the `most` largest collections."""
        where = asked_for(self._access, entity, collection)
        days = measured_in(self._db, spans)
        if not days:
            return History([], {}, {})
        total = self._by_day(
            DailyStorage.day, DailyStorage.size, DailyStorage.day.in_(days), entity, collection
        )
        largest = self._named(
            select(Collection.id, DailyStorage.size.label("amount"))
            .select_from(DailyStorage)
            .join(Collection, Collection.id == DailyStorage.collection_id)
            .where(DailyStorage.day == days[-1]),
            where,
            most,
        )
        names = {row[2]: f"{row[0]}/{row[1]}" for row in largest}
        rows = self._db.execute(
            select(DailyStorage.collection_id, DailyStorage.day, DailyStorage.size).where(
                DailyStorage.collection_id.in_(names), DailyStorage.day.in_(days)
            )
        )
        return History(days, by_name(names, rows), total)

    def pulls(
        self,
        period: Period,
        spans: Sequence[Span],
        *,
        entity: Entity | None = None,
        collection: Collection | None = None,
        most: int,
    ) -> History:
        """Give the pulls of each span, on its first day, by the `most` that are pulled most.

        spans   each begins with a period
        """
        where = asked_for(self._access, entity, collection)
        key, day = CollectionDownloads.collection_id, CollectionDownloads.first_day
        asked = and_(
            CollectionDownloads.period == period, day.between(spans[0].first, spans[-1].last)
        )
        total = self._by_day(day, CollectionDownloads.count, asked, entity, collection)
        largest = self._named(pulls_of_collections(self._db, asked), where, most)
        names = {row[2]: f"{row[0]}/{row[1]}" for row in largest if row[3]}
        rows = self._db.execute(
            select(key, day, CollectionDownloads.count).where(asked, key.in_(names))
        )
        return History(sorted(total), by_name(names, rows), total)

    def first_day(
        self, *, entity: Entity | None = None, collection: Collection | None = None
    ) -> date | None:
        """Give the day on which the oldest collection was made that the caller may see."""
        made = self._db.scalar(
            select(func.min(Collection.created_at))
            .outerjoin(Entity, Entity.id == Collection.entity_id)
            .where(asked_for(self._access, entity, collection))
        )
        return made.date() if made is not None else None

    def totals(
        self, *, entity: Entity | None = None, collection: Collection | None = None
    ) -> Totals:
        """Give what there is now, as the summaries have it."""
        where = asked_for(self._access, entity, collection)
        row = self._db.execute(
            select(
                func.count(Collection.id),
                func.sum(CollectionSummary.image_count),
                func.sum(CollectionSummary.pull_count),
                func.sum(CollectionSummary.size),
            )
            .select_from(Collection)
            .outerjoin(Entity, Entity.id == Collection.entity_id)
            .outerjoin(CollectionSummary, CollectionSummary.collection_id == Collection.id)
            .where(where)
        ).one()
        count, images, pulls, size = (int(number or 0) for number in row)
        return Totals(count, images, pulls, size, self._shared(entity, collection))

    def _shared(self, entity: Entity | None, collection: Collection | None) -> int | None:
        """Sum up what others have too; of others only what the caller may see.

        Of the whole registry an administrator is told what was measured last: to look through
        everything takes long.
        """
        if entity is None and collection is None:
            if not self._access.sees_everybody:
                return None
            last = select(func.max(DailyStorage.day)).scalar_subquery()
            found = self._db.scalar(
                select(func.sum(DailyStorage.shared_size)).where(DailyStorage.day == last)
            )
            return int(found or 0)
        elsewhere = (
            select(_OTHER.id)
            .join(_OTHER_IMAGE, _OTHER_IMAGE.container_id == _OTHER.id)
            .join(Collection, Collection.id == _OTHER.collection_id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(
                _OTHER_IMAGE.blob_id == Blob.id,
                _OTHER.collection_id != Container.collection_id,
                self._access.visible(),
            )
            .correlate(Blob, Container)
        )
        held = (
            select(Container.collection_id, Blob.id, Blob.size)
            .join(Image, Image.container_id == Container.id)
            .join(Blob, Blob.id == Image.blob_id)
            .where(
                elsewhere.exists(), Container.collection_id.in_(self._within(entity, collection))
            )
            .distinct()
        )
        if collection is None:
            # An entity may hold most of what there is: looked at is what was found elsewhere too
            # when it was measured last.
            held = held.where(Image.blob_id.in_(select(SharedBlob.blob_id)))
        sums = select(func.sum(held.subquery().c.size))
        return int(self._db.scalar(sums) or 0)

    def _within(self, entity: Entity | None, collection: Collection | None) -> Select[str]:
        return (
            select(Collection.id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(asked_for(self._access, entity, collection))
        )

    def _by_day(
        self,
        day: InstrumentedAttribute[date],
        amount: InstrumentedAttribute[int],
        asked: ColumnElement[bool],
        entity: Entity | None,
        collection: Collection | None,
    ) -> Mapping[date, int]:
        """Sum up by day what may be seen, from an index alone.

        Of the whole registry, or of an entity that has most of it, that is everything without the
        rest: it is added up at once, and little is hidden from most.
        """
        table = day.class_
        sums = select(day.label("day"), func.sum(amount).label("sum")).where(asked).group_by(day)
        if collection is not None:
            found = self._db.execute(sums.where(table.collection_id == collection.id))
        elif entity is not None and not self._has_most(entity):
            found = self._db.execute(
                sums.where(table.collection_id.in_(self._within(entity, collection)))
            )
        else:
            # What is not true may be unknown as well, of an entity without a user.
            seen = case((asked_for(self._access, entity, None), 1), else_=0)
            hidden_ids = select(Collection.id).outerjoin(Entity).where(seen == 0)
            every = sums.subquery()
            hidden = sums.where(table.collection_id.in_(hidden_ids)).subquery()
            found = self._db.execute(
                select(every.c.day, every.c.sum - func.coalesce(hidden.c.sum, 0))
                .select_from(every)
                .outerjoin(hidden, hidden.c.day == every.c.day)
            )
        return {one: int(sum_) for one, sum_ in found if sum_}

    def _named(self, amounts: Any, where: ColumnElement[bool], most: int) -> Sequence[Any]:
        """Give entity, collection, its identifier and amount of those with the largest amounts.

        amounts   of collections: `id` and `amount`
        Names are looked up for what is given alone. To each collection there is an entity: where
        nothing is asked of it, an outer join is none for PostgreSQL.
        """
        chosen = (
            amounts.outerjoin(Entity, Entity.id == Collection.entity_id)
            .where(where)
            .order_by(literal_column("amount").desc(), Collection.name, Collection.id)
            .limit(most)
            .subquery()
        )
        return self._db.execute(
            select(Entity.name, Collection.name, Collection.id, chosen.c.amount)
            .select_from(chosen)
            .join(Collection, Collection.id == chosen.c.id)
            .join(Entity, Entity.id == Collection.entity_id)
            .order_by(chosen.c.amount.desc(), Entity.name, Collection.name)
        ).all()

    def _has_most(self, entity: Entity) -> bool:
        if self._most is None or self._most[0] != entity.id:
            own = func.count(case((Collection.entity_id == entity.id, 1)))
            has_most = select(own * 2 > func.count()).select_from(Collection)
            self._most = entity.id, bool(self._db.scalar(has_most))
        return self._most[1]


def asked_for(
    access: Access, entity: Entity | None, collection: Collection | None
) -> ColumnElement[bool]:
    """What is asked for and may be seen; the statement joins Collection with Entity."""
    if collection is not None:
        access.require(Action.READ, collection)
        return Collection.id == collection.id
    access.ask_policies(Action.READ, entity.name if entity is not None else "")
    visible = access.visible()
    return visible if entity is None else and_(visible, Collection.entity_id == entity.id)


def measured_in(db: Session, spans: Sequence[Span]) -> Sequence[date]:
    """Give the last day of each span on which there was a measurement.

    spans   from the oldest to the latest
    """
    if not spans:
        return []
    days = db.scalars(
        select(MeasuredDay.day)
        .where(MeasuredDay.day.between(spans[0].first, spans[-1].last))
        .order_by(MeasuredDay.day)
    ).all()
    places = [(one, bisect_right(days, one.last) - 1) for one in spans]
    return [days[place] for one, place in places if place >= 0 and days[place] >= one.first]


def by_name(names: Mapping[str, str], rows: Any) -> Mapping[str, Mapping[date, int]]:
    """Give amounts by the name of the collection and the day, in the order of the names."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for collection, day, amount in rows:
        found[names[collection]][day] = int(amount)
    return {name: found[name] for name in names.values() if name in found}
