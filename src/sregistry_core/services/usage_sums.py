"""Sums for each collection, as each database has them soonest."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from sregistry_core.db.statements import insert_for
from sregistry_core.models import (
    Blob,
    Collection,
    CollectionDownloads,
    Container,
    DailyStorage,
    Image,
    MeasuredDay,
    SharedBlob,
)


def measure_collections(db: Session, today: date) -> None:
    """Write down what every collection holds today, and which blobs are in several of them.

    A second time on one day replaces the first.
    """
    held = (
        select(Container.collection_id, Blob.id.label("blob_id"), Blob.size)
        .join(Image, Image.container_id == Container.id)
        .join(Blob, Blob.id == Image.blob_id)
        .distinct()
        .cte("held")
    )
    places = (
        select(held.c.blob_id)
        .group_by(held.c.blob_id)
        .having(func.count() > 1)
        .cte("in_several_places")
    )
    sums = (
        select(
            held.c.collection_id,
            func.sum(held.c.size).label("size"),
            func.sum(case((places.c.blob_id.is_not(None), held.c.size), else_=0)).label("shared"),
        )
        .outerjoin(places, places.c.blob_id == held.c.blob_id)
        .group_by(held.c.collection_id)
        .subquery()
    )
    db.execute(delete(DailyStorage).where(DailyStorage.day == today))
    db.execute(insert_for(db, MeasuredDay).values(day=today).on_conflict_do_nothing())
    db.execute(
        insert(DailyStorage).from_select(
            ["collection_id", "day", "size", "shared_size"],
            select(
                Collection.id,
                literal(today, DailyStorage.day.type),
                func.coalesce(sums.c.size, 0),
                func.coalesce(sums.c.shared, 0),
            ).outerjoin(sums, sums.c.collection_id == Collection.id),
        )
    )
    db.execute(delete(SharedBlob))
    db.execute(
        insert(SharedBlob).from_select(
            ["blob_id"],
            select(Image.blob_id)
            .join(Container, Container.id == Image.container_id)
            .where(Image.blob_id.is_not(None))
            .group_by(Image.blob_id)
            .having(func.count(Container.collection_id.distinct()) > 1),
        )
    )


def pulls_of_collections(db: Session, asked: ColumnElement[bool]) -> Any:
    """Give a statement of `id` and `amount` of collections; those without a pull may be left out.

    asked   the days, and what they are days of
    PostgreSQL sorts all days into sums at once. SQLite would put them in order for that, and is
    faster collection by collection, each from one place of an index.
    """
    key, count = CollectionDownloads.collection_id, CollectionDownloads.count
    if db.get_bind().dialect.name == "postgresql":
        sums = (
            select(key.label("id"), func.sum(count).label("amount"))
            .where(asked)
            .group_by(key)
            .subquery()
        )
        return select(Collection.id, sums.c.amount).join(sums, sums.c.id == Collection.id)
    sum_ = (
        select(func.coalesce(func.sum(count), 0))
        .where(asked, key == Collection.id)
        .correlate(Collection)
        .scalar_subquery()
    )
    return select(Collection.id, sum_.label("amount")).select_from(Collection)
