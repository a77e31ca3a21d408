"""Collections: listed, made, described, hidden and deleted."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.services.access import name_of
from sregistry_core.web.paging import read_page

from .addressed import collection_of
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_changes, read_members
from .wire import collection_json


@endpoint("api.collections", "entity", "after", "limit")
def list_collections(request: Request) -> Response:
    """Show the collections that the caller may see, of one entity or of all."""
    asked = read_page(request)
    collections = request.services.catalog.collections(
        entity=request.GET.get("entity"), after=asked.after, limit=asked.limit + 1
    )
    return page(request, collections, asked, key=name_of, to_json=collection_json)


@endpoint("api.create_collection")
def create_collection(request: Request) -> Response:
    """Make a collection."""
    members = read_members(request, "entity", "collection", "private", "description")
    catalog = request.services.catalog
    collection = catalog.create_collection(
        catalog.entity(members.text("entity")),
        members.text("collection"),
        private=members.optional_boolean("private"),
        description=members.optional_text("description") or "",
    )
    return created(
        request,
        collection_json(collection),
        "api.collection",
        entity=collection.entity.name,
        collection=collection.name,
    )


@endpoint("api.collection")
def show_collection(request: Request) -> Response:
    """Show a collection."""
    return answer(collection_json(collection_of(request)))


@endpoint("api.change_collection")
def change_collection(request: Request) -> Response:
    """Describe a collection, or hide or show it."""
    members = read_changes(request, "private", "description")
    collection = request.services.catalog.change_collection(
        collection_of(request),
        private=members.optional_boolean("private"),
        description=members.optional_text("description"),
    )
    return answer(collection_json(collection))


@endpoint("api.delete_collection")
def delete_collection(request: Request) -> Response:
    """Delete a collection that holds nothing."""
    request.services.catalog.delete_collection(collection_of(request))
    return nothing()
