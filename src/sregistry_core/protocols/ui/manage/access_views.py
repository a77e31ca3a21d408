"""Roles on a collection: given to users and teams, changed and taken away."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.models import CollectionRole
from sregistry_core.web.paging import Asked, page_of

from ..fields import form_field, query_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .things import address_of, managed_collection

SHOWN_AT_ONCE = 50


@view_config(route_name="ui.access", request_method=("GET", "HEAD"))
def show_access(request: Request) -> Response:
    """Show who has which role."""
    return _access_page(request, NOTHING_WRONG)


@view_config(route_name="ui.access", request_method="POST")
def grant(request: Request) -> Response:
    """Give a role, in place of another one."""
    collection = managed_collection(request)

    def deed() -> str:
        request.services.grants.give(collection, _role(request), **_whom(request))
        return f"{address_of(collection, 'access')}?done=granted"

    return attempt(request, "grant", deed, lambda wrong: _access_page(request, wrong))


@view_config(route_name="ui.remove_grant")
def remove_grant(request: Request) -> Response:
    """Take a role away; whoever takes their own and may manage no more is led to the first page."""
    collection = managed_collection(request)

    def deed() -> str:
        request.services.grants.take(collection, **_whom(request))
        still = request.services.access.role_in(collection) is CollectionRole.OWNER
        return f"{address_of(collection, 'access') if still else '/'}?done=grant-removed"

    return attempt(request, "remove", deed, lambda wrong: _access_page(request, wrong))


def _role(request: Request) -> CollectionRole:
    try:
        return CollectionRole(form_field(request, "role"))
    except ValueError as error:
        raise Malformed("choose a role") from error


def _whom(request: Request) -> dict[str, str]:
    kind, name = form_field(request, "kind"), form_field(request, "name").strip()
    if kind not in ("user", "team") or not name:
        raise Malformed("name a user or a team")
    return {kind: name}


def _access_page(request: Request, wrong: Wrong) -> Response:
    collection = managed_collection(request)
    asked = Asked(query_field(request, "after"), SHOWN_AT_ONCE)
    grants = request.services.grants.of(collection, after=asked.after, limit=asked.limit + 1)
    shown = page_of(grants, asked, lambda one: one.key)
    return page(
        request,
        "manage/access",
        status=wrong.status,
        wrong=wrong,
        collection=collection,
        grants=shown.entries,
        next_after=shown.next_after,
        roles=list(CollectionRole),
    )
