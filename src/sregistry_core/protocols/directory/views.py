"""The registry's own card, and redirects to other registries."""

from urllib.parse import quote

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core import __version__
from sregistry_core.web.dialects import json_response

from .wire import card_json, identity_json

_IN_PATH = "/:@!$&'()*+,;=~"
_IN_QUERY = f"{_IN_PATH}?%"


@view_config(route_name="directory.card")
def show_card(request: Request) -> Response:
    """Say who this registry is, what it speaks, and which others it knows."""
    settings = request.registry["facilities"].settings
    return json_response(card_json(settings, __version__, request.services.federation.all()))


@view_config(route_name="directory.identity")
def show_identity(request: Request) -> Response:
    """Say who this registry is, as the public list of registries asks."""
    return json_response(identity_json(request.registry["facilities"].settings))


@view_config(route_name="directory.elsewhere")
def send_elsewhere(request: Request) -> Response:
    """Send the client to another registry, with the rest of the path as it is.

    The address begins with one that an administrator has written down, and nothing that a client
    says comes before the slash behind it. 302, since Singularity's shub clients follow that one.
    """
    rest = quote(request.matchdict["rest"].lstrip("/"), safe=_IN_PATH)
    query = quote(request.query_string, safe=_IN_QUERY)
    location = f"{request.other_registry.url}/{rest}{'?' if query else ''}{query}"
    return Response(status=302, headers={"Location": location})
