"""Images: found by tag, digest or identifier, described and deleted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action, ImageDeleted
from sregistry_core.digests import Digest
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Blob, BlobState, Collection, Container, Entity, Image, Tag
from sregistry_core.names import USUAL_ARCHITECTURE, ContainerName, ImageName

from .access import Access, name_of
from .freezing import refuse_frozen
from .garbage import Garbage
from .glances import image_at
from .listeners import tell
from .locking import lock_container
from .manifest_tags import forget_manifests
from .named import name_of_today
from .outbox import OutboxService
from .seen import AnyImage
from .summaries import container_changed
from .tag_history import TagHistory

if TYPE_CHECKING:
    from . import Facilities

LONGEST_DESCRIPTION = 20_000


class Images:
    """Images whose bytes are here."""

    def __init__(
        self,
        db: Session,
        access: Access,
        garbage: Garbage,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._garbage = garbage
        self._outbox = outbox
        self._facilities = facilities
        self._history = TagHistory(db, access, facilities)

    def resolve(self, name: ImageName, arch: str | None = None) -> Image:
        """Give the image that a name means to the caller.

        arch   in Go's spelling; None or empty takes amd64, or the only one there is. It says
               nothing next to a digest.
        Raises NotFound, in the same words for what is absent and what is hidden.
        """
        image = self.unguarded(name, arch)
        if image is None or not self._access.may(Action.READ, image.container.collection):
            if image is not None:
                # So that what is hidden takes as long as what is absent.
                name_of_today(self._db, name.container.of_collection)
            raise NotFound(f"{name} does not exist{f' for {arch}' if arch else ''}")
        self._access.ask_policies(Action.READ, name_of(image.container))
        return image

    def pullable(self, name: ImageName, arch: str | None = None) -> AnyImage:
        """Give the same as `resolve`, for whoever only wants to read: with one question, mostly."""
        seen = image_at(self._db, name, arch)
        if seen is None or not self._access.may(Action.READ, seen.container.collection):
            return self.resolve(name, arch)
        self._access.ask_policies(Action.READ, name_of(seen.container))
        return seen

    def unguarded(self, name: ImageName, arch: str | None = None) -> Image | None:
        """Give the image that a name means: for services that guard in another way."""
        image = self._by_digest(name) if name.digest else self._by_tag(name, arch)
        if image is not None:
            return image
        now = name_of_today(self._db, name.container.of_collection)
        if now is None:
            return None
        container = ContainerName(now.entity, now.collection, name.container.container)
        return self.unguarded(replace(name, container=container), arch)

    def by_id(self, image_id: str, action: Action = Action.READ) -> Image:
        """Give an image, announced ones too, on which the caller may do this. Raises NotFound."""
        image = self._db.get(Image, image_id)
        if image is None:
            raise NotFound("the image does not exist")
        self._access.require(action, image.container, called="the image")
        return image

    def of_container(
        self, container: Container, *, after: str = "", limit: int = 100
    ) -> Sequence[Image]:
        """Give the images of a container whose bytes are here, by identifier."""
        self._access.require(Action.READ, container)
        return self._db.scalars(
            select(Image)
            .where(Image.container_id == container.id, Image.blob_id.is_not(None), Image.id > after)
            .order_by(Image.id)
            .limit(limit)
        ).all()

    def tags_of(self, images: Sequence[Image]) -> Mapping[str, Sequence[str]]:
        """Give the tags of each of some images, by its identifier; none of what may not be read."""
        containers = {image.container_id: image.container for image in images}
        readable = [
            key
            for key, container in containers.items()
            if self._access.lets(Action.READ, container)
        ]
        names: dict[str, list[str]] = defaultdict(list)
        rows = self._db.execute(
            select(Tag.image_id, Tag.name)
            .where(Tag.container_id.in_(readable), Tag.image_id.in_([image.id for image in images]))
            .order_by(Tag.name)
        )
        for row in rows:
            names[row.image_id].append(row.name)
        return names

    def describe(self, image: Image, description: str) -> None:
        """Give an image another description."""
        self._access.require(Action.PUSH, image.container)
        if len(description) > LONGEST_DESCRIPTION:
            raise Malformed(f"a description has at most {LONGEST_DESCRIPTION} characters")
        image.description = description
        container_changed(self._outbox, image.container)

    def delete(self, image: Image, *, records: bool = True) -> None:
        """Remove an image and every tag that points at it.

        records   False for whoever writes down themselves what all of it was for
        Its bytes go when nobody else has them. Raises Conflict when it, or a tag, is frozen.
        """
        self._access.require(Action.DELETE, image.container)
        container = image.container
        refuse_frozen(container)
        lock_container(self._db, container.id)
        if self._db.get(Image, image.id, populate_existing=True) is None:
            raise NotFound("the image was deleted a moment ago")
        tags = self._db.scalars(select(Tag).where(Tag.image_id == image.id)).all()
        for tag in tags:
            if tag.frozen_at is not None:
                raise Conflict(f"the tag {tag.name} of {name_of(container)} is frozen")
        self._history.note_removed(container.id, tags)
        self._db.execute(delete(Tag).where(Tag.image_id == image.id))
        forget_manifests(self._db, container.id, {tag.name for tag in tags})
        blob_id, digest = image.blob_id, image.digest
        self._db.delete(image)
        self._db.flush()
        if blob_id is not None:
            self._garbage.unlink(container, blob_id)
        container_changed(self._outbox, container)
        if records:
            self._access.audit.record(
                "image.delete",
                name_of(container),
                collection=container.collection,
                digest=digest,
            )
        event = ImageDeleted(
            identifier=new_identifier(),
            at=self._facilities.clock(),
            container=name_of(container),
            digest=digest,
            user=self._access.caller.name,
        )
        tell(self._outbox, self._facilities.plugins.listeners, event)

    def readable_copy(self, digest: Digest) -> Image | None:
        """Give an image of these bytes that the caller may read; None when there is none.

        Whoever may read the bytes need not send them again; to all others they are unknown.
        """
        query = (
            _images()
            .join(Blob, Blob.id == Image.blob_id)
            .where(
                Image.digest == digest.oci,
                # What somebody only claims to be these bytes is for nobody else.
                Blob.state == BlobState.VERIFIED,
                self._access.visible(),
            )
        )
        return self._db.scalars(query.limit(1)).first()

    def _by_tag(self, name: ImageName, arch: str | None) -> Image | None:
        wanted = {**_spelled(name), "tag": name.tag}
        if arch:
            return self._db.scalars(_TAGGED_FOR, {**wanted, "arch": arch}).first()
        return self._db.scalars(_TAGGED, wanted).first()

    def _by_digest(self, name: ImageName) -> Image | None:
        start = str(name.digest)
        wanted = {**_spelled(name), "start": start, "beyond": start + _AFTER_EVERY_HEX_DIGIT}
        return self._db.scalars(_OF_DIGEST, wanted).first()


def _images() -> Select[Image]:
    return (
        select(Image)
        .join(Image.container)
        .join(Container.collection)
        .join(Collection.entity)
        .options(
            contains_eager(Image.container)
            .contains_eager(Container.collection)
            .contains_eager(Collection.entity)
        )
    )


def _spelled(name: ImageName) -> dict[str, str]:
    parts = name.container
    return {
        "entity": parts.entity,
        "collection": parts.collection,
        "container": parts.container,
    }


# Made once: putting a statement together takes as long as asking the database.
_NAMED = _images().where(
    Entity.name == bindparam("entity"),
    Collection.name == bindparam("collection"),
    Container.name == bindparam("container"),
    Image.blob_id.is_not(None),
)
_TAGGED = (
    _NAMED.join(Tag, Tag.image_id == Image.id)
    .where(Tag.name == bindparam("tag"))
    .order_by((Tag.arch == USUAL_ARCHITECTURE).desc(), Tag.moved_at.desc(), Tag.arch)
    .limit(1)
)
_TAGGED_FOR = _TAGGED.where(Tag.arch == bindparam("arch"))
_AFTER_EVERY_HEX_DIGIT = "g"
_OF_DIGEST = (
    _NAMED.where(Image.digest >= bindparam("start"), Image.digest < bindparam("beyond"))
    .order_by(Image.digest)
    .limit(1)
)
