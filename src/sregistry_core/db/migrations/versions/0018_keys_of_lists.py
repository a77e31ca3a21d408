"""Indexes by which lists are read in their order, and the log is searched."""

from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    with op.batch_alter_table("search_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_search_entry_collection", ["collection_id", "pushed_at"], unique=False
        )
        batch_op.create_index(
            "ix_search_entry_name", ["name", "pull_count", "number"], unique=False
        )
        batch_op.drop_index(batch_op.f("ix_search_entry_collection_id"))
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_event_target",
            ["target"],
            unique=False,
            postgresql_ops={"target": "text_pattern_ops"},
        )
    with op.batch_alter_table("daily_downloads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_daily_downloads_day"), ["day"], unique=False)
