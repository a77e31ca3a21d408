"""Tags: one name, and for each architecture the image that it points at."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, TagMoved
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Container, Image, ManifestTag, Tag, Upload
from sregistry_core.names import USUAL_ARCHITECTURE, parse_architecture, parse_tag

from .access import Access, name_of
from .freezing import refuse_frozen
from .listeners import tell
from .locking import lock_container
from .manifest_tags import forget_manifests, is_frozen, manifest_tag
from .outbox import OutboxService
from .signers import demand_of, require_image
from .summaries import container_changed
from .tag_history import TagHistory

if TYPE_CHECKING:
    from . import Facilities

_ONE_PUSH = timedelta(minutes=10)


class Tags:
    """Sets, moves, freezes and removes tags."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities
        self._history = TagHistory(db, access, facilities)

    def of(
        self, container: Container, *, after: str = "", limit: int | None = None
    ) -> Sequence[Tag]:
        """Give the tags of a container, by name and architecture.

        after, limit   names: the one after which to go on, and how many
        """
        self._access.require(Action.READ, container)
        names = select(Tag.name).where(Tag.container_id == container.id, Tag.name > after)
        shown = names.distinct().order_by(Tag.name).limit(limit).subquery()
        return self._db.scalars(
            select(Tag)
            .where(Tag.container_id == container.id, Tag.name.in_(select(shown.c.name)))
            .order_by(Tag.name, Tag.arch)
        ).all()

    def find(self, container: Container, tag: str) -> Sequence[Tag]:
        """Give a tag, once for each architecture. Raises NotFound."""
        self._access.require(Action.READ, container)
        name = parse_tag(tag)
        rows = self._db.scalars(
            select(Tag).where(Tag.container_id == container.id, Tag.name == name).order_by(Tag.arch)
        ).all()
        if not rows:
            raise NotFound(f"{name_of(container)}:{name} does not exist")
        return rows

    def is_frozen(self, container: Container, tag: str) -> bool:
        """Tell whether a tag never moves any more; False for one that is not there."""
        self._access.require(Action.READ, container)
        return is_frozen(self._db, container, parse_tag(tag))

    def digests_of(self, container: Container, tags: Sequence[Tag]) -> Mapping[str, str]:
        """Give the digest of each image that some tags of a container point at, by identifier."""
        self._access.require(Action.READ, container)
        wanted = {tag.image_id for tag in tags}
        rows = self._db.execute(
            select(Image.id, Image.digest).where(
                Image.container_id == container.id, Image.id.in_(wanted)
            )
        )
        return {row.id: row.digest for row in rows}

    def set(self, container: Container, tag: str, image: Image, arch: str | None = None) -> Tag:
        """Make a tag point at an image of the container.

        arch   what the client says; the image's own decides where it is known
        Raises Conflict when the tag or the container is frozen, Malformed when the image is of
        another container, of another architecture, or its bytes are not here, PushRefused when the
        collection demands signatures that the image has not.
        """
        self._access.require(Action.PUSH, container)
        name = parse_tag(tag)
        lock_container(self._db, container.id)
        self._db.flush()
        if (
            image.container_id != container.id
            or self._db.get(Image, image.id, populate_existing=True) is None
        ):
            raise NotFound(f"there is no such image in {name_of(container)}")
        if image.blob_id is not None:
            require_image(self._db, demand_of(self._db, container.collection), image)
        elif not self._is_being_verified(image):
            raise Malformed(f"the bytes of {image.digest} are not here yet")
        wanted = self._architecture(image, arch)
        self._refuse_frozen(container, name)
        row = self._find(container, name, wanted)
        previous = row.image_id if row else None
        if row is not None and previous == image.id:
            return row
        if row is None:
            row = Tag(container_id=container.id, name=name, arch=wanted)
            row.image_id, row.moved_at = image.id, self._facilities.clock()
            try:
                with self._db.begin_nested():
                    self._db.add(row)
            except IntegrityError:
                # Somebody else was faster by a moment: the later one has it.
                if self._find(container, name, wanted) is None:
                    raise
                return self.set(container, tag, image, arch)
        row.image_id = image.id
        row.moved_at = self._facilities.clock()
        row.moved_by = self._access.caller.user_id
        forget_manifests(self._db, container.id, [name])
        container_changed(self._outbox, container)
        self._history.note(container.id, name, [wanted], image.digest)
        if previous is not None and not self._was_just_pushed(image):
            self._record("tag.move", container, name, digest=image.digest)
        self._tell(container, row, image, previous)
        return row

    def freeze(self, container: Container, tag: str, *, frozen: bool = True) -> Sequence[Tag]:
        """Freeze a tag for all its architectures, so that it never moves again; or thaw it."""
        self._access.require(Action.MANAGE, container)
        name = parse_tag(tag)
        lock_container(self._db, container.id)
        seen = manifest_tag(self._db, container.id, name)
        rows = self._all_called(container, name, or_manifest=seen is not None)
        every: list[Tag | ManifestTag] = [*rows, *([seen] if seen is not None else [])]
        for row in every:
            row.frozen_at = (row.frozen_at or self._facilities.clock()) if frozen else None
        self._record("tag.freeze" if frozen else "tag.thaw", container, name)
        return rows

    def remove(
        self, container: Container, tag: str, arch: str | None = None, *, records: bool = True
    ) -> None:
        """Remove a tag, of one architecture or of all; what it points at stays.

        records   False for whoever writes down themselves what all of it was for
        """
        self._access.require(Action.DELETE, container)
        name = parse_tag(tag)
        lock_container(self._db, container.id)
        seen = manifest_tag(self._db, container.id, name)
        called = self._all_called(container, name, or_manifest=seen is not None)
        rows = [row for row in called if arch is None or row.arch == arch]
        if not rows and (seen is None or arch is not None):
            raise NotFound(f"{name_of(container)}:{name} does not exist for {arch}")
        self._refuse_frozen(container, name)
        self._history.note_removed(container.id, rows)
        if not called:
            self._history.note(container.id, name, [None], None)
        for row in rows:
            self._db.delete(row)
        forget_manifests(self._db, container.id, [name])
        if records:
            self._record("tag.delete", container, name)
        container_changed(self._outbox, container)

    def _was_just_pushed(self, image: Image) -> bool:
        """Tell whether the log says so already: a push sets its tag a moment later."""
        return (
            image.pushed_by == self._access.caller.user_id
            and image.pushed_at is not None
            and self._facilities.clock() - image.pushed_at < _ONE_PUSH
        )

    def _record(self, what: str, container: Container, tag: str, digest: str | None = None) -> None:
        name = f"{name_of(container)}:{tag}"
        self._access.audit.record(what, name, collection=container.collection, digest=digest)

    def _refuse_frozen(self, container: Container, tag: str) -> None:
        refuse_frozen(container)
        if is_frozen(self._db, container, tag):
            raise Conflict(f"the tag {tag} of {name_of(container)} is frozen")

    def _is_being_verified(self, image: Image) -> bool:
        """Tell whether it is published as soon as its bytes have been looked at, unless refused."""
        arrived = exists().where(Upload.image_id == image.id, Upload.blob_id.is_not(None))
        return bool(self._db.scalar(select(arrived)))

    def _architecture(self, image: Image, said: str | None) -> str:
        wanted = parse_architecture(said) if said else None
        if image.arch and wanted and image.arch != wanted:
            raise Malformed(f"the image is for {image.arch}, not for {wanted}")
        return image.arch or wanted or USUAL_ARCHITECTURE

    def _find(self, container: Container, tag: str, arch: str) -> Tag | None:
        return self._db.scalar(
            select(Tag)
            .where(Tag.container_id == container.id, Tag.name == tag, Tag.arch == arch)
            .execution_options(populate_existing=True)
        )

    def _all_called(
        self, container: Container, tag: str, *, or_manifest: bool = False
    ) -> Sequence[Tag]:
        rows = self._db.scalars(
            select(Tag)
            .where(Tag.container_id == container.id, Tag.name == tag)
            .execution_options(populate_existing=True)
        ).all()
        if not rows and not or_manifest:
            raise NotFound(f"{name_of(container)}:{tag} does not exist")
        return rows

    def _tell(self, container: Container, tag: Tag, image: Image, previous: str | None) -> None:
        before = self._db.get(Image, previous) if previous else None
        event = TagMoved(
            identifier=new_identifier(),
            at=tag.moved_at,
            container=name_of(container),
            tag=tag.name,
            arch=tag.arch,
            digest=image.digest,
            previous_digest=before.digest if before else None,
            user=self._access.caller.name,
        )
        tell(self._outbox, self._facilities.plugins.listeners, event)
