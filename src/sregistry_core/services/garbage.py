"""Bytes and uploads that nobody owns any more, and their removal."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.models import (
    Blob,
    BlobUpload,
    Container,
    Image,
    Manifest,
    ManifestReference,
    RepositoryBlob,
    Upload,
)
from sregistry_core.storage.blob_store import Place

from .access import Access
from .locking import lock_blobs, lock_containers

if TYPE_CHECKING:
    from . import Facilities

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has removed, or would remove; `size` in bytes."""

    what: str
    name: str
    size: int


class Garbage:
    """Finds what nobody owns. Removal waits for a grace time, so that a push under way is safe."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def release(self, blobs: Sequence[str]) -> None:
        """Note which of some blobs nobody refers to any more; for services that have deleted."""
        lock_blobs(self._db, blobs)
        self._db.execute(
            update(Blob)
            .where(Blob.id.in_(blobs), _unheld())
            .values(unreferenced_since=self._facilities.clock())
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)

    def unlink(self, container: Container, blob_id: str) -> None:
        """Take a blob from a container whose image of it is gone, unless a manifest names it."""
        self._db.execute(
            delete(RepositoryBlob)
            .where(RepositoryBlob.container_id == container.id, RepositoryBlob.blob_id == blob_id)
            .where(~_named_by_a_manifest())
            .execution_options(synchronize_session=False)
        )
        self.release([blob_id])

    def blobs_of(self, container: Container) -> Sequence[str]:
        """Give the identifiers of the blobs that a container holds, for its removal."""
        images = select(Image.blob_id).where(
            Image.container_id == container.id, Image.blob_id.is_not(None)
        )
        links = select(RepositoryBlob.blob_id).where(RepositoryBlob.container_id == container.id)
        return [blob for blob in self._db.scalars(images.union(links)) if blob]

    def forget_loose_blobs(self, before: datetime) -> int:
        """Let go of blobs that clients pushed before then and no manifest names; how many."""
        self._access.require_system()
        of_image = (
            exists()
            .where(Image.container_id == RepositoryBlob.container_id)
            .where(Image.blob_id == RepositoryBlob.blob_id)
        )
        wanted = select(RepositoryBlob).where(
            RepositoryBlob.created_at < before, ~_named_by_a_manifest(), ~of_image
        )
        # Whoever pushes a manifest in one of these holds its container, and may be about to name
        # what looks loose: it is looked at once more when they are done.
        lock_containers(self._db, [link.container_id for link in self._db.scalars(wanted)])
        loose = self._db.scalars(wanted.execution_options(populate_existing=True)).all()
        for link in loose:
            self._db.delete(link)
        self._db.flush()
        self.release([link.blob_id for link in loose])
        return len(loose)

    def expire_uploads(self) -> int:
        """Abandon uploads whose time is over; how many. A second run finds nothing."""
        self._access.require_system()
        now = self._facilities.clock()
        rows: list[Upload | BlobUpload] = []
        # What has arrived waits to be verified, and does not expire.
        arriving = select(Upload).where(Upload.expires_at <= now, Upload.blob_id.is_(None))
        rows += self._db.scalars(arriving)
        rows += self._db.scalars(select(BlobUpload).where(BlobUpload.expires_at <= now))
        for upload in rows:
            self._facilities.staging.discard(upload.id)
            self._db.delete(upload)
        self._forget_announced(now)
        return len(rows)

    def unowned_blobs(self, before: datetime) -> Sequence[Blob]:
        """Give blobs that nobody has referred to since `before`."""
        self._access.require_system()
        return self._db.scalars(
            select(Blob).where(Blob.unreferenced_since < before, _unheld())
        ).all()

    def strike(self, blob_id: str, before: datetime) -> Place | None:
        """Remove the row of a blob that still is unowned, and give the place of its bytes.

        The bytes go only after this has been committed; None when somebody has it again.
        """
        self._access.require_system()
        blob = self._db.get(Blob, blob_id)
        if blob is None:
            return None
        place = Place(blob.storage, blob.key)
        self._db.expunge(blob)
        try:
            with self._db.begin_nested():
                struck = self._db.execute(
                    delete(Blob)
                    .where(Blob.id == blob_id, Blob.unreferenced_since < before, _unheld())
                    .execution_options(synchronize_session=False)
                )
        except IntegrityError:
            # Somebody has taken it at this very moment.
            return None
        mark_changed(self._db)
        return place if struck.rowcount == 1 else None  # type: ignore[attr-defined]

    def without_row(self, places: Collection[Place]) -> set[Place]:
        """Give those of some places that no blob owns, and no upload."""
        self._access.require_system()
        keys = [place.key for place in places]
        owned = {
            Place(row.storage, row.key)
            for table in (Blob, Upload)
            for row in self._db.execute(select(table.storage, table.key).where(table.key.in_(keys)))
        }
        return set(places) - owned

    def without_upload(self, begun: Collection[str]) -> set[str]:
        """Give those of some uploads in parts, as their storages call them, that nobody began."""
        self._access.require_system()
        known = select(Upload.store_upload).where(Upload.store_upload.in_(begun))
        return set(begun) - {str(name) for name in self._db.scalars(known)}

    def alive_uploads(self, uploads: Collection[str]) -> set[str]:
        """Give those of some uploads that still are under way."""
        self._access.require_system()
        of_images = select(Upload.id).where(Upload.id.in_(uploads))
        of_blobs = select(BlobUpload.id).where(BlobUpload.id.in_(uploads))
        return set(self._db.scalars(of_images.union(of_blobs)))

    def _forget_announced(self, now: datetime) -> None:
        cutoff = now - self._facilities.settings.upload_lifetime
        self._db.execute(
            delete(Image)
            .where(
                Image.blob_id.is_(None),
                Image.created_at < cutoff,
                ~exists().where(Upload.image_id == Image.id),
            )
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)


def _named_by_a_manifest() -> ColumnElement[bool]:
    """A manifest of the same repository names the blob."""
    return (
        exists()
        .where(ManifestReference.digest == RepositoryBlob.digest)
        .where(ManifestReference.manifest_id == Manifest.id)
        .where(Manifest.container_id == RepositoryBlob.container_id)
    )


def _unheld() -> ColumnElement[bool]:
    """No image and no repository has the blob, and it is not being verified."""
    return and_(
        ~exists().where(Upload.blob_id == Blob.id),
        ~exists().where(Image.blob_id == Blob.id),
        ~exists().where(RepositoryBlob.blob_id == Blob.id),
    )
