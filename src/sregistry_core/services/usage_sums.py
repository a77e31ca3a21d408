"""Sums for each collection, as each database has them soonest."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from sregistry_core.models import Collection, CollectionDownloads


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
