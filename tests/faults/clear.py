"""Whether a refusal is one that the client of its protocol can show to somebody."""

import json
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from .regulars import Heard

FOR_A_MOMENT = (409, 429, 503)
"""What says: try again."""
_MADE_FIRST = ("/v1/entities/", "/v1/collections/", "/v1/containers/")
"""Clients ask whether it is there, before they make it."""

_REASON = re.compile(r'class="(?:lead reason|complaint)"[^>]*>([^<]+)<')
"""Where a page says what is the matter."""


def complaints(
    heard: Iterable[Heard], *, stores: frozenset[str] = frozenset(), may_be_lost: bool = False
) -> list[str]:
    """Give a line for each answer that is not clear.

    stores        `host:port` of what clients speak to without us: what comes from there, or does
                  not, is no word of ours
    may_be_lost   whether what clients speak to was away itself
    """
    return [
        f"{said}: {one}"
        for one in heard
        if urlsplit(one.path).netloc not in stores
        and not (may_be_lost and one.status == 0)
        and (said := _complaint(one))
    ]


def _complaint(one: Heard) -> str | None:
    if one.status == 0:
        return "no answer"
    if one.status == 404 and one.method == "GET" and one.path.startswith(_MADE_FIRST):
        return None
    if one.status not in FOR_A_MOMENT:
        return "no status for a back end that is away"
    if one.status == 503 and "retry-after" not in one.headers:
        return "does not say when to come again"
    if "Traceback" in one.text:
        return "a traceback"
    return None if len(_words(one).split()) > 2 else "not in the words of its protocol"


def _words(one: Heard) -> str:
    """Give what the client of this address shows; nothing when it cannot be read."""
    path, kind = urlsplit(one.path).path, one.headers.get("content-type", "")
    if path.startswith("/transfer/"):
        return one.text if kind.startswith("text/plain") else ""
    if path.startswith("/auth/"):
        said = _REASON.search(one.text) if kind.startswith("text/html") else None
        return said[1] if said else ""
    if not kind.startswith("application/json"):
        return ""
    said = json.loads(one.text)
    if path.startswith(("/v1/", "/v2/imagefile/", "/v2/tags/")):
        return str(said["error"]["message"]) if said["error"]["code"] == one.status else ""
    if path.startswith("/v2/"):
        return str(said["errors"][0]["message"]) if said["errors"][0]["code"] else ""
    return str(said["error"]["message"]) if said["error"]["code"] else ""
