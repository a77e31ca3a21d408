"""Collections that are built from a repository of Git."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "git_connection",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column(
            "forge",
            sa.Enum(
                "github",
                "gitlab",
                "gitea",
                "bitbucket",
                "plain",
                name="forge",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("branches", sa.JSON(), nullable=False),
        sa.Column("patterns", sa.JSON(), nullable=False),
        sa.Column("container", sa.String(length=64), nullable=False),
        sa.Column("poll_seconds", sa.Integer(), nullable=True),
        sa.Column("hook_generation", sa.String(length=32), nullable=False),
        sa.Column("key_generation", sa.String(length=32), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("status_token", sa.Text(), nullable=True),
        sa.Column("host_keys", sa.Text(), nullable=False),
        sa.Column("acts_for", sa.String(length=32), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("tried_at", Instant(), nullable=True),
        sa.Column("seen_commit", sa.String(length=64), nullable=True),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["acts_for"],
            ["user_account.id"],
            name=op.f("fk_git_connection_acts_for_user_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_git_connection_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_git_connection")),
        sa.UniqueConstraint("collection_id", name=op.f("uq_git_connection_collection_id")),
    )
    with op.batch_alter_table("git_connection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_git_connection_acts_for"), ["acts_for"], unique=False)
