"""Between our words and those of the HTTP Keyserver Protocol.

Source: draft-gallagher-openpgp-hkp, sections 3 (lookups), 4 (uploads) and 5 (the index); Apptainer
1.4.5 demands that the count of an index is that of its `pub` lines.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qsl, quote

from pyramid.request import Request

from sregistry_core.errors import Malformed, TooLarge
from sregistry_core.formats.openpgp import LARGEST
from sregistry_core.models import KeyName, PublicKey
from sregistry_core.services.keys import MOST, Added, Wanted
from sregistry_core.web.forms import body_of

LARGEST_FORM = 3 * LARGEST + 1024
"""Every byte of a key may be written as three."""
_USUAL_PAGE = 100
_MOST_WHOLE = 20
"""Keys of one armoured block."""
_MOST_FIELDS = 20
_LONGEST_SEARCH = 500
_FINGERPRINTS = (40, 64)
_HEX = re.compile(r"[0-9a-f]{8,64}\Z", re.IGNORECASE)
_PAGE_TOKEN = re.compile(r"[0-9A-F]{0,64}\Z")
_PREFIXED_HEX = re.compile(r"0x([0-9a-f]{1,64})\Z", re.IGNORECASE)


class Operation(StrEnum):
    """What a lookup is for."""

    GET = "get"
    INDEX = "index"
    VINDEX = "vindex"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a client asks the key server."""

    operation: Operation
    wanted: Wanted
    machine_readable: bool
    after: str
    limit: int


def read_keytext(request: Request) -> bytes:
    """Read the armoured key of a form. Raises TooLarge, or Malformed when there is none."""
    if (request.content_length or 0) > LARGEST_FORM:
        raise TooLarge(f"the key has {request.content_length} bytes, {LARGEST} are taken")
    raw = body_of(request).read(LARGEST_FORM + 1)
    if len(raw) > LARGEST_FORM:
        raise TooLarge(f"the key has more than the {LARGEST} bytes that are taken")
    try:
        fields = dict(parse_qsl(raw.decode("ascii"), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Malformed("the request is no form") from error
    if not fields.get("keytext"):
        raise Malformed("keytext is missing: it is the armoured key")
    return fields["keytext"].encode("utf-8", "replace")


def read_lookup(said: Mapping[str, str]) -> Lookup:
    """Read a lookup. Raises Malformed for an operation that is not known, or without a search."""
    try:
        operation = Operation(said.get("op", "index").lower())
    except ValueError as error:
        raise Malformed(f"op = {said['op'][:40]} is none of get, index, vindex") from error
    search = said.get("search", "").strip()
    if not search.isprintable() or not 1 <= len(search) <= _LONGEST_SEARCH:
        raise Malformed(f"search must have 1 to {_LONGEST_SEARCH} printable signs")
    after = said.get("x-pagetoken", "")
    if not _PAGE_TOKEN.match(after):
        raise Malformed("x-pagetoken is none that was given out here")
    options = said.get("options", "").lower().split(",")
    return Lookup(
        operation=operation,
        wanted=_wanted(search, exact=said.get("exact", "").lower() == "on"),
        machine_readable="mr" in (option.strip() for option in options),
        after=after,
        limit=min(_limit(said.get("x-pagesize", "")), _MOST_OF[operation]),
    )


def added_text(added: Sequence[Added]) -> str:
    """Say what became of the keys that were sent."""
    return "".join(f"key {one.fingerprint} {_fate(one)}\n" for one in added)


def machine_readable_index(
    keys: Sequence[PublicKey], names: Mapping[str, Sequence[KeyName]], now: datetime
) -> str:
    """Write the index that programs read: times in seconds, user ids percent-encoded."""
    lines = [f"info:1:{len(keys)}"]
    for key in keys:
        expires = int(key.expires_at.timestamp()) if key.expires_at else ""
        lines.append(
            f"pub:{key.fingerprint}:{key.algorithm}:{key.bits}"
            f":{int(key.made_at.timestamp())}:{expires}:{_flags(key, now)}"
        )
        lines += [
            f"uid:{quote(name.name, safe='')}:::{'r' if name.revoked else ''}"
            for name in names[key.fingerprint]
        ]
    return "\n".join([*lines, ""])


def index_text(
    keys: Sequence[PublicKey], names: Mapping[str, Sequence[KeyName]], now: datetime
) -> str:
    """Write an index for people."""
    lines = []
    for key in keys:
        state = {"r": " [revoked]", "e": " [expired]"}.get(_flags(key, now)[:1], "")
        lines.append(f"{key.fingerprint}  {key.bits} bits  {key.made_at:%Y-%m-%d}{state}")
        lines += [f"    {_printable(name.name)}" for name in names[key.fingerprint]]
    return "\n".join([*lines, ""])


_MOST_OF = {Operation.GET: _MOST_WHOLE, Operation.INDEX: MOST, Operation.VINDEX: MOST}


def _wanted(search: str, *, exact: bool) -> Wanted:
    """Tell a key id from a text.

    Apptainer writes 0x before what its user gives in upper case, and nothing before the same in
    lower case; and from key ids of 64 bits it strips the zeros in front.
    """
    if found := _PREFIXED_HEX.match(search):
        return Wanted(handle=_padded(found[1].upper()))
    if _HEX.match(search):
        return Wanted(handle=_padded(search.upper()), text=search, exact=exact)
    return Wanted(text=search, exact=exact)


def _padded(digits: str) -> str:
    return digits if len(digits) in (8, *_FINGERPRINTS) else digits.rjust(16, "0")


def _limit(text: str) -> int:
    if not text:
        return _USUAL_PAGE
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        raise Malformed(f"x-pagesize = {text[:40]} is no number of keys")
    return int(text[:9])


def _flags(key: PublicKey, now: datetime) -> str:
    revoked = "r" if key.revoked_at is not None else ""
    expired = "e" if key.expires_at is not None and key.expires_at <= now else ""
    return revoked + expired


def _fate(one: Added) -> str:
    if one.is_new:
        return "was added"
    return "was updated" if one.has_changed else "is known, and nothing of it is new"


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
