"""A registry that has content sums it up at its next start."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant
from sregistry_core.identifiers import new_identifier

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Write down the duty that fills the summaries; a new registry has nothing to sum up."""
    connection = op.get_bind()
    if connection.scalar(sa.text("SELECT id FROM collection LIMIT 1")) is None:
        return
    outbox = sa.table(
        "outbox",
        sa.column("id", sa.String),
        sa.column("job", sa.String),
        sa.column("arguments", sa.JSON),
        sa.column("queue", sa.String),
        sa.column("attempts", sa.Integer),
        sa.column("due_at", Instant()),
        sa.column("created_at", Instant()),
    )
    now = datetime.now(UTC)
    connection.execute(
        outbox.insert().values(
            id=new_identifier(),
            job="summaries.refresh",
            arguments={},
            queue="slow",
            attempts=0,
            due_at=now,
            created_at=now,
        )
    )
