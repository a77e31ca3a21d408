"""Keys are sent, looked up and listed."""

from collections.abc import Sequence

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import NotFound
from sregistry_core.formats.openpgp import join
from sregistry_core.models import PublicKey

from .wire import (
    Lookup,
    Operation,
    added_text,
    index_text,
    machine_readable_index,
    read_keytext,
    read_lookup,
)

NEXT_PAGE = "X-HKP-Next-Page-Token"
_KEYS = "application/pgp-keys"


@view_config(route_name="hkp.add")
def add_key(request: Request) -> Response:
    """Take in a key. The client prints what we answer."""
    added = request.services.keys.add(read_keytext(request))
    return _text(added_text(added))


@view_config(route_name="hkp.lookup")
def look_up(request: Request) -> Response:
    """Give keys, or a list of them, a page at a time."""
    asked = read_lookup(request.GET)
    keys = request.services.keys
    found = keys.find(asked.wanted, after=asked.after, limit=asked.limit + 1)
    if not found:
        raise NotFound("no matching keys found")
    shown = found[: asked.limit]
    response = _answer(request, asked, shown)
    if len(found) > asked.limit:
        response.headers[NEXT_PAGE] = shown[-1].fingerprint
    return response


def _answer(request: Request, asked: Lookup, shown: Sequence[PublicKey]) -> Response:
    if asked.operation is Operation.GET:
        return _text(join(key.armored for key in shown), media_type=_KEYS)
    names = request.services.keys.names_of(shown)
    write = machine_readable_index if asked.machine_readable else index_text
    return _text(write(shown, names, request.registry["facilities"].clock()))


def _text(text: str, *, media_type: str = "text/plain") -> Response:
    response = Response(text, content_type=media_type, charset="utf-8")
    # Pages of other sites may look keys up as well: draft-gallagher-openpgp-hkp, section 5.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
