"""The days on which storage was measured are kept, so that a chart need not look for them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "measured_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_measured_day")),
    )
    op.execute("INSERT INTO measured_day (day) SELECT DISTINCT day FROM daily_storage")
