"""Collections: listed, made, described, hidden and deleted."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import Collection
from sregistry_core.services.access import name_of
from sregistry_core.web.paging import read_page

from .addressed import collection_of
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import Members, read_changes, read_members
from .wire import collection_json

_SIGNED = ("require_signed", "allowed_signers")


@endpoint("api.collections", "entity", "after", "limit")
def list_collections(request: Request) -> Response:
    """Show the collections that the caller may see, of one entity or of all."""
    asked = read_page(request)
    collections = request.services.catalog.collections(
        entity=request.GET.get("entity"), after=asked.after, limit=asked.limit + 1
    )
    signers = request.services.signers.of_several(collections)
    topics = request.services.collection_changes.topics_of(collections)
    return page(
        request,
        collections,
        asked,
        key=name_of,
        to_json=lambda one: collection_json(one, signers.get(one.id, ()), topics.get(one.id, ())),
    )


@endpoint("api.create_collection")
def create_collection(request: Request) -> Response:
    """Make a collection."""
    members = read_members(request, "entity", "collection", "private", "description", *_SIGNED)
    catalog = request.services.catalog
    collection = catalog.create_collection(
        catalog.entity(members.text("entity")),
        members.text("collection"),
        private=members.optional_boolean("private"),
        description=members.optional_text("description") or "",
    )
    _change_demand(request, collection, members)
    return created(
        request,
        _shown(request, collection),
        "api.collection",
        entity=collection.entity.name,
        collection=collection.name,
    )


@endpoint("api.collection")
def show_collection(request: Request) -> Response:
    """Show a collection."""
    return answer(_shown(request, collection_of(request)))


@endpoint("api.change_collection")
def change_collection(request: Request) -> Response:
    """Describe a collection, hide, freeze or show it, or change whose signatures it demands."""
    members = read_changes(request, "private", "description", "frozen", "topics", *_SIGNED)
    collection = request.services.catalog.change_collection(
        collection_of(request),
        private=members.optional_boolean("private"),
        description=members.optional_text("description"),
    )
    _change_demand(request, collection, members)
    changes = request.services.collection_changes
    if (frozen := members.optional_boolean("frozen")) is not None:
        changes.freeze(collection, frozen=frozen)
    if (topics := members.optional_texts("topics")) is not None:
        changes.set_topics(collection, topics)
    return answer(_shown(request, collection))


@endpoint("api.rename_collection")
def rename_collection(request: Request) -> Response:
    """Give a collection another name; the old one leads to it from now on."""
    members = read_members(request, "collection")
    renaming = request.services.renaming
    collection = renaming.rename(collection_of(request), members.text("collection"))
    return answer(_shown(request, collection))


@endpoint("api.transfer_collection")
def transfer_collection(request: Request) -> Response:
    """Give a collection to another entity; the old name leads to it from now on."""
    members = read_members(request, "entity")
    renaming = request.services.renaming
    collection = renaming.transfer(collection_of(request), members.text("entity"))
    return answer(_shown(request, collection))


@endpoint("api.delete_collection")
def delete_collection(request: Request) -> Response:
    """Delete a collection that holds nothing."""
    request.services.catalog.delete_collection(collection_of(request))
    return nothing()


def _change_demand(request: Request, collection: Collection, members: Members) -> None:
    if any(name in members for name in _SIGNED):
        request.services.signers.change(
            collection,
            require_signed=members.optional_boolean("require_signed"),
            signers=members.optional_texts("allowed_signers"),
        )


def _shown(request: Request, collection: Collection) -> dict[str, Any]:
    topics = request.services.collection_changes.topics_of([collection])
    signers = request.services.signers.of(collection)
    return collection_json(collection, signers, topics.get(collection.id, ()))
