"""Bytes and uploads that nobody owns any more, and their removal."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.models import Blob, Image, Upload
from sregistry_core.storage.blob_store import Place

from .access import Access

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
        self._db.execute(
            update(Blob)
            .where(Blob.id.in_(blobs), ~exists().where(Image.blob_id == Blob.id))
            .values(unreferenced_since=self._facilities.clock())
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)

    def expire_uploads(self) -> int:
        """Abandon uploads whose time is over; how many. A second run finds nothing."""
        self._access.require_system()
        now = self._facilities.clock()
        rows = self._db.scalars(select(Upload).where(Upload.expires_at <= now)).all()
        for upload in rows:
            self._facilities.staging.discard(upload.id)
            self._db.delete(upload)
        self._forget_announced(now)
        return len(rows)

    def unowned_blobs(self, before: datetime) -> Sequence[Blob]:
        """Give blobs that nobody has referred to since `before`."""
        self._access.require_system()
        return self._db.scalars(
            select(Blob).where(
                Blob.unreferenced_since < before, ~exists().where(Image.blob_id == Blob.id)
            )
        ).all()

    def strike(self, blob_id: str, before: datetime) -> Place | None:
        """Remove the row of a blob that still is unowned, and give the place of its bytes.

        The bytes go only after this has been committed; None when somebody has it again.
        """
        self._access.require_system()
        blob = self._db.get(Blob, blob_id)
        if blob is None:
            return None
        struck = self._db.execute(
            delete(Blob)
            .where(
                Blob.id == blob_id,
                Blob.unreferenced_since < before,
                ~exists().where(Image.blob_id == Blob.id),
            )
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        place = Place(blob.storage, blob.key)
        self._db.expunge(blob)
        return place if struck.rowcount == 1 else None  # type: ignore[attr-defined]

    def without_row(self, places: Collection[Place]) -> set[Place]:
        """Give those of some places that no blob owns."""
        self._access.require_system()
        owned = self._db.execute(
            select(Blob.storage, Blob.key).where(Blob.key.in_([place.key for place in places]))
        )
        return set(places) - {Place(row.storage, row.key) for row in owned}

    def alive_uploads(self, uploads: Collection[str]) -> set[str]:
        """Give those of some uploads that still are under way."""
        self._access.require_system()
        return set(self._db.scalars(select(Upload.id).where(Upload.id.in_(uploads))))

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
