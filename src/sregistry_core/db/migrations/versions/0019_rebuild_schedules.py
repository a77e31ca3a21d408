"""Tags that are built anew by themselves."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0019"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "rebuild_schedule",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("container_id", sa.String(length=32), nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("arch", sa.String(length=20), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=True),
        sa.Column("when_base_moves", sa.Boolean(), nullable=False),
        sa.Column("acts_for", sa.String(length=32), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("look_at", Instant(), nullable=True),
        sa.Column("bases", sa.JSON(), nullable=False),
        sa.Column("build_id", sa.String(length=32), nullable=True),
        sa.Column("is_awaited", sa.Boolean(), nullable=False),
        sa.Column("before_id", sa.String(length=32), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum("same", "changed", "broken", name="verdict", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("judged_at", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["acts_for"],
            ["user_account.id"],
            name=op.f("fk_rebuild_schedule_acts_for_user_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["before_id"],
            ["image.id"],
            name=op.f("fk_rebuild_schedule_before_id_image"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["build_id"],
            ["build.id"],
            name=op.f("fk_rebuild_schedule_build_id_build"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["container_id"],
            ["container.id"],
            name=op.f("fk_rebuild_schedule_container_id_container"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rebuild_schedule")),
        sa.UniqueConstraint(
            "container_id",
            "tag",
            "arch",
            name=op.f("uq_rebuild_schedule_container_id_tag_arch"),
        ),
    )
    with op.batch_alter_table("rebuild_schedule", schema=None) as batch_op:
        for column in ("acts_for", "before_id", "build_id", "due_at", "look_at"):
            batch_op.create_index(
                batch_op.f(f"ix_rebuild_schedule_{column}"), [column], unique=False
            )
