"""What a job has found when it last looked at a storage."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "storage_state",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("checked_at", Instant(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("free", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("blob_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_storage_state")),
    )
