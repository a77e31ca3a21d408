"""Keys of lists that are in the order of time: a moment, and the row among those of that moment."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, or_

from sregistry_core.errors import Malformed

_FORM = "%Y%m%dT%H%M%S.%f"


def time_key(at: datetime, identifier: str) -> str:
    """Give the key of a row, after which a page of what follows it begins."""
    return f"{at.astimezone(UTC):{_FORM}}-{identifier}"


def older_than(
    after: str, at: SQLColumnExpression[datetime], identifier: SQLColumnExpression[str]
) -> Iterator[ColumnElement[bool]]:
    """Give what is true of all behind a key, the newest first and those of a moment by identifier.

    after   empty for the beginning. Raises Malformed for what is no key.
    """
    if after:
        moment, last = read_time_key(after)
        yield or_(at < moment, and_(at == moment, identifier > last))


def later_than(
    after: str, at: SQLColumnExpression[datetime], identifier: SQLColumnExpression[str]
) -> Iterator[ColumnElement[bool]]:
    """Give the same of a list that begins with the earliest moment."""
    if after:
        moment, last = read_time_key(after)
        yield or_(at > moment, and_(at == moment, identifier > last))


def read_time_key(text: str) -> tuple[datetime, str]:
    """Give the moment and the row that a key names. Raises Malformed for what is no key."""
    moment, _, identifier = text.partition("-")
    try:
        at = datetime.strptime(moment, _FORM).replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"after = {text[:80]} is no key of this list") from error
    # No database takes a NUL, and no identifier holds one.
    if not (identifier.isascii() and identifier.isalnum()):
        raise Malformed(f"after = {text[:80]} is no key of this list")
    return at, identifier
