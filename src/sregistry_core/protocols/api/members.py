"""Reading the body of a request to our own API: strictly, so that no typo goes unnoticed."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from pyramid.request import Request

from sregistry_core.errors import Malformed, TooLarge
from sregistry_core.web.forms import LARGEST_JSON, body_of

LONGEST_LIFETIME = timedelta(days=36_525)
LARGEST_SIZE = 1 << 60

_Choice = TypeVar("_Choice", bound=StrEnum)


class Members:
    """The members of a JSON object, read by type; `null` is no value of any of them."""

    def __init__(self, members: Mapping[str, Any]):
        self._members = members

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def text(self, name: str) -> str:
        """Give a text. Raises Malformed when it is missing, or no text."""
        value = self._require(name)
        if not isinstance(value, str):
            raise Malformed(f"{name} must be a text, and is {_shown(value)}")
        # PostgreSQL keeps no zero byte, and nobody half of a surrogate pair.
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Malformed(f"{name} holds a sign that is no text")
        return value

    def optional_text(self, name: str) -> str | None:
        """Give a text, or None when it is missing."""
        return self.text(name) if name in self else None

    def optional_texts(self, name: str) -> Sequence[str] | None:
        """Give a list of texts, or None when it is missing."""
        if name not in self:
            return None
        value = self._members[name]
        if not isinstance(value, list):
            raise Malformed(f"{name} must be a list of texts, and is {_shown(value)}")
        return [Members({name: one}).text(name) for one in value]

    def texts_by_name(self, name: str) -> Mapping[str, str]:
        """Give an object whose members are texts. Raises Malformed when it is missing."""
        value = self._require(name)
        if not isinstance(value, dict):
            raise Malformed(f"{name} must be an object of texts, and is {_shown(value)}")
        return {key: Members(value).text(key) for key in value}

    def optional_boolean(self, name: str) -> bool | None:
        """Give true or false, or None when it is missing."""
        if name not in self:
            return None
        value = self._members[name]
        if not isinstance(value, bool):
            raise Malformed(f"{name} must be true or false, and is {_shown(value)}")
        return value

    def boolean(self, name: str) -> bool:
        """Give true or false. Raises Malformed when it is missing."""
        self._require(name)
        return bool(self.optional_boolean(name))

    def optional_lifetime(self, name: str) -> timedelta | None:
        """Give a number of seconds as a lifetime, or None when it is missing."""
        if name not in self:
            return None
        seconds = self.optional_number(name, 1, int(LONGEST_LIFETIME.total_seconds()))
        return timedelta(seconds=seconds) if seconds is not None else None

    def optional_number(self, name: str, least: int, most: int) -> int | None:
        """Give a whole number between two others, or None when it is missing."""
        if name not in self:
            return None
        value = self._members[name]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Malformed(
                f"{name} must be a whole number between {least} and {most}, and is {_shown(value)}"
            )
        return value

    def optional_size(self, name: str) -> int | None:
        """Give a number of bytes, or None where it is null. Raises Malformed when it is missing."""
        value = self._require(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_SIZE:
            raise Malformed(
                f"{name} must be null or a whole number between 0 and {LARGEST_SIZE}, "
                f"and is {_shown(value)}"
            )
        return value

    def choice(self, name: str, kind: type[_Choice]) -> _Choice:
        """Give one of an enumeration. Raises Malformed with all of them."""
        text = self.text(name)
        if text not in [one.value for one in kind]:
            choices = ", ".join(kind)
            raise Malformed(f"{name} must be one of {choices}, and is {_shown(text)}")
        return kind(text)

    def _require(self, name: str) -> Any:
        if name not in self._members:
            raise Malformed(f"{name} is missing")
        return self._members[name]


def read_members(request: Request, *allowed: str) -> Members:
    """Read the body as a JSON object with these members and no others; empty is `{}`.

    Raises TooLarge above 1 MiB, Malformed for anything else, also for a member that comes twice.
    """
    raw = _read(request)
    try:
        found = json.loads(raw or b"{}", object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Malformed("the request is no JSON") from error
    if not isinstance(found, dict):
        raise Malformed("the request is no JSON object")
    for name in found:
        if name not in allowed:
            raise Malformed(
                f"{_shown(name)} is no member of this request: it takes {', '.join(allowed)}"
            )
    return Members(found)


def read_changes(request: Request, *allowed: str) -> Members:
    """Read the body of a change, which names at least one of these members."""
    members = read_members(request, *allowed)
    if not any(name in members for name in allowed):
        raise Malformed(f"there is nothing to change: name {' or '.join(allowed)}")
    return members


def _read(request: Request) -> bytes:
    if (request.content_length or 0) > LARGEST_JSON:
        raise TooLarge(f"the request has {request.content_length} bytes, {LARGEST_JSON} are taken")
    raw = body_of(request).read(LARGEST_JSON + 1)
    if len(raw) > LARGEST_JSON:
        raise TooLarge(f"the request has more than the {LARGEST_JSON} bytes that are taken")
    return raw.strip()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed(f"{_shown(name)} comes twice")
        found[name] = value
    return found


def _shown(value: object) -> str:
    """Spell a value as JSON does, cut short, and fit to be sent back."""
    return json.dumps(value)[:80]
