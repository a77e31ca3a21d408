"""The end of a container, with all that is in it. For services that have guarded themselves."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import ImageDeleted
from sregistry_core.errors import Conflict
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Container, Image, ManifestTag, Tag

from .access import Access, name_of
from .freezing import refuse_frozen
from .garbage import Garbage
from .listeners import tell
from .locking import lock_blobs, lock_container
from .outbox import OutboxService
from .summaries import container_changed

if TYPE_CHECKING:
    from . import Facilities


class ContainerRemoval:
    """Removes containers."""

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

    def remove(self, container: Container) -> None:
        """Remove a container. Raises Conflict when it is frozen, or holds frozen tags."""
        self._access.audit.record(
            "container.delete", name_of(container), collection=container.collection
        )
        lock_container(self._db, container.id, for_removal=True)
        of_images = exists().where(Tag.container_id == container.id, Tag.frozen_at.is_not(None))
        of_manifests = exists().where(
            ManifestTag.container_id == container.id, ManifestTag.frozen_at.is_not(None)
        )
        frozen = self._db.scalar(select(or_(of_images, of_manifests)))
        refuse_frozen(container)
        if frozen:
            raise Conflict(f"{name_of(container)} holds frozen tags")
        images = self._db.execute(
            select(Image.digest).where(
                Image.container_id == container.id, Image.blob_id.is_not(None)
            )
        ).all()
        blobs = self._garbage.blobs_of(container)
        lock_blobs(self._db, blobs)
        self._db.execute(delete(Image).where(Image.container_id == container.id))
        self._db.delete(container)
        self._db.flush()
        self._garbage.release(blobs)
        container_changed(self._outbox, container)
        for image in images:
            event = ImageDeleted(
                identifier=new_identifier(),
                at=self._facilities.clock(),
                container=name_of(container),
                digest=image.digest,
                user=self._access.caller.name,
            )
            tell(self._outbox, self._facilities.plugins.listeners, event)
