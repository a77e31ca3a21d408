"""Collections as their owners change them: topics, freezing, and their end with all in them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import Conflict, Malformed
from sregistry_core.models import (
    Blob,
    Collection,
    Container,
    Image,
    ManifestTag,
    RepositoryBlob,
    Tag,
    Topic,
)

from .access import Access, name_of
from .catalog import Catalog
from .freezing import refuse_frozen
from .outbox import OutboxService
from .summaries import collection_changed

if TYPE_CHECKING:
    from . import Facilities

MOST_TOPICS = 20
LONGEST_TOPIC = 40


@dataclass(frozen=True, slots=True)
class Holdings:
    """What would go with a collection or a container; `size` in bytes.

    size     of its bytes, each counted once
    freed    of those that nothing else in the registry has
    frozen   names of what is frozen in it, a few of them
    """

    containers: int
    images: int
    tags: int
    size: int
    freed: int
    frozen: Sequence[str]


class CollectionChanges:
    """Topics, freezing and deletion of collections."""

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._outbox = outbox
        self._facilities = facilities

    def topics_of(self, collections: Sequence[Collection]) -> Mapping[str, Sequence[str]]:
        """Give the topics of some collections, by identifier; none of what may not be read."""
        readable = [one.id for one in collections if self._access.lets(Action.READ, one)]
        rows = self._db.execute(
            select(Topic.collection_id, Topic.name)
            .where(Topic.collection_id.in_(readable))
            .order_by(Topic.name)
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row.collection_id, []).append(row.name)
        return found

    def set_topics(self, collection: Collection, topics: Sequence[str]) -> Sequence[str]:
        """Say what a collection is about, in place of what was said before.

        Words are brought into one form: small letters, a dash for what stands between them.
        Raises Malformed for one without any letter or digit, and for too many.
        """
        self._access.require(Action.MANAGE, collection)
        wanted = sorted({_topic(one) for one in topics if one.strip()})
        if len(wanted) > MOST_TOPICS:
            raise Malformed(f"{len(wanted)} topics are more than the {MOST_TOPICS} of a collection")
        held = set(self.topics_of([collection]).get(collection.id, ()))
        gone = held - set(wanted)
        self._db.execute(
            delete(Topic).where(Topic.collection_id == collection.id, Topic.name.in_(gone))
        )
        for name in wanted:
            if name not in held:
                self._db.add(Topic(collection_id=collection.id, name=name))
        self._db.flush()
        if held != set(wanted):
            collection_changed(self._outbox, collection.id)
        return wanted

    def freeze(self, collection: Collection, *, frozen: bool = True) -> None:
        """Freeze a collection, so that nothing in it is pushed, moved or deleted; or thaw it."""
        self._access.require(Action.MANAGE, collection)
        if frozen == (collection.frozen_at is not None):
            return
        collection.frozen_at = self._facilities.clock() if frozen else None
        what = "collection.freeze" if frozen else "collection.thaw"
        self._access.audit.record(what, name_of(collection), collection=collection)

    def contents(self, thing: Collection | Container) -> Holdings:
        """Count what would go with a collection, or with a container."""
        self._access.require(Action.DELETE, thing)
        inside = _inside(thing)
        containers = self._db.scalar(select(func.count()).select_from(inside.subquery())) or 0
        images = select(func.count()).select_from(Image).where(Image.blob_id.is_not(None))
        blobs = (
            select(Image.blob_id)
            .where(Image.container_id.in_(inside), Image.blob_id.is_not(None))
            .union(select(RepositoryBlob.blob_id).where(RepositoryBlob.container_id.in_(inside)))
            .subquery()
        )
        here = select(blobs.c.blob_id)
        size = select(func.sum(Blob.size)).where(Blob.id.in_(here))
        shared = or_(
            exists().where(Image.blob_id == Blob.id, Image.container_id.not_in(inside)),
            exists().where(
                RepositoryBlob.blob_id == Blob.id, RepositoryBlob.container_id.not_in(inside)
            ),
        )
        return Holdings(
            containers=containers,
            images=self._db.scalar(images.where(Image.container_id.in_(inside))) or 0,
            tags=self._count_tags(thing),
            # PostgreSQL sums up to a Decimal.
            size=int(self._db.scalar(size) or 0),
            freed=int(self._db.scalar(size.where(~shared)) or 0),
            frozen=self._frozen_in(thing),
        )

    def delete(self, collection: Collection, *, typed: str) -> None:
        """Remove a collection with everything in it; its bytes go when nobody else has them.

        typed   its full name, as whoever asks for it has typed it to be sure
        Raises Malformed for another name, Conflict when it is frozen or holds what is frozen.
        """
        self._access.require(Action.MANAGE, collection)
        name = name_of(collection)
        require_typed(name, typed)
        refuse_frozen(collection)
        containers = self._db.scalars(
            select(Container).where(Container.collection_id == collection.id).order_by(Container.id)
        ).all()
        if frozen := self._frozen_in(collection):
            raise Conflict(f"{name} holds what is frozen: {', '.join(frozen)}")
        for container in containers:
            self._catalog.delete_container(container)
        self._catalog.delete_collection(collection)
        self._db.flush()

    def delete_container(self, container: Container, *, typed: str) -> None:
        """Remove a container with everything in it.

        typed   its full name, as whoever asks for it has typed it to be sure
        Raises Malformed for another name, Conflict when it is frozen or holds what is frozen.
        """
        self._access.require(Action.DELETE, container)
        require_typed(name_of(container), typed)
        self._catalog.delete_container(container)

    def _count_tags(self, thing: Collection | Container) -> int:
        inside = _inside(thing)
        of_images = select(Tag.container_id, Tag.name).where(Tag.container_id.in_(inside))
        of_manifests = select(ManifestTag.container_id, ManifestTag.name).where(
            ManifestTag.container_id.in_(inside)
        )
        both = of_images.union(of_manifests).subquery()
        return self._db.scalar(select(func.count()).select_from(both)) or 0

    def _frozen_in(self, thing: Collection | Container, limit: int = 5) -> Sequence[str]:
        inside = _inside(thing)
        containers = self._db.scalars(
            select(Container.name)
            .where(Container.id.in_(inside), Container.frozen_at.is_not(None))
            .order_by(Container.name)
            .limit(limit)
        ).all()
        found = list(containers)
        for table in (Tag, ManifestTag):
            rows = self._db.execute(
                select(Container.name, table.name)
                .join(Container, Container.id == table.container_id)
                .where(Container.id.in_(inside), table.frozen_at.is_not(None))
                .distinct()
                .order_by(Container.name, table.name)
                .limit(limit)
            )
            found += [f"{container}:{tag}" for container, tag in rows]
        return list(dict.fromkeys(found))[:limit]


def require_typed(name: str, typed: str) -> None:
    """Raise Malformed unless a name was typed exactly, by somebody who is to be sure."""
    if typed != name:
        raise Malformed(f"type {name} to delete it: what was typed is something else")


def _inside(thing: Collection | Container) -> Select[str]:
    if isinstance(thing, Container):
        return select(Container.id).where(Container.id == thing.id)
    return select(Container.id).where(Container.collection_id == thing.id)


def _topic(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    name = re.sub(r"[^\w]+", "-", plain.replace("_", "-")).strip("-")
    if not name:
        raise Malformed(f"{text[:80]!r} is no topic: a topic has letters or digits")
    if len(name) > LONGEST_TOPIC:
        raise Malformed(f"the topic {name[:80]!r} has more than {LONGEST_TOPIC} characters")
    return name
