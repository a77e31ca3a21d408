"""Copies everything that one database holds into another one, of whatever kind."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, insert, select, text, update

from sregistry_core.db import schema
from sregistry_core.db.session import Database
from sregistry_core.errors import ConfigurationError
from sregistry_core.models import Outbox, SearchEntry, metadata

from .outbox import SLOW
from .summaries import EVERYTHING_JOB

_ROWS_AT_ONCE = 500


def copy_database(source: Database, target: Database, tell: Callable[[str, int], None]) -> int:
    """Copy every row, in one transaction of the target; how many.

    tell   called with the name of each table that is copied, and how many rows it has
    The target is given the schema of this program. Raises ConfigurationError when the source has
    another one, or the target holds something already.
    """
    schema.require_current(source.reading)
    schema.upgrade(target.writing)
    copied = 0
    with source.reading.connect() as rows_from, target.writing.begin() as rows_to:
        for table in metadata.sorted_tables:
            _require_empty(table, rows_to)
        for table in metadata.sorted_tables:
            count = _copy(table, rows_from, rows_to)
            tell(table.name, count)
            copied += count
        _let_words_follow(rows_to)
    return copied


def _let_words_follow(connection: Connection) -> None:
    """Have the search find things there too: its words are kept by each database in its own way."""
    if connection.execute(select(SearchEntry.number).limit(1)).first() is None:
        return
    now = datetime.now(UTC)
    said = {"arguments": {}, "queue": SLOW, "due_at": now, "created_at": now}
    connection.execute(insert(Outbox).values(job=EVERYTHING_JOB, **said))


def _require_empty(table: Table, connection: Connection) -> None:
    if connection.execute(select(table).limit(1)).first() is not None:
        raise ConfigurationError(f"the new database is not empty: there are rows in {table.name}")


def _copy(table: Table, rows_from: Connection, rows_to: Connection) -> int:
    own = [
        column
        for column in table.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]
    count, later = 0, []
    found = rows_from.execution_options(stream_results=True).execute(select(table)).mappings()
    for some in found.partitions(_ROWS_AT_ONCE):
        rows = [dict(row) for row in some]
        for row in rows:
            # What refers to another row of its table may come before it.
            said = {column.name: row[column.name] for column in own if row[column.name]}
            if said:
                later.append(({key.name: row[key.name] for key in table.primary_key}, said))
                row.update(dict.fromkeys(said))
        rows_to.execute(insert(table), rows)
        count += len(rows)
    for key, said in later:
        where = [table.c[name] == value for name, value in key.items()]
        rows_to.execute(update(table).where(*where).values(said))
    _go_on_counting(table, rows_to)
    return count


def _go_on_counting(table: Table, connection: Connection) -> None:
    """Let PostgreSQL number new rows after those that were copied with their numbers."""
    numbered = table.autoincrement_column
    if numbered is None or connection.dialect.name != "postgresql":
        return
    connection.execute(
        text(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', '{numbered.name}'),"  # noqa: S608
            f' coalesce(max("{numbered.name}"), 0) + 1, false) FROM "{table.name}"'
        )
    )
