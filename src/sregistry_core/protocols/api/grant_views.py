"""Roles of users and teams on a collection."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import CollectionRole
from sregistry_core.web.paging import read_page

from .addressed import collection_of, part
from .answers import answer, nothing, page
from .endpoints import endpoint
from .members import read_members
from .wire import grant_json


@endpoint("api.grants", "after", "limit")
def list_grants(request: Request) -> Response:
    """Show who was given which role."""
    asked = read_page(request)
    grants = request.services.grants.of(
        collection_of(request), after=asked.after, limit=asked.limit + 1
    )
    return page(request, grants, asked, key=lambda one: one.key, to_json=grant_json)


@endpoint("api.grant_to_user")
def grant_to_user(request: Request) -> Response:
    """Give a user a role."""
    return _give(request, user=part(request, "user"))


@endpoint("api.grant_to_team")
def grant_to_team(request: Request) -> Response:
    """Give a team a role."""
    return _give(request, team=part(request, "team"))


@endpoint("api.take_from_user")
def take_from_user(request: Request) -> Response:
    """Take a user's role away."""
    request.services.grants.take(collection_of(request), user=part(request, "user"))
    return nothing()


@endpoint("api.take_from_team")
def take_from_team(request: Request) -> Response:
    """Take a team's role away."""
    request.services.grants.take(collection_of(request), team=part(request, "team"))
    return nothing()


def _give(request: Request, *, user: str | None = None, team: str | None = None) -> Response:
    role = read_members(request, "role").choice("role", CollectionRole)
    granted = request.services.grants.give(collection_of(request), role, user=user, team=team)
    return answer(grant_json(granted))
