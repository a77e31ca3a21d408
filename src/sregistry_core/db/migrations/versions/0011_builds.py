"""Builds: orders, what they said, and the files they copy from."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "build_context",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_build_context_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_context")),
        sa.UniqueConstraint("user_id", "digest", name=op.f("uq_build_context_user_id_digest")),
    )
    with op.batch_alter_table("build_context", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_build_context_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_build_context_user_id"), ["user_id"], unique=False)

    op.create_table(
        "build",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("container", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("arch", sa.String(length=20), nullable=False),
        sa.Column("builder", sa.String(length=40), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("context_id", sa.String(length=32), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "succeeded",
                "failed",
                "cancelled",
                "lost",
                name="buildstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("handle", sa.String(length=500), nullable=True),
        sa.Column("ordered_by", sa.String(length=32), nullable=True),
        sa.Column("ordered_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("cancel_asked_at", Instant(), nullable=True),
        sa.Column("image_id", sa.String(length=32), nullable=True),
        sa.Column("image_digest", sa.String(length=71), nullable=True),
        sa.Column("image_size", sa.BigInteger(), nullable=True),
        sa.Column("built_with", sa.String(length=200), nullable=True),
        sa.Column("log_digest", sa.String(length=71), nullable=True),
        sa.Column("retry_of", sa.String(length=32), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_build_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["build_context.id"],
            name=op.f("fk_build_context_id_build_context"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_build_image_id_image"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"],
            ["user_account.id"],
            name=op.f("fk_build_ordered_by_user_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["retry_of"], ["build.id"], name=op.f("fk_build_retry_of_build"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build")),
    )
    with op.batch_alter_table("build", schema=None) as batch_op:
        batch_op.create_index(
            "ix_build_collection_id_ordered_at", ["collection_id", "ordered_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_build_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_build_image_id"), ["image_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_build_ordered_by"), ["ordered_by"], unique=False)
        batch_op.create_index("ix_build_state_ordered_at", ["state", "ordered_at"], unique=False)

    op.create_table(
        "build_output_line",
        sa.Column("build_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["build_id"],
            ["build.id"],
            name=op.f("fk_build_output_line_build_id_build"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("build_id", "number", name=op.f("pk_build_output_line")),
    )
