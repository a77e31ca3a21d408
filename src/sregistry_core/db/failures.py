"""What it means when a database fails: a refusal for the caller, or a mistake of ours."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from sregistry_core.errors import Conflict, Malformed, RegistryError, StorageFull, Unavailable

_FULL = ("disk is full", "No space left", "could not extend file")
_FULL_STATE = "53100"
_NO_ANSWER = ("locked", "connect", "disk I/O error")
_NO_ANSWER_STATES = ("08", "53300", "57P01", "57P02", "57P03")
"""Of PostgreSQL: no connection, too many of them, the server ends or is starting."""
_COLLISION_STATES = ("40P01", "40001", "55P03")
"""Of PostgreSQL: a deadlock, a serialization failure, a lock that is not to be had."""


def is_full(error: BaseException | None) -> bool:
    """Tell whether the database has failed because its disk is full."""
    return isinstance(error, DBAPIError) and (
        _state_of(error) == _FULL_STATE or any(sign in str(error.orig) for sign in _FULL)
    )


def is_collision(error: BaseException | None) -> bool:
    """Tell whether the same transaction may succeed a moment later: another one was in its way."""
    return isinstance(error, DBAPIError) and _state_of(error) in _COLLISION_STATES


def as_refusal(error: Exception) -> RegistryError | None:
    """Give the refusal that a failure of the database stands for; None for a mistake of ours.

    Source: PostgreSQL, "PostgreSQL Error Codes".
    """
    if is_full(error):
        return StorageFull("no room left for the database")
    if is_collision(error):
        return Unavailable("somebody else changed the same thing, try again")
    match error:
        case IntegrityError() | StaleDataError() | ObjectDeletedError():
            return Conflict("somebody else was faster by a moment, try again")
        case DataError():
            return Malformed("something in it is longer or larger than is kept, or holds NUL")
        case NoConnectionFree() | PendingRollbackError():
            return Unavailable("the database does not answer, try again")
        case DBAPIError():
            text = str(error.orig)
            if (
                error.connection_invalidated
                or _state_of(error).startswith(_NO_ANSWER_STATES)
                or any(sign in text for sign in _NO_ANSWER)
            ):
                return Unavailable("the database does not answer, try again")
    return None


def cause_of(error: Exception) -> str:
    """Say in one line what the database itself has said; the statement is left out."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split()) or type(cause).__name__


def _state_of(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
