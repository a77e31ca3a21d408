"""Stars: the collections that the caller has marked."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.services.access import name_of
from sregistry_core.web.paging import read_page

from .addressed import collection_of
from .answers import nothing, page
from .endpoints import endpoint
from .wire import collection_json


@endpoint("api.stars", "after", "limit")
def list_stars(request: Request) -> Response:
    """Show the collections that the caller has starred."""
    asked = read_page(request)
    services = request.services
    found = services.stars.mine(after=asked.after, limit=asked.limit + 1)
    signers = services.signers.of_several(found)
    topics = services.collection_changes.topics_of(found)
    return page(
        request,
        found,
        asked,
        key=name_of,
        to_json=lambda one: collection_json(one, signers.get(one.id, ()), topics.get(one.id, ())),
    )


@endpoint("api.star")
def give_star(request: Request) -> Response:
    """Star a collection."""
    request.services.stars.give(collection_of(request))
    return nothing()


@endpoint("api.unstar")
def take_star(request: Request) -> Response:
    """Take one's star back."""
    request.services.stars.take(collection_of(request))
    return nothing()
