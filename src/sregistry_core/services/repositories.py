"""Repositories, as OCI clients call containers: found, made on a push, and listed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.contracts.policy import CATALOG
from sregistry_core.errors import NotAllowed, NotFound
from sregistry_core.models import Collection, Container, Entity, Image, ManifestTag, Tag
from sregistry_core.names import ContainerName

from .access import Access
from .catalog import Catalog
from .freezing import refuse_frozen

if TYPE_CHECKING:
    from . import Facilities


class Repositories:
    """Containers under one name of one to three parts."""

    def __init__(self, db: Session, access: Access, catalog: Catalog, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._facilities = facilities

    def find(self, name: ContainerName, action: Action = Action.READ) -> Container:
        """Give a repository on which the caller may do this.

        Raises LoginRequired for a narrow token that was made for another one, whether there is
        such a repository or not; NotFound for what the caller may not see.
        """
        self._access.require_reach(action, str(name))
        container = self._catalog.container(name)
        if action is not Action.READ:
            self._access.require(action, container)
        return container

    def readable(self, name: ContainerName) -> Container | None:
        """Give a repository that the caller may read; None for all others, hidden or absent.

        Raises LoginRequired for a narrow token that was made for another one.
        """
        self._access.require_reach(Action.READ, str(name))
        try:
            return self._catalog.container(name)
        except (NotFound, NotAllowed):
            return None

    def for_push(self, name: ContainerName) -> Container:
        """Give a repository that the caller may push to, made with its collection when missing.

        Raises Conflict when it is frozen.
        """
        self._access.require_reach(Action.PUSH, str(name))
        container = self.readable(name)
        if container is None:
            # For what is hidden the same as for what is absent.
            catalog = self._catalog
            entity = catalog.create_entity(name.entity)
            collection = catalog.create_collection(entity, name.collection, exist_ok=True)
            container = catalog.create_container(collection, name.container, exist_ok=True)
        self._access.require(Action.PUSH, container)
        refuse_frozen(container)
        return container

    def tags(self, container: Container, *, after: str = "", limit: int) -> Sequence[str]:
        """Give the names of the tags of a repository that follow `after`, in order."""
        self._access.require(Action.READ, container)
        of_images = (
            select(Tag.name)
            .join(Image, Image.id == Tag.image_id)
            .where(Tag.container_id == container.id, Tag.name > after, Image.blob_id.is_not(None))
        )
        of_manifests = select(ManifestTag.name).where(
            ManifestTag.container_id == container.id, ManifestTag.name > after
        )
        both = of_images.union(of_manifests).subquery()
        return self._db.scalars(select(both.c.name).order_by(both.c.name).limit(limit)).all()

    def names(self, *, after: str = "", limit: int) -> Sequence[str]:
        """Give full names of repositories that the caller may see, from the one after `after` on.

        They are in the order of entity, collection and container, each by itself. A page asks for
        what follows in the collection, in the entity and in all others, each by a key, so that its
        cost is that of the page. Raises LoginRequired for a narrow token made for something else.
        """
        self._access.require_reach(Action.READ, CATALOG)
        entity, collection, container = [*after.split("/", 2), "", ""][:3]
        found: list[str] = []
        conditions: list[list[ColumnElement[bool]]] = [
            [
                Entity.name == entity,
                Collection.name == collection,
                Container.name > container,
            ],
            [Entity.name == entity, Collection.name > collection],
            [Entity.name > entity],
        ]
        for condition in conditions if after else conditions[2:]:
            if len(found) < limit:
                query = self._named(condition).limit(limit - len(found))
                found += ["/".join(row) for row in self._db.execute(query).all()]
        return found

    def _named(self, condition: list[ColumnElement[bool]]) -> Select[str, str, str]:
        return (
            select(Entity.name, Collection.name, Container.name)
            .join(Collection, Collection.entity_id == Entity.id)
            .join(Container, Container.collection_id == Collection.id)
            .where(self._access.visible(), *condition)
            .order_by(Entity.name, Collection.name, Container.name)
        )
