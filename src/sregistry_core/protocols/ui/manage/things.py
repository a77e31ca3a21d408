"""What the address of a page names, where things are: `/{entity}/{collection}/{container}`."""

from pyramid.request import Request

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Collection, Container
from sregistry_core.names import (
    CollectionName,
    ContainerName,
    parse_collection_name,
    parse_container_name,
    parse_entity_name,
)
from sregistry_core.services.access import name_of


def managed_collection(request: Request) -> Collection:
    """Give the collection in the address, which the caller manages.

    Raises NotFound for what is hidden, LoginRequired or NotAllowed for whoever may not manage it.
    """
    collection: Collection = request.services.catalog.collection(_collection_name(request))
    request.services.access.require(Action.MANAGE, collection)
    return collection


def container_for(request: Request, action: Action) -> Container:
    """Give the container in the address, to which the caller may do this. Raises as above."""
    container: Container = request.services.catalog.container(_container_name(request))
    request.services.access.require(action, container)
    return container


def address_of(thing: Collection | Container, page: str = "") -> str:
    """Give the path of a thing, or of a page of it."""
    return f"/{name_of(thing)}/-/{page}" if page else f"/{name_of(thing)}"


def _collection_name(request: Request) -> CollectionName:
    said = request.matchdict
    try:
        return CollectionName(
            parse_entity_name(said["entity"]), parse_collection_name(said["collection"])
        )
    except Malformed as error:
        raise NotFound(f"{said['entity']}/{said['collection']} does not exist") from error


def _container_name(request: Request) -> ContainerName:
    of = _collection_name(request)
    said = request.matchdict["container"]
    try:
        return ContainerName(of.entity, of.collection, parse_container_name(said))
    except Malformed as error:
        raise NotFound(f"{of}/{said} does not exist") from error
