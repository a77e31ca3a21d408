"""Brings a database to the schema of this version, and refuses to work on another one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from sregistry_core.errors import ConfigurationError

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Run the migrations that are missing; the versions before and after."""
    before = _version_in(engine)
    _refuse_newer(before)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")
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
        cause = getattr(error, "orig", None) or error
        raise ConfigurationError(
            f"the database cannot be opened: {' '.join(str(cause).split())}"
        ) from error


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
