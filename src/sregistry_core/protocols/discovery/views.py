"""Where the services are, and who the caller is."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core import __version__
from sregistry_core.errors import LoginRequired, NotFound
from sregistry_core.web.dialects import json_response
from sregistry_core.web.security import read_authorization

from .wire import services_json, user_json, version_json


@view_config(route_name="discovery.services")
def show_services(request: Request) -> Response:
    """Say where each service of a client's endpoint is."""
    facilities = request.registry["facilities"]
    settings = facilities.settings
    builds = "remotebuild" in settings.protocols and bool(facilities.plugins.builders)
    return json_response(services_json(settings.public_url, builds=builds))


@view_config(route_name="discovery.version")
def show_version(_request: Request) -> Response:
    """Say our version, and which library API is spoken."""
    return json_response(version_json(__version__))


@view_config(route_name="discovery.token_status")
def show_token_status(request: Request) -> Response:
    """Say whether a token works.

    The client prints "Invalid Credentials" for a 404, and "Unknown" for the honest 401.
    """
    try:
        if request.caller.is_anonymous:
            raise NotFound("no token was sent")
    except LoginRequired as error:
        raise NotFound(str(error)) from error
    return json_response({"data": {"username": request.caller.name}})


@view_config(route_name="discovery.current_user")
def show_current_user(request: Request) -> Response:
    """Say who the caller is; `get-login-password` prints the token that was sent."""
    services = request.services
    services.access.require_login()
    shown = read_authorization(request.headers.get("Authorization"))
    return json_response(user_json(services.accounts.find(request.caller.name), shown.token or ""))
