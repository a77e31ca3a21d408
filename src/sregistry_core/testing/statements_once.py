"""Statements are compiled once for all databases of a run: that takes a third of a test."""

from functools import cache
from typing import Any

from sregistry_core.db.session import Database

_COMPILED: dict[Any, Any] = {}


def compile_once(database: Database) -> None:
    """Let a database use what was compiled for others of its kind.

    SQLAlchemy keeps what it has compiled for each engine and each object of a dialect. All of ours
    are of one server and one version within a run.
    """
    for engine in (database.reading, database.writing, database.glances.engine):
        engine.update_execution_options(compiled_cache=_COMPILED)
    dialect = database.reading.dialect
    kind: Any = type(dialect)
    dialect.__class__ = _alike(kind)


@cache
def _alike(kind: type[Any]) -> type[Any]:
    """Give a kind of dialects that are all equal."""

    def equal(_self: object, other: object) -> bool:
        return type(other) is alike

    def number(_self: object) -> int:
        return hash(kind)

    said = {"__eq__": equal, "__hash__": number, "supports_statement_cache": True}
    alike = type(kind.__name__, (kind,), said)
    return alike
