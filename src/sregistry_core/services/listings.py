"""Lists of what the caller may see, one entry for each tag, as the sregistry client has them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, select
from sqlalchemy.orm import Session, aliased, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.models import Collection, Container, Entity, Image, ImageLabel, Tag
from sregistry_core.names import USUAL_ARCHITECTURE, CollectionName

from .access import Access, name_of
from .freezing import is_frozen_whole
from .named import find_collection

AnySelect = Select[*tuple[Any, ...]]
MOST_LABELS = 10_000
"""How many pairs of a label and a tag one question is answered with."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list is asked for; no limit for all of it."""

    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, by canonical names; None for any."""

    entity: str | None = None
    collection: str | None = None
    container: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A tag with its image; of several architectures, the usual one or the first."""

    image: Image
    tag: str
    frozen: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection with its tags, each as `container:tag`."""

    collection: Collection
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label, and all that bears it, as `entity/collection/container:tag`."""

    name: str
    value: str
    bearers: tuple[str, ...]


class Listings:
    """Lists collections, tags and labels."""

    def __init__(self, db: Session, access: Access):
        self._db = db
        self._access = access

    def shelves(self, wanted: Wanted, span: Span) -> Sequence[Shelf]:
        """Give collections in the order of their names, with what is in them."""
        self._access.ask_policies(Action.READ, "")
        found = self._db.scalars(
            _spanned(self._collections(wanted, select(Collection)), span)
            .options(contains_eager(Collection.entity))
            .order_by(Entity.name, Collection.name)
        ).all()
        seen = [one for one in found if self._access.lets(Action.READ, one)]
        tags = self._tags_by_collection(wanted, seen if span.limit is not None else None)
        return [Shelf(one, tuple(tags[one.id])) for one in seen]

    def count_shelves(self, wanted: Wanted) -> int:
        """Give the number of collections in the whole list."""
        query = self._collections(wanted, select(func.count()).select_from(Collection))
        return self._db.scalar(query) or 0

    def tagged(self, wanted: Wanted, span: Span) -> Sequence[Listed]:
        """Give tags with their images, in the order of their full names."""
        self._access.ask_policies(Action.READ, "")
        rows = self._db.execute(
            _spanned(self._tags(wanted, select(Image, Tag.name, Tag.frozen_at)), span)
            .options(
                contains_eager(Image.container)
                .contains_eager(Container.collection)
                .contains_eager(Collection.entity)
            )
            .order_by(Entity.name, Collection.name, Container.name, Tag.name)
        ).all()
        return [
            Listed(image, tag, frozen_at is not None or is_frozen_whole(image.container))
            for image, tag, frozen_at in rows
            if self._access.lets(Action.READ, image.container)
        ]

    def count_tagged(self, wanted: Wanted) -> int:
        """Give the number of tags in the whole list."""
        return self._db.scalar(self._tags(wanted, select(func.count()))) or 0

    def labels(
        self, wanted: Wanted, *, name: str | None = None, value: str | None = None
    ) -> Sequence[Labelled]:
        """Give labels of this name and value, in small or capital letters, and what bears them."""
        self._access.ask_policies(Action.READ, "")
        query = (
            self._tags(
                wanted, select(ImageLabel.name, ImageLabel.value, Container, Tag.name.label("tag"))
            )
            .join(ImageLabel, ImageLabel.image_id == Image.id)
            .options(contains_eager(Container.collection).contains_eager(Collection.entity))
            .order_by(
                ImageLabel.name,
                ImageLabel.value,
                Entity.name,
                Collection.name,
                Container.name,
                Tag.name,
            )
            .limit(MOST_LABELS)
        )
        if name is not None:
            query = query.where(func.lower(ImageLabel.name) == name.lower())
        if value is not None:
            query = query.where(func.lower(ImageLabel.value) == value.lower())
        bearers: dict[tuple[str, str], list[str]] = defaultdict(list)
        for label, text, container, tag in self._db.execute(query):
            if self._access.lets(Action.READ, container):
                bearers[label, text].append(f"{name_of(container)}:{tag}")
        return [Labelled(label, text, tuple(all_)) for (label, text), all_ in bearers.items()]

    def _collections(self, wanted: Wanted, query: AnySelect) -> AnySelect:
        query = query.join(Collection.entity).where(self._access.visible())
        return query.where(*self._called(wanted))

    def _called(self, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
        """Hold collections against their names; a full name may be one of before."""
        if wanted.entity is not None and wanted.collection is not None:
            found = find_collection(self._db, CollectionName(wanted.entity, wanted.collection))
            yield Collection.id == found.id if found is not None else false()
        elif wanted.entity is not None:
            yield Entity.name == wanted.entity
        elif wanted.collection is not None:
            yield Collection.name == wanted.collection

    def _tags(self, wanted: Wanted, query: AnySelect) -> AnySelect:
        other = aliased(Tag)
        # One row for each tag: no other architecture of it comes first.
        better = exists().where(
            other.container_id == Tag.container_id,
            other.name == Tag.name,
            other.arch != Tag.arch,
            (other.arch == USUAL_ARCHITECTURE)
            | ((Tag.arch != USUAL_ARCHITECTURE) & (other.arch < Tag.arch)),
        )
        query = (
            query.select_from(Image)
            .join(Tag, Tag.image_id == Image.id)
            .join(Container, Container.id == Image.container_id)
            .join(Container.collection)
            .join(Collection.entity)
            .where(Image.blob_id.is_not(None), self._access.visible_containers(), ~better)
            .where(*self._called(wanted))
        )
        for column, text in (
            (Container.name, wanted.container),
            (Tag.name, wanted.tag),
        ):
            if text is not None:
                query = query.where(column == text)
        return query

    def _tags_by_collection(
        self, wanted: Wanted, within: Sequence[Collection] | None
    ) -> dict[str, list[str]]:
        query = self._tags(
            wanted,
            select(Container.collection_id, Container.name, Tag.name.label("tag")),
        ).order_by(Container.name, Tag.name)
        if within is not None:
            query = query.where(Container.collection_id.in_([one.id for one in within]))
        tags: dict[str, list[str]] = defaultdict(list)
        for collection_id, container, tag in self._db.execute(query):
            tags[collection_id].append(f"{container}:{tag}")
        return tags


def _spanned(query: AnySelect, span: Span) -> AnySelect:
    if span.offset:
        query = query.offset(span.offset)
    return query.limit(span.limit) if span.limit is not None else query
