"""Reading what clients send: JSON with limits, query values, and bodies of any size."""

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

from pyramid.request import Request

from sregistry_core.errors import Malformed, TooLarge

LARGEST_JSON = 1 << 20


class Form(Mapping[str, Any]):
    """A JSON object whose members are read by type; unknown members are ignored."""

    def __init__(self, members: Mapping[str, Any]):
        # Go's decoder takes names in any case, and some clients write them in another.
        self._members = {name.lower(): value for name, value in members.items()}

    def __getitem__(self, name: str) -> Any:
        return self._members[name.lower()]

    def __iter__(self) -> Any:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def text(self, name: str, default: str | None = None) -> str:
        """Give a text. Raises Malformed when it is missing without a default, or no text."""
        value = self.get(name)
        if value is None:
            if default is None:
                raise Malformed(f"{name} is missing")
            return default
        if not isinstance(value, str):
            raise Malformed(f"{name} must be a text")
        if "\0" in value:
            # PostgreSQL keeps no text with one, and nobody means one.
            raise Malformed(f"{name} holds a NUL")
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Malformed(f"{name} holds half a character")
        return value

    def optional_text(self, name: str) -> str | None:
        """Give a text, or None when it is missing or null."""
        return None if self.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        """Give a whole number that is not negative. Raises Malformed otherwise."""
        value = self.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0 or value >= 1 << 63:
            raise Malformed(f"{name} must be a whole number, and is {str(value)[:40]!r}")
        return value

    def optional_boolean(self, name: str) -> bool | None:
        """Give true or false, or None when it is missing or null."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise Malformed(f"{name} must be true or false")
        return value

    def objects(self, name: str) -> list["Form"]:
        """Give a list of objects; empty when it is missing or null."""
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise Malformed(f"{name} must be a list of objects")
        return [Form(one) for one in value]


def read_json(request: Request) -> Form:
    """Read the body as a JSON object, whatever its content type says: some clients send none.

    Raises TooLarge above 1 MiB, Malformed when it is no JSON object.
    """
    if (request.content_length or 0) > LARGEST_JSON:
        raise TooLarge(f"the request has {request.content_length} bytes, {LARGEST_JSON} are taken")
    raw = body_of(request).read(LARGEST_JSON + 1)
    if len(raw) > LARGEST_JSON:
        raise TooLarge(f"the request has more than the {LARGEST_JSON} bytes that are taken")
    if not raw.strip():
        return Form({})
    try:
        members = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Malformed("the request is no JSON") from error
    if not isinstance(members, dict):
        raise Malformed("the request is no JSON object")
    return Form(members)


def body_of(request: Request) -> BinaryIO:
    """Give the body for reading, as the server has it: maybe a file that can be taken over."""
    raw = request.environ["wsgi.input"]
    if getattr(raw, "name", None) is not None or request.environ.get("wsgi.input_terminated"):
        source: BinaryIO = raw
        return source
    # Other servers give a stream that does not end by itself.
    limited: BinaryIO = request.body_file
    return limited
