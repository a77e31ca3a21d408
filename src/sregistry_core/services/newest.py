"""What was pushed last, and every public name: for feeds and for crawlers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, contains_eager, lazyload, load_only

from sregistry_core.contracts import Action
from sregistry_core.models import (
    Blob,
    Collection,
    CollectionSummary,
    Container,
    Entity,
    Image,
    SearchEntry,
    Tag,
    User,
)

from .access import Access, name_of

if TYPE_CHECKING:
    from . import Facilities

MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image that was pushed; `size` in bytes."""

    id: str
    container: str
    description: str
    digest: str
    arch: str | None
    size: int
    tags: tuple[str, ...]
    pushed_at: datetime
    pushed_by: str | None


class Newest:
    """Images by the time of their push."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def images(
        self,
        *,
        entity: Entity | None = None,
        collection: Collection | None = None,
        limit: int = MOST_ENTRIES,
    ) -> Sequence[NewImage]:
        """Give the images that the caller may see and that were pushed last, the newest first.

        They are looked for where something was pushed last, as the job that sums up has found it.
        """
        containers = self._containers(entity, collection, limit)
        # Chosen by their keys first: of a place there may be thousands, and few are shown.
        newest = (
            select(Image.id)
            .where(
                Image.container_id.in_(containers),
                Image.pushed_at.is_not(None),
                Image.blob_id.is_not(None),
            )
            .order_by(Image.pushed_at.desc(), Image.id)
            .limit(limit)
            .subquery()
        )
        query = (
            select(Image, Blob.size, User.name)
            .join(newest, newest.c.id == Image.id)
            .join(Image.container)
            .join(Container.collection)
            .join(Collection.entity)
            .join(Blob, Blob.id == Image.blob_id)
            .outerjoin(User, User.id == Image.pushed_by)
            .options(
                lazyload(Image.blob),
                load_only(
                    Image.digest, Image.arch, Image.pushed_at, Image.created_at, Image.container_id
                ),
                contains_eager(Image.container)
                .contains_eager(Container.collection)
                .contains_eager(Collection.entity),
            )
            .order_by(Image.pushed_at.desc(), Image.id)
        )
        rows = [
            row
            for row in self._db.execute(query)
            if self._access.lets(Action.READ, row[0].container)
        ]
        tags = self._tags_of([image.id for image, _, _ in rows])
        return [
            NewImage(
                id=image.id,
                container=name_of(image.container),
                description=image.container.description or image.container.collection.description,
                digest=image.digest,
                arch=image.arch,
                size=size,
                tags=tuple(tags.get(image.id, ())),
                pushed_at=image.pushed_at or image.created_at,
                pushed_by=by,
            )
            for image, size, by in rows
        ]

    def every(self, step: int) -> Sequence[str]:
        """Give every `step`-th full name of the containers that hold something the caller sees."""
        number = func.row_number().over(order_by=SearchEntry.full_name)
        numbered = select(SearchEntry.full_name, number).where(self._seen()).subquery()
        full_name, place = numbered.c
        query = select(full_name).where(place % step == 0).order_by(place)
        return self._db.scalars(query).all()

    def names(self, *, after: str = "", limit: int) -> Sequence[str]:
        """Give the full names of such containers that follow `after`, in the same order."""
        query = select(SearchEntry.full_name).where(SearchEntry.full_name > after, self._seen())
        return self._db.scalars(query.order_by(SearchEntry.full_name).limit(limit)).all()

    def _seen(self) -> ColumnElement[bool]:
        seen = select(Collection.id).join(Collection.entity).where(self._access.visible())
        return seen.where(Collection.id == SearchEntry.collection_id).exists()

    def _containers(
        self, entity: Entity | None, collection: Collection | None, limit: int
    ) -> Sequence[str]:
        """Give the containers to which something was pushed last: by a key, in any registry."""
        query = (
            select(SearchEntry.container_id)
            .join(Container, Container.id == SearchEntry.container_id)
            .join(Collection, Collection.id == SearchEntry.collection_id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(self._access.visible_containers())
            .order_by(SearchEntry.pushed_at.desc())
            .limit(limit)
        )
        if entity is not None:
            # What was pushed last is in the collections that something was pushed to last.
            latest = (
                select(Collection.id)
                .join(Collection.entity)
                .join(CollectionSummary, CollectionSummary.collection_id == Collection.id)
                .where(
                    Collection.entity_id == entity.id,
                    CollectionSummary.pushed_at.is_not(None),
                    self._access.visible(),
                )
                .order_by(CollectionSummary.pushed_at.desc())
                .limit(limit)
            )
            query = query.where(SearchEntry.collection_id.in_(self._db.scalars(latest).all()))
        if collection is not None:
            query = query.where(SearchEntry.collection_id == collection.id)
        return self._db.scalars(query).all()

    def _tags_of(self, images: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        query = (
            select(Tag.image_id, Tag.name)
            .where(Tag.image_id.in_(images))
            .order_by(Tag.moved_at.desc(), Tag.name)
        )
        for image_id, name in self._db.execute(query):
            found.setdefault(image_id, []).append(name)
        return found
