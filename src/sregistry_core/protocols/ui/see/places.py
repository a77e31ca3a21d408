"""The place that an address names: the registry, an entity, a collection or a container."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyramid.request import Request

from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Collection, Container, Entity
from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.services.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody looks.

    names    from the entity down; none for the registry
    """

    names: tuple[str, ...] = ()
    entity: Entity | None = None
    collection: Collection | None = None
    container: Container | None = None

    @property
    def path(self) -> str:
        """Its address; empty for the registry."""
        return "".join(f"/{name}" for name in self.names)

    @property
    def name(self) -> str:
        """Its full name; empty for the registry."""
        return "/".join(self.names)

    @property
    def file_name(self) -> str:
        """Its name as a part of the name of a file."""
        return "-".join(self.names) or "registry"

    @property
    def above(self) -> "tuple[Place, ...]":
        """The places that it is in, from the registry down; without those that were found."""
        return tuple(Place(self.names[:count]) for count in range(len(self.names)))


def place_of(request: Request) -> Place:
    """Find the place. Raises NotFound, for what can be no name too."""
    return place_in(request.services.catalog, request.matchdict)


def place_in(catalog: Catalog, matched: Mapping[str, str]) -> Place:
    """Find the place that the parts of an address name, as `place_of` does."""
    names = tuple(
        matched[part] for part in ("entity", "collection", "container") if part in matched
    )
    try:
        if not names:
            return Place()
        if len(names) == 1:
            entity = catalog.entity(names[0])
            return Place((entity.name,), entity=entity)
        if len(names) == 2:
            collection = catalog.collection(CollectionName.parse("/".join(names), home=""))
            return Place((collection.entity.name, collection.name), collection=collection)
        container = catalog.container(ContainerName.parse("/".join(names), home=""))
        shelf = container.collection
        return Place((shelf.entity.name, shelf.name, container.name), container=container)
    except Malformed as error:
        raise NotFound(f"{'/'.join(names)} does not exist") from error
