"""The search index: what lists are sorted by, and words as each database searches them."""

import sqlalchemy as sa
from alembic import op

from sregistry_core.db.types import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SQLITE = (
    "CREATE VIRTUAL TABLE search_words USING fts5("
    "own, path, about, facets, tokenize = 'unicode61', prefix = '1 2 3', detail = column)",
    "CREATE TRIGGER search_entry_goes AFTER DELETE ON search_entry BEGIN"
    " DELETE FROM search_words WHERE rowid = old.number; END",
)
_POSTGRESQL = (
    "CREATE TABLE search_words ("
    "number INTEGER PRIMARY KEY REFERENCES search_entry (number) ON DELETE CASCADE,"
    " words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_search_words ON search_words USING gin (words)",
)


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "search_entry",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("container_id", sa.String(length=32), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=144), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("pull_count", sa.BigInteger(), nullable=False),
        sa.Column("pushed_at", Instant(), nullable=False),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("tag_count", sa.Integer(), nullable=False),
        sa.Column("latest_tag", sa.String(length=128), nullable=True),
        sa.Column("archs", sa.JSON(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_search_entry_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["container_id"],
            ["container.id"],
            name=op.f("fk_search_entry_container_id_container"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("container_id", name=op.f("uq_search_entry_container_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("search_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_search_entry_collection_id"), ["collection_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_search_entry_full_name"), ["full_name"], unique=False)
        batch_op.create_index("ix_search_entry_pulls", ["pull_count", "number"], unique=False)
        batch_op.create_index("ix_search_entry_pushed", ["pushed_at", "number"], unique=False)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if postgresql else _SQLITE:
        op.execute(statement)
