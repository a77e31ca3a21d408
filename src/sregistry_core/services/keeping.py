"""Keeps the bytes of blobs, each once, whoever brings them: bytes first, rows second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed, pause, undo_if_full
from sregistry_core.digests import ContentDigest, Digest
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Blob, BlobState, RepositoryBlob
from sregistry_core.storage.blob_store import Place
from sregistry_core.storage.staging import Staged

if TYPE_CHECKING:
    from . import Facilities


class Keeping:
    """Where every blob comes from. For services that have guarded themselves."""

    def __init__(self, db: Session, facilities: "Facilities"):
        self._db = db
        self._facilities = facilities

    @contextmanager
    def kept(self, staged: Staged, upload: str | None = None) -> Iterator[Callable[[], Blob]]:
        """Keep the bytes, and give what writes their row within the block.

        upload   what brought them: when keeping them breaks off, the next try goes on there

        The database is not held while the bytes move. When the block fails, they are removed.
        """
        known = self._verified(staged.digest) is not None
        pause(self._db)
        blob_id = upload or new_identifier()
        place = None if known else self._facilities.blob_store.put(staged, blob_id)
        try:
            yield partial(self._row, staged, blob_id, place)
        except BaseException:
            if place is not None:
                self._facilities.blob_store.delete(place)
            raise

    def keep_small(self, content: bytes) -> Blob:
        """Keep a few bytes of our own, at once, within the transaction."""
        known = self.hold(Digest(ContentDigest.of(content).hex))
        if known is not None:
            return known
        with self._facilities.staging.receive(BytesIO(content), limit=len(content)) as staged:
            blob_id = new_identifier()
            return self._row(staged, blob_id, self._facilities.blob_store.put(staged, blob_id))

    def hold(self, digest: Digest) -> Blob | None:
        """Give the blob of these bytes and keep it from being swept; None when there is none."""
        kept = self._db.execute(
            update(Blob)
            .where(Blob.digest == digest.oci, Blob.state == BlobState.VERIFIED)
            .values(unreferenced_since=None)
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        return self._verified(digest) if kept.rowcount else None  # type: ignore[attr-defined]

    def link(self, container_id: str, digest: str, blob: Blob) -> None:
        """Let a repository have a blob under a digest; it may have it already.

        Bytes that are only claimed to have the digest give way to those that have it.
        """
        there = self._db.get(RepositoryBlob, (container_id, digest))
        if there is not None:
            verified = BlobState.VERIFIED
            if there.blob.state is not verified and blob.state is verified:
                there.blob_id, there.blob = blob.id, blob
            return
        link = RepositoryBlob(
            container_id=container_id,
            digest=digest,
            blob_id=blob.id,
            created_at=self._facilities.clock(),
        )
        try:
            with self._db.begin_nested():
                self._db.add(link)
        except IntegrityError:
            # Somebody else was faster by a moment, with the same bytes.
            if self._db.get(RepositoryBlob, (container_id, digest)) is None:
                raise

    def _verified(self, digest: Digest) -> Blob | None:
        return self._db.scalar(
            select(Blob).where(Blob.digest == digest.oci, Blob.state == BlobState.VERIFIED)
        )

    def _row(self, staged: Staged, blob_id: str, place: Place | None) -> Blob:
        blob = self.hold(staged.digest) or self._new_row(staged, blob_id, place)
        if place is not None and blob.id != blob_id:
            # Somebody pushed the same bytes in the meantime: one copy is enough.
            self._facilities.blob_store.delete(place)
        return blob

    def _new_row(self, staged: Staged, blob_id: str, place: Place | None) -> Blob:
        if place is None:
            # The copy that was known has just been swept; ours is still in the waiting room.
            place = self._facilities.blob_store.put(staged, blob_id)
        undo_if_full(self._db, partial(self._facilities.blob_store.delete, place))
        blob = Blob(
            id=blob_id,
            digest=staged.digest.oci,
            size=staged.size,
            storage=place.storage,
            key=place.key,
            state=BlobState.VERIFIED,
            created_at=self._facilities.clock(),
        )
        try:
            with self._db.begin_nested():
                self._db.add(blob)
        except IntegrityError:
            other = self.hold(staged.digest)
            if other is None:
                raise
            return other
        return blob
