"""What the path of a page names: what can be no name is answered as what is not there."""

from pyramid.request import Request

from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Collection, Container, Entity
from sregistry_core.names import (
    CollectionName,
    ContainerName,
    parse_collection_name,
    parse_container_name,
    parse_entity_name,
)
from sregistry_core.services.access import name_of


def entity_of(request: Request) -> Entity:
    """Give the entity that the path names. Raises NotFound."""
    entity: Entity = request.services.catalog.entity(_part(request, "entity", parse_entity_name))
    return entity


def collection_of(request: Request) -> Collection:
    """Give the collection that the path names. Raises NotFound."""
    collection: Collection = request.services.catalog.collection(
        CollectionName(
            _part(request, "entity", parse_entity_name),
            _part(request, "collection", parse_collection_name),
        )
    )
    return collection


def container_of(request: Request) -> Container:
    """Give the container that the path names. Raises NotFound."""
    container: Container = request.services.catalog.container(container_name_of(request))
    return container


def container_name_of(request: Request) -> ContainerName:
    """Give the name of the container in the path. Raises NotFound for what can be none."""
    return ContainerName(
        _part(request, "entity", parse_entity_name),
        _part(request, "collection", parse_collection_name),
        _part(request, "container", parse_container_name),
    )


def path_of(thing: Entity | Collection | Container) -> str:
    """Give the path of the page of a thing."""
    return f"/{thing.name}" if isinstance(thing, Entity) else f"/{name_of(thing)}"


def is_public(request: Request, collection: Collection) -> bool:
    """Tell whether everybody may see a collection, also who is not signed in."""
    settings = request.registry["facilities"].settings
    return not collection.private and not settings.private_only


def absent(request: Request) -> NotFound:
    """Give the refusal of an address at which there is nothing."""
    return NotFound("there is nothing at this address")


def _part(request: Request, name: str, parse: object) -> str:
    try:
        return str(parse(request.matchdict[name]))  # type: ignore[operator]
    except Malformed as error:
        raise absent(request) from error
