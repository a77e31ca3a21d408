"""The page of the API: every operation, its command line, and a way to try it."""

from datetime import timedelta

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Scope
from sregistry_core.errors import NotFound
from sregistry_core.web.dialects import json_response

from ..pages import page
from .api_operations import Group, Operation, read_groups

TOKEN_NAME = "page of the API"  # noqa: S105 - a name
TOKEN_LIFETIME = timedelta(minutes=10)
_GROUPS = "ui_api_groups"


def includeme(config: Configurator) -> None:
    """Read the description once all protocols are there."""
    config.action("ui_api_groups", lambda: _read(config), order=999)


@view_config(route_name="ui.api")
def show_api(request: Request) -> Response:
    """List all operations."""
    return page(request, "see/api", groups=_groups(request))


@view_config(route_name="ui.api_operation")
def show_operation(request: Request) -> Response:
    """Show one operation, and offer to try it."""
    wanted = request.matchdict["operation"]
    for group in _groups(request):
        for operation in group.operations:
            if operation.id == wanted:
                return page(
                    request,
                    "see/api-operation",
                    operation=operation,
                    group=group,
                    command=_command(request, operation),
                )
    raise NotFound(f"the API has no operation {wanted[:80]}")


@view_config(route_name="ui.api_token")
def give_token(request: Request) -> Response:
    """Give a token for the next minutes, in place of the one that was given before.

    The API itself takes no cookies, so that no page elsewhere can use it in somebody's name. This
    address takes the cookie, and like every form of ours only from our own pages, with the token
    of the form: what it gives is kept by the script of one page, and sent where every client sends
    its token. It may do all that its user may, since that is what one wants to try.
    """
    services = request.services
    services.access.require_login()
    me = services.accounts.find(services.caller.name)
    for one in services.tokens.of(me):
        if one.name == TOKEN_NAME:
            services.tokens.revoke(one.id)
    made = services.tokens.issue(me, name=TOKEN_NAME, scope=Scope.ADMIN, lifetime=TOKEN_LIFETIME)
    response = json_response({"token": made.secret})
    response.headers["Cache-Control"] = "no-store"
    return response


def _groups(request: Request) -> list[Group]:
    found: list[Group] = request.registry[_GROUPS]
    if not found:
        raise NotFound("the API is not spoken here")
    return found


def _read(config: Configurator) -> None:
    document = config.registry.get("api.document")
    config.registry[_GROUPS] = list(read_groups(document)) if document else []


def _command(request: Request, operation: Operation) -> str:
    url = request.registry["ui_site"].address.url
    parts = ["curl"]
    if operation.method != "GET":
        parts.append(f"-X {operation.method}")
    parts.append('-H "Authorization: Bearer $TOKEN"')
    if operation.example:
        parts.append("-H 'Content-Type: application/json' -d @body.json")
    parts.append(f"'{url}{operation.path}'")
    return " ".join(parts)
