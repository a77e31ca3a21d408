"""Watches what a registry asks its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from sregistry_core.db.session import Database


@contextmanager
def statements_of(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Give the statements that are sent while the block lasts, each with its values, in order."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        sent.append((statement, values))

    # The engine for writing is the same one with other options, and is heard here, too.
    event.listen(database.reading, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.reading, "before_cursor_execute", note)
