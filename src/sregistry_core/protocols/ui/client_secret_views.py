"""The secret of the sregistry client, as the file that the client reads."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import NotFound
from sregistry_core.models import User

from .pages import page
from .paths import CLIENT_SECRET


@view_config(route_name="ui.client_secret", request_method=("GET", "HEAD"))
def show_client_secret(request: Request) -> Response:
    """Show the secrets file, for the registry's own collections and for the caller's."""
    me = _me(request)
    url = request.registry["ui_site"].address.url
    found = request.services.client_credentials.find(me)
    response = page(
        request,
        "client-secret",
        found=found,
        ours=found.secrets_file(url) if found else "",
        own_base=f"{url}/{me.name}",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@view_config(route_name="ui.client_secret", request_method="POST")
def renew_client_secret(request: Request) -> Response:
    """Make a secret, or a new one that ends the old one."""
    request.services.client_credentials.renew(_me(request))
    return HTTPSeeOther(location=CLIENT_SECRET)


@view_config(route_name="ui.old_token")
def send_to_client_secret(request: Request) -> Response:
    """Send a browser on: the client's documentation tells its users to look here."""
    return HTTPSeeOther(location=CLIENT_SECRET)


def _me(request: Request) -> User:
    if "sregistry" not in request.registry["ui_site"].protocols:
        raise NotFound("the sregistry client is not spoken to here")
    request.services.access.require_login()
    me: User = request.services.accounts.find(request.caller.name)
    return me
