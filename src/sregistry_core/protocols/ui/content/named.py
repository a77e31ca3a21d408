"""What the path of a page names: what can be no name is answered as what is not there."""

from pyramid.httpexceptions import HTTPFound
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
    name = CollectionName(
        _part(request, "entity", parse_entity_name),
        _part(request, "collection", parse_collection_name),
    )
    collection: Collection = request.services.catalog.collection(name)
    lead_to_its_name(request, str(name), name_of(collection))
    return collection


def container_of(request: Request) -> Container:
    """Give the container that the path names. Raises NotFound."""
    name = container_name_of(request)
    container: Container = request.services.catalog.container(name)
    lead_to_its_name(request, str(name), name_of(container))
    return container


def container_name_of(request: Request) -> ContainerName:
    """Give the name of the container in the path. Raises NotFound for what can be none."""
    return ContainerName(
        _part(request, "entity", parse_entity_name),
        _part(request, "collection", parse_collection_name),
        _part(request, "container", parse_container_name),
    )


def lead_to_its_name(request: Request, asked: str, name: str) -> None:
    """Send the browser to where a thing is found now, when it was asked for by a former name."""
    if asked != name:
        rest = request.path[len(f"/{asked}") :]
        query = f"?{request.query_string}" if request.query_string else ""
        raise HTTPFound(location=f"/{name}{rest}{query}")


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
