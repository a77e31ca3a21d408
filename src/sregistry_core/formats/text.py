"""Making text of bytes that strangers wrote: bounded, without signs that a database refuses."""

import json
import re
from typing import NoReturn

from sregistry_core.errors import NotAnImage

MOST_JSON_DEPTH = 64

# NUL and halves of surrogate pairs: no UTF-8 column takes them.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# The possessive marks keep this linear whatever the text is.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def clean_text(raw: bytes | str) -> str:
    """Give the text with everything that is no UTF-8, or is NUL, replaced by U+FFFD."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return _UNSTORABLE.sub("�", text)


def read_json(raw: bytes) -> object:
    """Parse JSON of bounded depth.

    Raises NotAnImage when it is no JSON, is nested deeper than 64, or holds NaN or Infinity.
    """
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    if _depth(text) > MOST_JSON_DEPTH:
        raise NotAnImage(f"json that is nested deeper than {MOST_JSON_DEPTH}")
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotAnImage("no json") from error
    return value


def _depth(text: str) -> int:
    depth = deepest = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        sign = found[0]
        if sign in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ("]", "}"):
            depth -= 1
    return deepest


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
