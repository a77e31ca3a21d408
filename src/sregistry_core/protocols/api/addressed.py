"""What the path of a request names: parsed here, and looked up by the services."""

from pyramid.request import Request

from sregistry_core.errors import NotFound
from sregistry_core.models import Collection, Container, Image
from sregistry_core.names import (
    CollectionName,
    ContainerName,
    ImageName,
    parse_architecture,
    parse_collection_name,
    parse_container_name,
    parse_entity_name,
)

LARGEST_NUMBER = (1 << 31) - 1
_MOST_DIGITS = 12


def part(request: Request, name: str) -> str:
    """Give one part of the path."""
    text: str = request.matchdict[name]
    return text


def collection_of(request: Request) -> Collection:
    """Give the collection that the path names. Raises NotFound."""
    said = request.matchdict
    name = CollectionName(
        parse_entity_name(said["entity"]), parse_collection_name(said["collection"])
    )
    collection: Collection = request.services.catalog.collection(name)
    return collection


def container_of(request: Request) -> Container:
    """Give the container that the path names. Raises NotFound."""
    container: Container = request.services.catalog.container(container_name_of(request))
    return container


def container_name_of(request: Request) -> ContainerName:
    """Give the name of the container in the path. Raises Malformed with the rule."""
    said = request.matchdict
    return ContainerName(
        parse_entity_name(said["entity"]),
        parse_collection_name(said["collection"]),
        parse_container_name(said["container"]),
    )


def image_of(request: Request) -> Image:
    """Give the image that the path names by tag or digest; `arch` chooses among a tag's images."""
    name = ImageName.of(container_name_of(request), part(request, "reference"))
    image: Image = request.services.images.resolve(name, arch_of(request))
    return image


def arch_of(request: Request) -> str | None:
    """Give the architecture that the query names, or None. Raises Malformed with the rule."""
    arch = request.GET.get("arch")
    return None if arch is None else parse_architecture(arch)


def number_of(request: Request) -> int:
    """Give the number of a share link in the path; what no database could hold is absent."""
    text = part(request, "number")
    number = read_number(text)
    if number is None:
        raise NotFound(f"the share link {text[:40]} does not exist")
    return number


def read_number(text: str) -> int | None:
    """Give the number that a text is, or None when no share link can have it."""
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        return None
    number = int(text)
    return number if number <= LARGEST_NUMBER else None
