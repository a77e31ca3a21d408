"""What containers and collections add up to, kept so that no list has to count."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import func, select, union, update
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.db.statements import insert_for
from sregistry_core.models import (
    Blob,
    Collection,
    CollectionDownloads,
    CollectionSummary,
    Container,
    ContainerSummary,
    DailyDownloads,
    Image,
    ManifestTag,
    Period,
    SearchEntry,
    Star,
    Tag,
)

from .access import Access
from .locking import lock_containers
from .outbox import SLOW, OutboxService
from .search_index import SearchIndex

CONTAINER_JOB = "containers.summarize"
COLLECTION_JOB = "collections.summarize"
EVERYTHING_JOB = "summaries.refresh"

_AT_ONCE = 100
"""Containers in one transaction: SQLite lets nobody else write meanwhile."""
_Row = TypeVar("_Row", ContainerSummary, CollectionSummary)


def container_changed(outbox: OutboxService, container: Container) -> None:
    """Have a container summed up anew, and its collection; also one that goes with this act.

    To be called in the transaction of whatever changes its name, description, images, tags or
    labels.
    """
    outbox.write_once(CONTAINER_JOB, container=container.id, collection=container.collection_id)


def collection_changed(outbox: OutboxService, collection_id: str) -> None:
    """Have a collection summed up anew: its name, description, topics, stars or owner changed."""
    outbox.write_once(COLLECTION_JOB, queue=SLOW, collection=collection_id)


def pulls_by_period(
    pulls: Mapping[tuple[str, date], int], collections: Mapping[str, str]
) -> Mapping[tuple[str, Period, date], int]:
    """Add pulls up by collection, period and its first day.

    pulls         by container and day
    collections   by the containers that are in them; a container without one is gone
    """
    found: Counter[tuple[str, Period, date]] = Counter()
    for (container, day), count in pulls.items():
        if container in collections:
            for period in Period:
                found[collections[container], period, period.first_day(day)] += count
    return found


class Summaries:
    """Recomputes the rows from the truth, in a worker; pulls are added as they are counted.

    A row is locked before the truth is read: of two that recompute it, the later one sees what
    the earlier one has seen, and pulls that are added meanwhile are not lost.
    """

    def __init__(self, db: Session, access: Access, outbox: OutboxService):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._index = SearchIndex(db)

    def container(self, *, container: str, collection: str) -> None:
        """Sum a container up, and the collection that it is or was in."""
        self._access.require_system()
        lock_containers(self._db, [container])
        self._outbox.begin_once(CONTAINER_JOB, container=container, collection=collection)
        self._sum_container(container)
        self._sum_collection(collection)

    def collection(self, *, collection: str, after: str = "") -> None:
        """Sum a collection up, and let its containers be found under what was changed of it.

        after   the container after which to go on: it writes a duty for those that are left
        """
        self._access.require_system()
        if not after:
            self._outbox.begin_once(COLLECTION_JOB, collection=collection)
        found = self._db.scalars(
            select(Container)
            .where(Container.collection_id == collection, Container.id > after)
            .order_by(Container.id)
            .limit(_AT_ONCE)
        ).all()
        for container in found:
            summary = self._db.get(ContainerSummary, container.id, with_for_update=True)
            if summary is not None:
                self._index.write(container, summary)
        if len(found) == _AT_ONCE:
            self._outbox.write(
                COLLECTION_JOB, queue=SLOW, collection=collection, after=found[-1].id
            )
        self._sum_collection(collection)

    def some_containers(self, *, after: str, limit: int) -> Sequence[str]:
        """Sum up containers that follow one in the order of identifiers; give which."""
        self._access.require_system()
        found = self._db.scalars(
            select(Container.id).where(Container.id > after).order_by(Container.id).limit(limit)
        ).all()
        lock_containers(self._db, found)
        for container in found:
            self._sum_container(container)
        return found

    def some_collections(self, *, after: str, limit: int) -> Sequence[str]:
        """Sum up collections that follow one in the order of identifiers; give which."""
        self._access.require_system()
        found = self._db.scalars(
            select(Collection.id).where(Collection.id > after).order_by(Collection.id).limit(limit)
        ).all()
        for collection in found:
            self._sum_collection(collection)
        return found

    def add_pulls(self, pulls: Mapping[tuple[str, date], int]) -> None:
        """Add pulls, by container and day, that were just written down day by day."""
        self._access.require_system()
        counts: Counter[str] = Counter()
        for (container, _), count in pulls.items():
            counts[container] += count
        rows = self._db.execute(
            select(Container.id, Container.collection_id).where(Container.id.in_(counts))
        )
        collections = {row.id: row.collection_id for row in rows}
        of_collections: Counter[str] = Counter()
        # In one order in every process, and all containers first, as a job has them.
        for container in sorted(collections):
            of_collections[collections[container]] += counts[container]
            if not self._raise(ContainerSummary, container, counts[container]):
                self._outbox.write_once(
                    CONTAINER_JOB, container=container, collection=collections[container]
                )
            self._db.execute(
                update(SearchEntry)
                .where(SearchEntry.container_id == container)
                .values(pull_count=SearchEntry.pull_count + counts[container])
                .execution_options(synchronize_session=False)
            )
        for collection, count in sorted(of_collections.items()):
            if not self._raise(CollectionSummary, collection, count):
                collection_changed(self._outbox, collection)
        for (collection, period, first_day), count in sorted(
            pulls_by_period(pulls, collections).items()
        ):
            self._count(collection, period, first_day, count)

    def _count(self, collection: str, period: Period, first_day: date, count: int) -> None:
        """Add pulls to those of a collection in a period."""
        statement = insert_for(self._db, CollectionDownloads).values(
            collection_id=collection, period=period, first_day=first_day, count=count
        )
        self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["collection_id", "period", "first_day"],
                set_={"count": CollectionDownloads.count + statement.excluded.count},
            )
        )
        mark_changed(self._db)

    def _raise(
        self, table: type[ContainerSummary] | type[CollectionSummary], key: str, count: int
    ) -> bool:
        column = (
            ContainerSummary.container_id
            if table is ContainerSummary
            else CollectionSummary.collection_id
        )
        raised = self._db.execute(
            update(table)
            .where(column == key)
            .values(pull_count=table.pull_count + count)
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        return bool(raised.rowcount)  # type: ignore[attr-defined]

    def _sum_container(self, container: str) -> None:
        found = self._db.get(Container, container)
        if found is None:
            return
        row = self._row(ContainerSummary, "container_id", container)
        images, size, pushed_at = self._db.execute(
            select(func.count(), func.sum(Blob.size), func.max(Image.pushed_at))
            .select_from(Image)
            .join(Blob, Blob.id == Image.blob_id)
            .where(Image.container_id == container)
        ).one()
        tags = union(
            select(Tag.name).where(Tag.container_id == container),
            select(ManifestTag.name).where(ManifestTag.container_id == container),
        ).subquery()
        row.image_count, row.size, row.pushed_at = images, _whole(size), pushed_at
        row.tag_count = _whole(self._db.scalar(select(func.count()).select_from(tags)))
        row.pull_count = _whole(
            self._db.scalar(
                select(func.sum(DailyDownloads.count)).where(
                    DailyDownloads.container_id == container
                )
            )
        )
        self._db.flush()
        self._index.write(found, row)

    def _sum_collection(self, collection: str) -> None:
        if self._db.get(Collection, collection) is None:
            return
        row = self._row(CollectionSummary, "collection_id", collection)
        row.container_count = _whole(
            self._db.scalar(
                select(func.count())
                .select_from(Container)
                .where(Container.collection_id == collection)
            )
        )
        images, pulls, row.pushed_at = self._db.execute(
            select(
                func.sum(ContainerSummary.image_count),
                func.sum(ContainerSummary.pull_count),
                func.max(ContainerSummary.pushed_at),
            )
            .join(Container, Container.id == ContainerSummary.container_id)
            .where(Container.collection_id == collection)
        ).one()
        row.image_count, row.pull_count = _whole(images), _whole(pulls)
        held = (
            select(Blob.id, Blob.size)
            .join(Image, Image.blob_id == Blob.id)
            .join(Container, Container.id == Image.container_id)
            .where(Container.collection_id == collection)
            .distinct()
            .subquery()
        )
        row.size = _whole(self._db.scalar(select(func.sum(held.c.size))))
        row.star_count = _whole(
            self._db.scalar(
                select(func.count()).select_from(Star).where(Star.collection_id == collection)
            )
        )
        self._db.flush()

    def _row(self, table: type[_Row], column: str, key: str) -> _Row:
        """Give a row, made when it is missing, that nobody else changes until the commit."""
        self._db.execute(insert_for(self._db, table).values({column: key}).on_conflict_do_nothing())
        mark_changed(self._db)
        return self._db.get_one(table, key, populate_existing=True, with_for_update=True)


def _whole(number: object) -> int:
    """A count or a sum: of nothing it is None, and PostgreSQL sums up to a Decimal."""
    return int(number or 0)  # type: ignore[call-overload, no-any-return]
