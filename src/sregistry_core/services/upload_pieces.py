"""Images that a browser sends piece by piece, without having hashed them before."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.contracts.policy import PushRefused
from sregistry_core.db.session import pause
from sregistry_core.errors import Conflict, Malformed, NotAnImage, TooLarge
from sregistry_core.models import BlobUpload, Container, Image
from sregistry_core.names import ContainerName, ImageName

from .access import Access, name_of
from .blob_uploads import BlobUploads, Chunk
from .catalog import Catalog
from .outbox import OutboxService
from .publishing import Publishing
from .quotas import QuotaGuard
from .tags import Tags

if TYPE_CHECKING:
    from . import Facilities

PURPOSE = "browser upload"
PIECE = 8 * 1024 * 1024
"""Bytes of a piece: as much as any address takes, so that none needs an exception."""


@dataclass(frozen=True, slots=True)
class Underway:
    """An upload that was begun; sizes in bytes.

    proof      what its browser keeps, and shows with every piece
    received   how many of its first bytes are here
    """

    proof: str
    container: Container
    tag: str
    size: int
    received: int


@dataclass(frozen=True, slots=True)
class _Claims:
    upload_id: str
    container_id: str
    tag: str
    size: int


class UploadPieces:
    """Begins, continues and finishes uploads of one user.

    The bytes always come to us, also where the first storage is one that takes them directly: no
    browser can tell it their digest.
    """

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        tags: Tags,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._tags = tags
        self._blob_uploads = BlobUploads(db, access, facilities)
        self._publishing = Publishing(db, access, outbox, facilities)
        self._quota = QuotaGuard(db, facilities)
        self._facilities = facilities

    def begin(self, name: ImageName, *, size: int) -> Underway:
        """Begin an upload; the container is made when it is missing.

        Raises before a byte is sent: NotFound or NotAllowed for a collection that the caller may
        not push to, Conflict for what is frozen, TooLarge, QuotaExceeded, StorageFull, and
        Malformed for nothing.
        """
        self._access.require_login()
        if size <= 0:
            raise Malformed("the file is empty")
        largest = self._facilities.settings.largest_image
        if size > largest:
            raise TooLarge(f"{size} bytes are more than the {largest} that an image may have here")
        container = self._container(name.container)
        tag = str(name.tag)
        self._require_open(container, tag)
        self._quota.require_room(container, size)
        self._facilities.staging.require_room(size)
        upload = self._blob_uploads.begin(container)
        claims: dict[str, str | int | None] = {
            "upload": upload.id,
            "container": container.id,
            "tag": tag,
            "size": size,
        }
        lifetime = self._facilities.settings.upload_lifetime
        proof = self._facilities.signer.sign(PURPOSE, claims, lifetime)
        return Underway(proof, container, tag, size, 0)

    def find(self, proof: str) -> Underway:
        """Give an upload of the caller's own. Raises NotFound when it is over or another's."""
        claims, container, upload = self._find(proof)
        return Underway(proof, container, claims.tag, claims.size, upload.received_size)

    def append(self, proof: str, source: BinaryIO, *, first: int, size: int) -> int:
        """Take in the bytes from `first` on; give how many are here then.

        Raises OutOfOrder when others are wanted: nothing has changed then. InvalidSize when the
        bytes are more or fewer than `size`, TooLarge when they are more than was announced.
        """
        claims, container, _ = self._find(proof)
        if size <= 0 or first < 0 or first + size > claims.size:
            raise TooLarge(f"the upload has {claims.size} bytes: there are none after them")
        chunk = Chunk(first, first + size - 1)
        return self._blob_uploads.append(container, claims.upload_id, source, chunk=chunk)

    def finish(self, proof: str) -> Image:
        """Publish the image, and set its tag.

        Raises Malformed when bytes are missing. NotAnImage or PushRefused end the upload: the
        bytes will not become others.
        """
        claims, _, upload = self._find(proof)
        if upload.received_size != claims.size:
            raise Malformed(f"{upload.received_size} of {claims.size} bytes have arrived")
        staging = self._facilities.staging
        container_of = partial(self._open_container, claims)
        pause(self._db)
        try:
            with staging.appended(claims.upload_id, size=claims.size) as staged:
                image = self._publishing.publish_unannounced(container_of, staged)
        except (NotAnImage, PushRefused):
            staging.discard(claims.upload_id)
            raise
        self._db.flush()
        self._tags.set(image.container, claims.tag, image)
        row = self._db.get(BlobUpload, claims.upload_id)
        if row is not None:
            self._db.delete(row)
        staging.discard(claims.upload_id)
        return image

    def cancel(self, proof: str) -> None:
        """Drop an upload and its bytes."""
        claims, container, _ = self._find(proof)
        self._blob_uploads.cancel(container, claims.upload_id)

    def _find(self, proof: str) -> tuple[_Claims, Container, BlobUpload]:
        self._access.require_login()
        said = self._facilities.signer.read(PURPOSE, proof)
        claims = _Claims(
            upload_id=str(said["upload"]),
            container_id=str(said["container"]),
            tag=str(said["tag"]),
            size=int(said["size"] or 0),
        )
        container = self._catalog.container_by_id(claims.container_id)
        return claims, container, self._blob_uploads.find(container, claims.upload_id)

    def _open_container(self, claims: _Claims) -> Container:
        container = self._catalog.container_by_id(claims.container_id)
        self._require_open(container, claims.tag)
        return container

    def _container(self, name: ContainerName) -> Container:
        collection = self._catalog.collection(name.of_collection)
        container = self._catalog.create_container(collection, name.container, exist_ok=True)
        self._db.flush()
        return container

    def _require_open(self, container: Container, tag: str) -> None:
        self._access.require(Action.PUSH, container)
        if container.frozen_at is not None:
            raise Conflict(f"{name_of(container)} is frozen")
        if self._tags.is_frozen(container, tag):
            raise Conflict(f"the tag {tag} of {name_of(container)} is frozen")
