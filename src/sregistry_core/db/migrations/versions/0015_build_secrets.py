"""Secrets that builds of a collection are given."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0015"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "build_secret",
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=True),
        sa.Column("set_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_build_secret_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["user_account.id"],
            name=op.f("fk_build_secret_set_by_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("collection_id", "name", name=op.f("pk_build_secret")),
    )
    with op.batch_alter_table("build_secret", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_build_secret_set_by"), ["set_by"], unique=False)
