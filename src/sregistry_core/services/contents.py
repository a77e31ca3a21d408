"""What pages show of an entity, a collection and a container: with counts, tags and sizes.

No answer takes more statements for more rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, and_, func, or_, select, union_all
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.models import (
    Blob,
    Collection,
    CollectionSummary,
    Container,
    ContainerSummary,
    Entity,
    Image,
    Manifest,
    ManifestTag,
    Tag,
    Topic,
    User,
)

from .access import Access

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class ShelvedCollection:
    """A collection in a list; `summary` is None until a job has counted."""

    collection: Collection
    summary: CollectionSummary | None


@dataclass(frozen=True, slots=True)
class ShelvedContainer:
    """A container in a list, with the newest of its tags; `tag_count` is that of all."""

    container: Container
    summary: ContainerSummary | None
    tags: tuple[str, ...]
    tag_count: int


@dataclass(frozen=True, slots=True)
class TaggedImage:
    """One image that a tag points at; `size` in bytes."""

    arch: str
    digest: str
    size: int
    kind: str | None
    verification: str | None
    is_signed: bool
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class ShownTag:
    """A tag in a list.

    images       by architecture; none for a manifest that is no image of ours
    media_type   of such a manifest, or of the artifact that it says to be
    size         bytes of all images
    key          the key of the next page
    """

    name: str
    moved_at: datetime
    moved_by: str | None
    is_frozen: bool
    images: tuple[TaggedImage, ...]
    digest: str
    media_type: str | None
    size: int
    key: str


class Contents:
    """Lists for people."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def collections_of(
        self, entity: Entity, *, after: str = "", limit: int = 100
    ) -> Sequence[ShelvedCollection]:
        """Give the collections of an entity that the caller may see, by name."""
        rows = self._db.execute(
            select(Collection, CollectionSummary)
            .join(Collection.entity)
            .outerjoin(CollectionSummary, CollectionSummary.collection_id == Collection.id)
            .options(contains_eager(Collection.entity))
            .where(Collection.entity_id == entity.id, self._access.visible())
            .where(Collection.name > after)
            .order_by(Collection.name)
            .limit(limit)
        )
        return [ShelvedCollection(collection, summary) for collection, summary in rows]

    def topics_of(self, collections: Sequence[Collection]) -> Mapping[str, Sequence[str]]:
        """Give what collections are about, by identifier; nothing of what may not be read."""
        readable = [one.id for one in collections if self._access.may(Action.READ, one)]
        found: dict[str, list[str]] = defaultdict(list)
        if readable:
            query = select(Topic).where(Topic.collection_id.in_(readable)).order_by(Topic.name)
            for topic in self._db.scalars(query):
                found[topic.collection_id].append(topic.name)
        return found

    def summary_of(self, collection: Collection) -> CollectionSummary | None:
        """Give what a collection adds up to; None until a job has counted."""
        self._access.require(Action.READ, collection)
        return self._db.get(CollectionSummary, collection.id)

    def summary_of_container(self, container: Container) -> ContainerSummary | None:
        """Give what a container adds up to; None until a job has counted."""
        self._access.require(Action.READ, container)
        return self._db.get(ContainerSummary, container.id)

    def containers_of(
        self, collection: Collection, *, after: str = "", limit: int = 100, tags: int = 12
    ) -> Sequence[ShelvedContainer]:
        """Give the containers of a collection by name, each with the newest of its tags.

        tags   how many of each container at most
        """
        self._access.require(Action.READ, collection)
        rows = self._db.execute(
            select(Container, ContainerSummary)
            .outerjoin(ContainerSummary, ContainerSummary.container_id == Container.id)
            .where(Container.collection_id == collection.id, Container.name > after)
            .order_by(Container.name)
            .limit(limit)
        ).all()
        newest = self._newest_tags([container.id for container, _ in rows], tags)
        return [
            ShelvedContainer(container, summary, *newest.get(container.id, ((), 0)))
            for container, summary in rows
        ]

    def tags_of(
        self, container: Container, *, after: str = "", limit: int = 100
    ) -> Sequence[ShownTag]:
        """Give the tags of a container that can be pulled, the one that moved last first.

        after   the `key` of the tag after which to go on
        """
        self._access.require(Action.READ, container)
        moved = _moved_tags([container.id]).subquery()
        names = select(moved.c.name, func.max(moved.c.moved_at).label("at")).group_by(moved.c.name)
        latest = names.subquery()
        query = select(latest.c.name, latest.c.at).order_by(latest.c.at.desc(), latest.c.name)
        if after:
            at, name = _read_key(after)
            query = query.where(
                or_(latest.c.at < at, and_(latest.c.at == at, latest.c.name > name))
            )
        rows = self._db.execute(query.limit(limit)).all()
        return self._shown(container, {row.name: row.at for row in rows})

    def architectures_of(self, container: Container, tag: str) -> Sequence[TaggedImage]:
        """Give the images of one tag, by architecture; none where it is no tag of images."""
        self._access.require(Action.READ, container)
        return [image for _, image, *_ in self._images_of(container, [tag])]

    def _newest_tags(
        self, containers: Sequence[str], most: int
    ) -> dict[str, tuple[tuple[str, ...], int]]:
        if not containers:
            return {}
        moved = _moved_tags(containers).subquery()
        each = (
            select(moved.c.container_id, moved.c.name, func.max(moved.c.moved_at).label("at"))
            .group_by(moved.c.container_id, moved.c.name)
            .subquery()
        )
        place = func.row_number().over(
            partition_by=each.c.container_id, order_by=(each.c.at.desc(), each.c.name)
        )
        count = func.count().over(partition_by=each.c.container_id)
        numbered = select(
            each.c.container_id, each.c.name, place.label("place"), count.label("tag_count")
        ).subquery()
        rows = self._db.execute(
            select(numbered).where(numbered.c.place <= most).order_by(numbered.c.place)
        )
        names: dict[str, list[str]] = defaultdict(list)
        counts: dict[str, int] = {}
        for row in rows:
            names[row.container_id].append(row.name)
            counts[row.container_id] = row.tag_count
        return {key: (tuple(found), counts[key]) for key, found in names.items()}

    def _images_of(
        self, container: Container, tags: Sequence[str]
    ) -> list[tuple[str, TaggedImage, bool, str | None]]:
        rows = self._db.execute(
            select(
                Tag.name,
                Tag.arch,
                Tag.frozen_at,
                Image.digest,
                Blob.size,
                Image.kind,
                Image.verification,
                Image.signed,
                Image.encrypted,
                User.name.label("by"),
            )
            .join(Image, Image.id == Tag.image_id)
            .join(Blob, Blob.id == Image.blob_id)
            .outerjoin(User, User.id == Tag.moved_by)
            .where(Tag.container_id == container.id, Tag.name.in_(tags))
            .order_by(Tag.name, Tag.arch)
        )
        return [
            (
                row.name,
                TaggedImage(
                    arch=row.arch,
                    digest=row.digest,
                    size=row.size,
                    kind=row.kind,
                    verification=row.verification,
                    is_signed=row.signed,
                    is_encrypted=row.encrypted,
                ),
                row.frozen_at is not None,
                row.by,
            )
            for row in rows
        ]

    def _shown(self, container: Container, moved: Mapping[str, datetime]) -> list[ShownTag]:
        images: dict[str, list[TaggedImage]] = defaultdict(list)
        frozen: dict[str, bool] = {}
        movers: dict[str, str | None] = {}
        for name, image, is_frozen, by in self._images_of(container, [*moved]):
            images[name].append(image)
            frozen[name], movers[name] = is_frozen, by
        manifests = {
            row.name: row
            for row in self._db.execute(
                select(
                    ManifestTag.name,
                    ManifestTag.frozen_at,
                    Manifest.digest,
                    Manifest.media_type,
                    Manifest.artifact_type,
                    User.name.label("by"),
                )
                .join(Manifest, Manifest.id == ManifestTag.manifest_id)
                .outerjoin(User, User.id == ManifestTag.moved_by)
                .where(ManifestTag.container_id == container.id, ManifestTag.name.in_([*moved]))
            )
        }
        shown = []
        for name, at in moved.items():
            seen, own = manifests.get(name), tuple(images.get(name, ()))
            if seen is None and not own:
                continue
            shown.append(
                ShownTag(
                    name=name,
                    moved_at=at,
                    moved_by=movers.get(name) or (seen.by if seen else None),
                    is_frozen=frozen.get(name, False)
                    or (seen is not None and seen.frozen_at is not None),
                    images=own,
                    digest=own[0].digest if own else seen.digest if seen else "",
                    media_type=(seen.artifact_type or seen.media_type)
                    if seen and not own
                    else None,
                    size=sum(image.size for image in own),
                    key=_key(at, name),
                )
            )
        return shown


def _moved_tags(containers: Sequence[str]) -> Select[str, str, datetime]:
    """When each tag moved last, of images that are here and of manifests."""
    of_images = (
        select(Tag.container_id, Tag.name, Tag.moved_at)
        .join(Image, Image.id == Tag.image_id)
        .where(Tag.container_id.in_(containers), Image.blob_id.is_not(None))
    )
    of_manifests = select(ManifestTag.container_id, ManifestTag.name, ManifestTag.moved_at).where(
        ManifestTag.container_id.in_(containers)
    )
    both = union_all(of_images, of_manifests).subquery()
    return select(both.c.container_id, both.c.name, both.c.moved_at)


def _key(at: datetime, name: str) -> str:
    return f"{at.strftime('%Y%m%dT%H%M%S.%f')}~{name}"


def _read_key(text: str) -> tuple[datetime, str]:
    """Read a key; what is none begins at the first tag."""
    moment, _, name = text.partition("~")
    try:
        return datetime.strptime(f"{moment}+0000", "%Y%m%dT%H%M%S.%f%z"), name
    except ValueError:
        return datetime(9999, 1, 1, tzinfo=UTC), ""
