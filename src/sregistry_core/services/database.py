"""What a database answers instead of a result, and whether it works, for floors above SQL."""

from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from sregistry_core.db.failures import cause_of
from sregistry_core.db.session import Database
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Entity, EntityKind, Periodic

DatabaseError = SQLAlchemyError
"""Any failure of the database."""


def name_of_home(database: Database) -> str | None:
    """Give the name of the registry whose database it is; None before the first start."""
    with database.transaction(writes=False) as db:
        return db.scalar(select(Entity.name).where(Entity.kind == EntityKind.HOME))


def write_and_roll_back(database: Database) -> None:
    """Write a row and take it back. Raises DatabaseError when that is not possible."""
    with suppress(_TakenBackError), database.transaction() as db:
        db.add(Periodic(job=f"probe.{new_identifier()}", due_at=datetime.now(UTC)))
        db.flush()
        raise _TakenBackError


class _TakenBackError(Exception):
    """Ends a transaction that was only a probe."""


__all__ = ["DatabaseError", "cause_of", "name_of_home", "write_and_roll_back"]
