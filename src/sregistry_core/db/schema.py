"""Brings a database to the schema of this version, and refuses to work on another one."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from sregistry_core.errors import ConfigurationError

from .failures import cause_of

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 7_382_914_405_112
"""A number that nothing else in the database takes a lock by."""


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Run the migrations that are missing; the versions before and after."""
    before = _version_in(engine)
    _refuse_newer(before)
    with engine.connect() as connection, _tables_may_be_copied(connection), connection.begin():
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:
            _wait_for_other_upgrades(connection)
            _require_unicode(connection)
        command.upgrade(_config(connection), "head")
        if postgresql:
            _sort_by_bytes(connection)
    return before, newest_version()


def require_current(engine: Engine) -> None:
    """Raise ConfigurationError, naming the command to run, on any other schema version."""
    found = _version_in(engine)
    _refuse_newer(found)
    if found != newest_version():
        state = f"has schema version {found}" if found else "has no schema"
        raise ConfigurationError(
            f"the database {state}, this program needs {newest_version()}: "
            "run sregistry-admin -c INI init"
        )


def newest_version() -> str:
    """The schema version that this program works on."""
    return str(_scripts().get_current_head())


@contextmanager
def _tables_may_be_copied(connection: Connection) -> Iterator[None]:
    """Let SQLite drop a table without what refers to it.

    It alters most things of a table by copying it and dropping the old one; that would remove the
    rows of other tables that go with its own. Within a transaction this cannot be said any more.
    Source: SQLite, "Making Other Kinds Of Table Schema Changes".
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _wait_for_other_upgrades(connection: Connection) -> None:
    """Let one process at a time upgrade; SQLite lets one write at a time anyway."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))


def _require_unicode(connection: Connection) -> None:
    found = connection.scalar(text("SHOW server_encoding"))
    if found != "UTF8":
        raise ConfigurationError(
            f"the database keeps texts as {found}, and must keep them as UTF8: "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        )


def _sort_by_bytes(connection: Connection) -> None:
    """Let every text sort as SQLite has it, whatever the language of the PostgreSQL server.

    Pages of a list go on after the last name, and OCI clients expect this order. To be done after
    every upgrade, so that no migration has to think of it.
    """
    columns: dict[str, list[str]] = defaultdict(list)
    found = connection.execute(
        text(
            "SELECT table_name, column_name, data_type, character_maximum_length AS length "
            "FROM information_schema.columns "
            "WHERE table_schema = current_schema() "
            "AND data_type IN ('character varying', 'text') "
            "AND collation_name IS DISTINCT FROM 'C'"
        )
    )
    for row in found:
        kind = f"varchar({row.length})" if row.length else "text"
        columns[row.table_name].append(f'ALTER COLUMN "{row.column_name}" TYPE {kind} COLLATE "C"')
    for table, changes in columns.items():
        connection.execute(text(f'ALTER TABLE "{table}" {", ".join(changes)}'))


def _refuse_newer(found: str | None) -> None:
    known = {revision.revision for revision in _scripts().walk_revisions()}
    if found is not None and found not in known:
        raise ConfigurationError(
            f"the database has schema version {found}, which this program does not know "
            f"(it needs {newest_version()}): it was used by a newer version of sregistry-core"
        )


def _version_in(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise ConfigurationError(f"the database cannot be opened: {cause_of(error)}") from error


@cache
def _scripts() -> ScriptDirectory:
    # Read once: the migrations of a program do not change while it runs.
    return ScriptDirectory(str(_MIGRATIONS))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
