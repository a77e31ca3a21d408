"""Blobs on their way into a repository: in one piece, or chunk by chunk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.db.session import pause, start_over
from sregistry_core.digests import ContentDigest
from sregistry_core.errors import (
    InvalidDigest,
    InvalidSize,
    NotFound,
    OutOfOrder,
    QuotaExceeded,
    UploadUnknown,
)
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Blob, BlobUpload, Container
from sregistry_core.storage.staging import Staged

from .access import Access
from .freezing import refuse_frozen
from .keeping import Keeping
from .locking import lock_container
from .quotas import QuotaGuard

if TYPE_CHECKING:
    from . import Facilities

_ABSENT = "there is no such upload, or it was given up"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk belongs: bytes `first` to `last` of the blob, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.last - self.first + 1


class BlobUploads:
    """Takes in bytes, and lets a repository have them once they are complete and hashed."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities
        self._staging = facilities.staging
        self._keeping = Keeping(db, facilities)
        self._quota = QuotaGuard(db, facilities)

    def begin(self, container: Container) -> BlobUpload:
        """Begin an upload. Raises StorageFull or QuotaExceeded when there is no room at all."""
        self._require_push(container)
        self._quota.require_room(container, 1)
        self._staging.require_room(0)
        now = self._facilities.clock()
        upload = BlobUpload(
            id=new_identifier(),
            container_id=container.id,
            user_id=self._access.caller.user_id,
            received_size=0,
            created_at=now,
            expires_at=self._expiry(now),
        )
        self._db.add(upload)
        return upload

    def find(self, container: Container, upload_id: str) -> BlobUpload:
        """Give an upload of the caller's own. Raises UploadUnknown."""
        self._require_push(container)
        upload = self._db.get(BlobUpload, upload_id)
        if (
            upload is None
            or upload.container_id != container.id
            or upload.user_id != self._access.caller.user_id
            or upload.expires_at <= self._facilities.clock()
        ):
            raise UploadUnknown(_ABSENT)
        return upload

    def append(
        self, container: Container, upload_id: str, source: BinaryIO, *, chunk: Chunk | None
    ) -> int:
        """Take in the bytes that follow, and say how many of the blob are here now.

        chunk   where the client says that they belong; None for whatever comes next
        Raises OutOfOrder when they belong elsewhere, InvalidSize when they are more or fewer;
        then nothing has changed.
        """
        received = self._require_order(self.find(container, upload_id), chunk)
        pause(self._db)
        size = self._append(upload_id, source, received, chunk)
        upload = self._db.get(BlobUpload, upload_id)
        if upload is None:
            self._staging.discard(upload_id)
            raise UploadUnknown(_ABSENT)
        upload.received_size = size
        upload.expires_at = self._expiry(self._facilities.clock())
        return size

    def finish(
        self,
        container: Container,
        upload_id: str,
        digest: ContentDigest,
        source: BinaryIO,
        *,
        chunk: Chunk | None,
    ) -> None:
        """Take in the last bytes, if any, and let the repository have the blob.

        Raises InvalidDigest when it has another digest: then the upload is over.
        """
        container_id = container.id
        received = self._require_order(self.find(container, upload_id), chunk)
        pause(self._db)
        try:
            if not received:
                with self._staging.receive(source, limit=self._limit) as staged:
                    _require_size(staged.size, chunk)
                    self._publish(container_id, digest, staged, upload_id)
            else:
                size = self._append(upload_id, source, received, chunk)
                with self._staging.appended(upload_id, size=size) as staged:
                    self._publish(container_id, digest, staged, upload_id)
        except (InvalidDigest, QuotaExceeded):
            # What has another digest, or does not fit, is not kept: its space is free at once.
            self._staging.discard(upload_id)
            raise
        self._staging.discard(upload_id)

    def receive(
        self, repository: Callable[[], Container], digest: ContentDigest, source: BinaryIO
    ) -> None:
        """Take in a whole blob in one go, and let the repository have it.

        repository   finds or makes it; called before the bytes are taken and again afterwards
        """
        container = repository()
        self._require_push(container)
        self._quota.require_room(container, 1, str(digest))
        # What has just been made is made again: no lock is held while bytes move.
        start_over(self._db)
        with self._staging.receive(source, limit=self._limit) as staged:
            _require_digest(staged, digest)
            with self._keeping.kept(staged) as blob_row:
                container = repository()
                self._require_push(container)
                lock_container(self._db, container.id)
                self._link(container, digest, blob_row())

    def cancel(self, container: Container, upload_id: str) -> None:
        """Drop an upload and its bytes."""
        upload = self.find(container, upload_id)
        self._db.delete(upload)
        self._staging.discard(upload.id)

    def _append(self, upload_id: str, source: BinaryIO, received: int, chunk: Chunk | None) -> int:
        try:
            size = self._staging.append(upload_id, source, offset=received, limit=self._limit)
        except NotFound as error:
            raise UploadUnknown(_ABSENT) from error
        _require_size(size - received, chunk)
        return size

    def _publish(
        self, container_id: str, digest: ContentDigest, staged: Staged, upload_id: str
    ) -> None:
        _require_digest(staged, digest)
        with self._keeping.kept(staged, upload_id) as blob_row:
            container = self._db.get(Container, container_id)
            upload = self._db.get(BlobUpload, upload_id)
            if container is None or upload is None:
                raise UploadUnknown(_ABSENT)
            self._require_push(container)
            lock_container(self._db, container_id)
            self._link(container, digest, blob_row())
            self._db.delete(upload)

    def _link(self, container: Container, digest: ContentDigest, blob: Blob) -> None:
        self._quota.require(container, blob)
        self._keeping.link(container.id, str(digest), blob)

    def _require_order(self, upload: BlobUpload, chunk: Chunk | None) -> int:
        if chunk is not None and chunk.first != upload.received_size:
            raise OutOfOrder(upload.received_size)
        return upload.received_size

    @property
    def _limit(self) -> int:
        return self._facilities.settings.largest_image

    def _expiry(self, now: datetime) -> datetime:
        return now + self._facilities.settings.upload_lifetime

    def _require_push(self, container: Container) -> None:
        self._access.require(Action.PUSH, container)
        refuse_frozen(container)


def _require_size(size: int, chunk: Chunk | None) -> None:
    if chunk is not None and size != chunk.size:
        raise InvalidSize(f"{size} bytes were sent, {chunk.size} were announced")


def _require_digest(staged: Staged, digest: ContentDigest) -> None:
    if digest.algorithm == "sha256":
        found = ContentDigest("sha256", staged.digest.hex)
    else:
        with staged.path.open("rb") as source:
            found = ContentDigest.of_file(source, digest.algorithm)
    if found != digest:
        raise InvalidDigest(f"the bytes have the digest {found}, {digest} was announced")
