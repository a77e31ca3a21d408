"""Tags that OCI clients push: the images of a tag follow its manifest."""

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import TagMoved
from sregistry_core.formats.oci_manifest import INDEX_TYPES
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Container, Image, Manifest, ManifestReference, ManifestTag
from sregistry_core.names import USUAL_ARCHITECTURE

from .access import Access, name_of
from .listeners import tell
from .manifest_tags import image_tags, manifest_tag, put_manifest_tag
from .outbox import OutboxService
from .summaries import container_changed
from .tag_history import TagHistory
from .tags import Tags

if TYPE_CHECKING:
    from . import Facilities


class ManifestPointers:
    """Moves tags to manifests. For services that have guarded themselves."""

    def __init__(
        self,
        db: Session,
        access: Access,
        tags: Tags,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._tags = tags
        self._outbox = outbox
        self._facilities = facilities
        self._history = TagHistory(db, access, facilities)

    def point(self, container: Container, name: str, manifest: Manifest) -> None:
        """Let a tag point at a manifest, and at the images that it stands for, if any.

        Raises Conflict when the tag is frozen.
        """
        before = manifest_tag(self._db, container.id, name)
        previous = self._db.get(Manifest, before.manifest_id) if before else None
        images = self._images_of(manifest)
        gone = [row for row in image_tags(self._db, container.id, name) if row.arch not in images]
        self._history.note_removed(container.id, gone)
        for row in gone:
            self._db.delete(row)
        self._db.flush()
        for image in images.values():
            self._tags.set(container, name, image)
        tag = self._put(container, name, manifest)
        container_changed(self._outbox, container)
        if not images and (previous is None or previous.id != manifest.id):
            self._history.note(container.id, name, [None], manifest.digest)
            self._tell(container, tag, manifest, previous)

    def _put(self, container: Container, name: str, manifest: Manifest) -> ManifestTag:
        return put_manifest_tag(
            self._db,
            ManifestTag(
                container_id=container.id,
                name=name,
                manifest_id=manifest.id,
                moved_at=self._facilities.clock(),
                moved_by=self._access.caller.user_id,
            ),
        )

    def _images_of(self, manifest: Manifest) -> dict[str, Image]:
        """Give the images of a manifest by architecture; of an index, those of its manifests."""
        query = select(Image).join(Manifest, Manifest.image_id == Image.id)
        if manifest.media_type not in INDEX_TYPES:
            query = query.where(Manifest.id == manifest.id)
        else:
            query = query.join(ManifestReference, ManifestReference.digest == Manifest.digest)
            query = query.where(
                ManifestReference.manifest_id == manifest.id,
                Manifest.container_id == manifest.container_id,
            )
        found = self._db.scalars(query.order_by(Image.id))
        return {image.arch or USUAL_ARCHITECTURE: image for image in found}

    def _tell(
        self, container: Container, tag: ManifestTag, manifest: Manifest, previous: Manifest | None
    ) -> None:
        event = TagMoved(
            identifier=new_identifier(),
            at=tag.moved_at,
            container=name_of(container),
            tag=tag.name,
            arch="",
            digest=manifest.digest,
            previous_digest=previous.digest if previous else None,
            user=self._access.caller.name,
        )
        tell(self._outbox, self._facilities.plugins.listeners, event)
