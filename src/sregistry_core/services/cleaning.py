"""Many tags and images of a container removed at once, after everybody has seen which."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import Conflict, Malformed
from sregistry_core.models import (
    Blob,
    Container,
    Image,
    Manifest,
    ManifestReference,
    ManifestTag,
    RepositoryBlob,
    Tag,
)

from .access import Access, name_of
from .freezing import refuse_frozen
from .images import Images
from .tags import Tags

if TYPE_CHECKING:
    from . import Facilities

LONGEST_PATTERN = 128
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to go.

    pattern      tags of this name, `*` and `?` standing for other signs; None for no tag
    older_than   only tags that were moved, and images that were pushed, longer ago
    untagged     also images to which no tag leads
    """

    pattern: str | None = None
    older_than: timedelta | None = None
    untagged: bool = False


@dataclass(frozen=True, slots=True)
class Going:
    """An image that goes; `size` in bytes, `tags` are those that it had."""

    digest: str
    size: int
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be deleted, and what of the chosen would not.

    tags      names of tags that go
    images    images that go with their last tag, or had none
    staying   names of tags that were chosen, and are frozen
    kept      digests of images that lose a tag, or were chosen, and stay: another tag leads there
    freed     bytes that nothing else in the registry has
    mark      is another one as soon as any of this is different
    """

    tags: Sequence[str]
    images: Sequence[Going]
    staying: Sequence[str]
    kept: Sequence[str]
    freed: int
    mark: str

    @property
    def is_empty(self) -> bool:
        """True when nothing would be deleted."""
        return not self.tags and not self.images


@dataclass(frozen=True, slots=True)
class _Tag:
    images: frozenset[str]
    is_frozen: bool
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    digest: str
    blob_id: str
    size: int


class Cleaning:
    """Shows what a choice would delete, and deletes exactly that."""

    def __init__(
        self, db: Session, access: Access, images: Images, tags: Tags, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._images = images
        self._tags = tags
        self._facilities = facilities

    def preview(self, container: Container, choice: Choice) -> Preview:
        """Say what a choice would delete; nothing is changed. Raises Malformed for an empty one."""
        self._access.require(Action.DELETE, container)
        return self._preview(container, choice)

    def delete(self, container: Container, choice: Choice, mark: str) -> Preview:
        """Delete what a preview has shown.

        mark   of that preview
        Raises Conflict when the choice would delete something else by now, and when the container
        is frozen.
        """
        self._access.require(Action.DELETE, container)
        refuse_frozen(container)
        shown = self._preview(container, choice)
        if shown.mark != mark:
            raise Conflict("something has changed since you looked: look at what goes once more")
        for tag in shown.tags:
            self._tags.remove(container, tag, records=False)
        self._db.flush()
        for one in shown.images:
            image = self._db.scalar(
                select(Image).where(Image.container_id == container.id, Image.digest == one.digest)
            )
            if image is not None:
                self._images.delete(image, records=False)
        self._access.audit.record(
            "container.clean_up",
            name_of(container),
            collection=container.collection,
            tags=len(shown.tags),
            images=len(shown.images),
            freed=shown.freed,
        )
        return shown

    def _preview(self, container: Container, choice: Choice) -> Preview:
        _require_sense(choice)
        tags = self._tags_of(container)
        before = self._before(choice)
        chosen = {
            name: tag
            for name, tag in tags.items()
            if choice.pattern is not None
            and fnmatchcase(name, choice.pattern)
            and (before is None or tag.moved_at < before)
        }
        going = {name for name, tag in chosen.items() if not tag.is_frozen}
        of_image: dict[str, set[str]] = {}
        for name, tag in tags.items():
            for image in tag.images:
                of_image.setdefault(image, set()).add(name)
        losing = {image for name in going for image in tags[name].images}
        leaving = {image for image in losing if of_image[image] <= going}
        if choice.untagged:
            leaving |= self._untagged(container, choice)
        images = self._rows(container, leaving)
        kept = self._rows(container, losing - leaving)
        listed = [Going(row.digest, row.size, sorted(of_image.get(row.id, ()))) for row in images]
        names = sorted(going)
        return Preview(
            tags=names,
            images=listed,
            staying=sorted(chosen.keys() - going),
            kept=[row.digest for row in kept],
            freed=self._freed(container, images),
            mark=_mark(names, [one.digest for one in listed]),
        )

    def _tags_of(self, container: Container) -> dict[str, _Tag]:
        found: dict[str, _Tag] = {}
        of_images = self._db.execute(
            select(Tag.name, Tag.moved_at, Tag.frozen_at, Tag.image_id).where(
                Tag.container_id == container.id
            )
        ).all()
        of_manifests = self._db.execute(
            select(ManifestTag.name, ManifestTag.moved_at, ManifestTag.frozen_at, Manifest.image_id)
            .join(Manifest, Manifest.id == ManifestTag.manifest_id)
            .where(ManifestTag.container_id == container.id)
        ).all()
        for name, moved_at, frozen_at, image_id in (*of_images, *of_manifests):
            before = found.get(name, _Tag(frozenset(), False, moved_at))
            found[name] = _Tag(
                before.images | ({image_id} if image_id else frozenset()),
                before.is_frozen or frozen_at is not None,
                max(before.moved_at, moved_at),
            )
        return found

    def _untagged(self, container: Container, choice: Choice) -> set[str]:
        query = select(Image.id).where(
            Image.container_id == container.id,
            Image.blob_id.is_not(None),
            ~exists().where(Tag.image_id == Image.id),
            ~exists()
            .where(Manifest.image_id == Image.id)
            .where(ManifestTag.manifest_id == Manifest.id),
        )
        if (before := self._before(choice)) is not None:
            query = query.where(Image.pushed_at < before)
        return set(self._db.scalars(query))

    def _before(self, choice: Choice) -> datetime | None:
        return None if choice.older_than is None else self._facilities.clock() - choice.older_than

    def _rows(self, container: Container, images: set[str]) -> Sequence[_Row]:
        rows = self._db.execute(
            select(Image.id, Image.digest, Image.blob_id, Blob.size)
            .join(Blob, Blob.id == Image.blob_id)
            .where(Image.container_id == container.id)
            .order_by(Image.pushed_at, Image.digest)
        )
        return [_Row(row.id, row.digest, row.blob_id, row.size) for row in rows if row.id in images]

    def _freed(self, container: Container, going: Sequence[_Row]) -> int:
        """Add up the bytes of blobs that only these images have."""
        blobs = {row.blob_id: row.size for row in going}
        images = {row.id for row in going}
        held = set()
        for some in _in_parts(sorted(blobs)):
            held |= {
                row.blob_id
                for row in self._db.execute(
                    select(Image.blob_id, Image.id).where(Image.blob_id.in_(some))
                )
                if row.id not in images
            }
            held |= set(
                self._db.scalars(
                    select(RepositoryBlob.blob_id).where(
                        RepositoryBlob.blob_id.in_(some),
                        RepositoryBlob.container_id != container.id,
                    )
                )
            )
            held |= {
                row.blob_id
                for row in self._db.execute(
                    select(RepositoryBlob.blob_id, Manifest.image_id)
                    .join(ManifestReference, ManifestReference.digest == RepositoryBlob.digest)
                    .join(Manifest, Manifest.id == ManifestReference.manifest_id)
                    .where(
                        RepositoryBlob.blob_id.in_(some),
                        RepositoryBlob.container_id == container.id,
                        Manifest.container_id == container.id,
                    )
                )
                if row.image_id not in images
            }
        return sum(size for blob, size in blobs.items() if blob not in held)


def _require_sense(choice: Choice) -> None:
    if choice.pattern is None and not choice.untagged:
        raise Malformed("choose tags by their names, or images without a tag")
    if choice.pattern is not None and not 1 <= len(choice.pattern) <= LONGEST_PATTERN:
        raise Malformed(f"a pattern has 1 to {LONGEST_PATTERN} signs")
    if choice.older_than is not None and choice.older_than < timedelta(0):
        raise Malformed("nothing is younger than now")


def _mark(tags: Sequence[str], digests: Sequence[str]) -> str:
    text = "\n".join([*tags, "", *digests])
    return hashlib.sha256(text.encode()).hexdigest()


def _in_parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Give some keys at a time: a database takes so many in one statement."""
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
