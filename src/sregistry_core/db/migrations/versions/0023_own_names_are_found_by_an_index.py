"""What is called so is found by an index of its own, however much else has the word."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one version further."""
    # In SQLite's table of words each place of a word has a column, which its index knows of.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_search_words_own ON search_words USING gin (ts_filter(words, '{a}'))"
        )
