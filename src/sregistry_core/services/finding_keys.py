"""Keys of entries in a sorted list, as they stand in addresses: what it is sorted by, with `~`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from sregistry_core.errors import Malformed

_FORMAT = "%Y%m%d%H%M%S%f"


def write_key(values: Sequence[object]) -> str:
    """Spell the key of an entry so that it can stand in an address."""
    return "~".join(
        one.strftime(_FORMAT) if isinstance(one, datetime) else str(one) for one in values
    )


def read_key(text: str, kind: type, length: int) -> Sequence[Any]:
    """Read what `write_key` has spelled. Raises Malformed.

    kind     of the first value: `str`, `datetime` or `int`, as all others are
    length   how many values a key of the list has
    """
    parts = text.split("~")
    if len(parts) != length:
        _refuse(text)
    first, *rest = parts
    numbers = [_number(part, text) for part in rest]
    if kind is str:
        return [first, *numbers]
    if kind is datetime:
        return [_moment(first, text), *numbers]
    return [_number(first, text), *numbers]


def _moment(part: str, text: str) -> datetime:
    try:
        return datetime.strptime(part, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        _refuse(text)


def _number(part: str, text: str) -> int:
    if not part.isascii() or not part.isdigit() or len(part) > 18:
        _refuse(text)
    return int(part)


def _refuse(text: str) -> NoReturn:
    raise Malformed(f"after = {text[:80]!r} is no key of this list")
