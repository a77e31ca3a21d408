"""Robots of collections and teams, and publishers whose proof is signed elsewhere."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "robot",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=39), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=True),
        sa.Column("team_id", sa.String(length=32), nullable=True),
        sa.Column(
            "scope",
            sa.Enum("pull", "push", "admin", name="scope", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "(collection_id IS NULL) <> (team_id IS NULL)", name=op.f("ck_robot_one_place")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_robot_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_robot_team_id_team"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robot")),
        sa.UniqueConstraint("collection_id", "name", name=op.f("uq_robot_collection_id_name")),
        sa.UniqueConstraint("team_id", "name", name=op.f("uq_robot_team_id_name")),
    )
    op.create_table(
        "publisher",
        sa.Column("robot_id", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("audience", sa.String(length=500), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.Column("lifetime_seconds", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["robot_id"],
            ["robot.id"],
            name=op.f("fk_publisher_robot_id_robot"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("robot_id", name=op.f("pk_publisher")),
    )
    op.create_index(op.f("ix_publisher_issuer"), "publisher", ["issuer"], unique=False)
    op.create_table(
        "spent_statement",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_statement")),
    )
    op.create_index(
        op.f("ix_spent_statement_expires_at"), "spent_statement", ["expires_at"], unique=False
    )
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.alter_column(
            "name",
            existing_type=sa.String(length=39),
            type_=sa.String(length=120),
            existing_nullable=False,
        )
        batch_op.add_column(sa.Column("robot_id", sa.String(length=32), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_user_account_robot_id"), ["robot_id"])
        batch_op.create_foreign_key(
            op.f("fk_user_account_robot_id_robot"),
            "robot",
            ["robot_id"],
            ["id"],
            ondelete="CASCADE",
        )
