"""How large what is: collections of the registry, containers of a collection, images of those."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.models import (
    Blob,
    Collection,
    CollectionSummary,
    Container,
    ContainerSummary,
    Entity,
    Image,
    Tag,
)

from .access import Access

MOST = 100
"""Things of one question that are named; the others are added up."""


@dataclass(frozen=True, slots=True)
class Sized:
    """Something with a size in bytes.

    name    its full name; of an image that of its container
    tag     of an image: its first tag, None when it has none
    digest  of an image
    images  how many are in it
    """

    name: str
    size: int
    images: int
    tag: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Sizes:
    """The largest things from a place in their order on, and all of them together.

    count, size, images   of all that the caller may see, named or not
    """

    largest: Sequence[Sized]
    skipped: int
    count: int
    size: int
    images: int

    @property
    def others(self) -> int:
        """How many follow that are not named."""
        return self.count - self.skipped - len(self.largest)


class Measured:
    """Reads what the summaries say; what has none yet has no size."""

    def __init__(self, db: Session, access: Access):
        self._db = db
        self._access = access

    def collections(
        self, entity: Entity | None = None, *, skip: int = 0, limit: int = MOST
    ) -> Sizes:
        """Give the collections that the caller may see, of an entity or of all, largest first."""
        self._access.ask_policies(Action.READ, "" if entity is None else entity.name)
        seen = (
            select(
                Entity.name.label("entity"),
                Collection.name.label("collection"),
                func.coalesce(CollectionSummary.size, 0).label("size"),
                func.coalesce(CollectionSummary.image_count, 0).label("images"),
            )
            .select_from(Collection)
            .join(Entity, Entity.id == Collection.entity_id)
            .outerjoin(CollectionSummary, CollectionSummary.collection_id == Collection.id)
            .where(self._access.visible())
        )
        if entity is not None:
            seen = seen.where(Collection.entity_id == entity.id)
        rows = seen.subquery()
        count, size, images = self._db.execute(
            select(func.count(), func.sum(rows.c.size), func.sum(rows.c.images)).select_from(rows)
        ).one()
        found = self._db.execute(
            select(rows)
            .order_by(rows.c.size.desc(), rows.c.entity, rows.c.collection)
            .offset(skip)
            .limit(limit)
        )
        largest = [
            Sized(f"{row.entity}/{row.collection}", int(row.size), row.images) for row in found
        ]
        return Sizes(largest, skip, count, int(size or 0), int(images or 0))

    def containers(self, collection: Collection, *, skip: int = 0, limit: int = MOST) -> Sizes:
        """Give the containers of a collection, largest first."""
        self._access.require(Action.READ, collection)
        rows = (
            select(
                Container.name.label("name"),
                func.coalesce(ContainerSummary.size, 0).label("size"),
                func.coalesce(ContainerSummary.image_count, 0).label("images"),
            )
            .select_from(Container)
            .outerjoin(ContainerSummary, ContainerSummary.container_id == Container.id)
            .where(Container.collection_id == collection.id)
            .subquery()
        )
        count, size, images = self._db.execute(
            select(func.count(), func.sum(rows.c.size), func.sum(rows.c.images)).select_from(rows)
        ).one()
        found = self._db.execute(
            select(rows).order_by(rows.c.size.desc(), rows.c.name).offset(skip).limit(limit)
        )
        shelf = f"{collection.entity.name}/{collection.name}"
        largest = [Sized(f"{shelf}/{row.name}", int(row.size), row.images) for row in found]
        return Sizes(largest, skip, count, int(size or 0), int(images or 0))

    def images(self, container: Container, *, skip: int = 0, limit: int = MOST) -> Sizes:
        """Give the images of a container, largest first, each by its first tag."""
        self._access.require(Action.READ, container)
        here = (Image.container_id == container.id, Blob.id == Image.blob_id)
        count, size = self._db.execute(
            select(func.count(), func.sum(Blob.size)).select_from(Image).where(*here)
        ).one()
        tag = (
            select(func.min(Tag.name))
            .where(Tag.image_id == Image.id)
            .correlate(Image)
            .scalar_subquery()
        )
        found = self._db.execute(
            select(Image.digest, Blob.size, tag.label("tag"))
            .where(*here)
            .order_by(Blob.size.desc(), Image.digest)
            .offset(skip)
            .limit(limit)
        )
        collection = container.collection
        name = f"{collection.entity.name}/{collection.name}/{container.name}"
        largest = [Sized(name, row.size, 1, tag=row.tag, digest=row.digest) for row in found]
        return Sizes(largest, skip, count, int(size or 0), count)
