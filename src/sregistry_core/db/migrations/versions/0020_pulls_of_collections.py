"""Pulls are counted by collection too, in days, weeks and months; charts read indexes alone."""

from collections import Counter
from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_AT_ONCE = 1000


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "collection_downloads",
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column(
            "period",
            sa.Enum("day", "week", "month", name="period", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_collection_downloads_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "collection_id", "period", "first_day", name=op.f("pk_collection_downloads")
        ),
    )
    _sum_up(op.get_bind())
    with op.batch_alter_table("collection_downloads", schema=None) as batch_op:
        batch_op.create_index(
            "ix_collection_downloads_period",
            ["period", "first_day", "collection_id", "count"],
            unique=False,
        )
    with op.batch_alter_table("daily_storage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_daily_storage_day"))
        batch_op.create_index(
            "ix_daily_storage_day", ["day", "collection_id", "size"], unique=False
        )


def _sum_up(connection: sa.Connection) -> None:
    """Add up what was counted by container."""
    table = sa.table(
        "collection_downloads",
        sa.column("collection_id", sa.String),
        sa.column("period", sa.String),
        sa.column("first_day", sa.Date),
        sa.column("count", sa.BigInteger),
    )
    container = sa.table("container", sa.column("id"), sa.column("collection_id", sa.String))
    pulls = sa.table(
        "daily_downloads",
        sa.column("container_id", sa.String),
        sa.column("day", sa.Date),
        sa.column("count", sa.Integer),
    )
    days = (
        sa.select(container.c.collection_id, pulls.c.day, sa.func.sum(pulls.c.count))
        .join_from(container, pulls, pulls.c.container_id == container.c.id)
        .group_by(container.c.collection_id, pulls.c.day)
    )
    counted: Counter[tuple[str, str, date]] = Counter()
    for collection, day, count in connection.execute(days):
        monday = day - timedelta(days=day.weekday())
        for period, first in (("day", day), ("week", monday), ("month", day.replace(day=1))):
            counted[collection, period, first] += int(count)
    rows = [
        {"collection_id": key[0], "period": key[1], "first_day": key[2], "count": count}
        for key, count in counted.items()
    ]
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(table.insert(), rows[start : start + _AT_ONCE])
