"""Uploads: the only writer of images and blobs."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, Part
from sregistry_core.db.session import pause, start_over
from sregistry_core.digests import Digest
from sregistry_core.errors import Malformed, NotFound, QuotaExceeded, TooLarge
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Container, Image, Upload, UploadKind, UploadPart
from sregistry_core.storage.staging import Staged

from .access import Access
from .direct_uploads import Begun, DirectUploads
from .freezing import refuse_frozen
from .garbage import Garbage
from .images import Images
from .outbox import OutboxService
from .publishing import Arrival, Publishing
from .quotas import QuotaGuard
from .sharing import Sharing
from .upload_parts import part_size_for, parts_of, require_numbers

if TYPE_CHECKING:
    from . import Facilities

StagedOf = Callable[[str], AbstractContextManager[Staged]]
PURPOSE = "upload"


@dataclass(frozen=True, slots=True)
class PartsBegun:
    """An upload in parts: `parts` of `part_size` bytes, the last one shorter."""

    upload_id: str
    part_size: int
    parts: int
    are_hashed: bool = False
    """True when the digest of each part is wanted with the question for its address."""


@dataclass(frozen=True, slots=True)
class CompletedPart:
    """A part as the client reports it at the end; the token may be empty."""

    number: int
    token: str


class Uploads:
    """Announces images, takes in their bytes, and publishes them when all is right."""

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
        self._facilities = facilities
        self._staging = facilities.staging
        self._images = Images(db, access, garbage, outbox, facilities)
        self._publishing = Publishing(db, access, outbox, facilities)
        self._sharing = Sharing(db, access, self._publishing, outbox, facilities)
        self._quota = QuotaGuard(db, facilities)
        self._direct = DirectUploads(db, self._publishing, outbox, facilities)

    def announce(self, container: Container, digest: Digest, description: str = "") -> Image:
        """Give the image of these bytes in a container, made when it is new there.

        Its bytes are here already (`blob` is set) when they were pushed to this container before,
        or to any other that the caller may read. Raises Conflict when the container is frozen.
        """
        self._require_push(container)
        image = self._find(container, digest)
        if image is None:
            image = Image(
                container_id=container.id,
                digest=digest.oci,
                created_at=self._facilities.clock(),
                description=description,
            )
            try:
                with self._db.begin_nested():
                    self._db.add(image)
            except IntegrityError:
                if self._find(container, digest) is None:
                    raise
                return self.announce(container, digest, description)
            image.container = container
        if description:
            self._images.describe(image, description)
        if image.blob_id is None and self._sharing.is_allowed:
            copy = self._images.readable_copy(digest)
            if copy is not None and self._sharing.is_taken(container, copy):
                self._sharing.share(image, copy)
        return image

    def begin(self, image_id: str, *, size: int, digest: Digest | None = None) -> str:
        """Begin an upload in one piece, and give the address that takes it by PUT.

        size, digest   what the client announces; Malformed when the digest is not the image's
        Raises TooLarge, QuotaExceeded or StorageFull before a byte is sent.
        """
        image = self._require_image(image_id)
        if digest is not None and digest.oci != image.digest:
            raise Malformed(f"the image was announced as {image.digest}, and now as {digest}")
        self._quota.require_room(image.container, size, image.digest)
        if self._direct.takes_whole(size):
            upload_id = new_identifier()
            begun = self._direct.place_for_whole(upload_id)
            upload = self._new_upload(image, UploadKind.WHOLE, size, size, begun, upload_id)
            return self._direct.address(upload, digest)
        upload = self._new_upload(image, UploadKind.WHOLE, size, size)
        return self._address(upload, number=0, size=size, offset=0)

    def begin_parts(self, image_id: str, *, size: int) -> PartsBegun:
        """Begin an upload in parts. Raises as `begin` does, before a byte is sent."""
        image = self._require_image(image_id)
        if size <= 0:
            raise Malformed("an upload in parts has at least one byte")
        self._quota.require_room(image.container, size, image.digest)
        part_size = part_size_for(size, self._facilities.settings.part_size)
        upload_id, begun = new_identifier(), None
        direct_size = self._direct.part_size(part_size)
        if direct_size is not None:
            self._require_size(size)
            part_size, digest = direct_size, Digest.parse(image.digest)
            pause(self._db)
            begun = self._direct.begin_parts(upload_id, digest)
            image = self._require_image(image_id)
        upload = self._new_upload(image, UploadKind.PARTS, size, part_size, begun, upload_id)
        return PartsBegun(upload.id, part_size, parts_of(upload), are_hashed=begun is not None)

    def part_address(
        self, image_id: str, upload_id: str, number: int, digest: Digest | None = None
    ) -> str:
        """Give the address that takes part `number`, counted from 1, by PUT.

        digest   of the part, if the client says it
        """
        upload = self._require_upload(image_id, upload_id)
        if not 1 <= number <= parts_of(upload):
            raise Malformed(f"there is no part {number}: the upload has {parts_of(upload)}")
        offset = (number - 1) * upload.part_size
        size = min(upload.part_size, upload.size - offset)
        if upload.storage is not None:
            return self._direct.part_address(upload, number, size=size, digest=digest)
        return self._address(upload, number=number, size=size, offset=offset)

    def receive(self, address: str, source: BinaryIO) -> str:
        """Take in the bytes that an address of ours was made for, and give their token.

        address   its last part
        May be repeated. Raises NotFound or Gone for an address that is no good any more.
        """
        claims = self._facilities.signer.read(PURPOSE, address)
        upload_id, number = str(claims["upload"]), int(claims["number"] or 0)
        size, offset = int(claims["size"] or 0), int(claims["offset"] or 0)
        self._require_underway(upload_id)
        pause(self._db)
        if number:
            self._staging.write_part(upload_id, number, source, offset=offset, size=size)
            return self._note_part(upload_id, number, size)
        with self._staging.receive(source, limit=size) as staged:
            if staged.size != size:
                raise Malformed(f"{staged.size} bytes were sent, {size} were announced")
            self._staging.keep_whole(upload_id, staged)
        return self._note_whole(upload_id, staged.digest, staged.size)

    def finish(self, image_id: str) -> Image:
        """Publish an image whose bytes came in one piece. A repeated call finds it published.

        Raises Malformed when the bytes are not those that were announced.
        """
        image = self._require_image(image_id)
        upload = self._received(image)
        if upload is None:
            if image.blob_id is not None:
                return image
            raise Malformed("no bytes of this image have arrived")
        if upload.storage is not None:
            return self._direct.finish(upload)
        digest, size = Digest.parse(upload.received_digest or ""), upload.received_size or 0
        return self._publish(
            upload, lambda upload_id: self._staging.whole(upload_id, size=size, digest=digest)
        )

    def finish_parts(
        self, image_id: str, upload_id: str, completed: Sequence[CompletedPart]
    ) -> Image:
        """Publish an image whose bytes came in parts.

        Raises Malformed when a part is missing, or the bytes are not those that were announced.
        """
        upload = self._require_upload(image_id, upload_id)
        if upload.storage is not None:
            require_numbers(upload, {part.number for part in completed})
            by_number = sorted(completed, key=lambda part: part.number)
            return self._direct.finish(upload, [Part(one.number, one.token) for one in by_number])
        self._require_parts(upload, completed)
        size, parts = upload.size, parts_of(upload)
        return self._publish(
            upload,
            lambda upload_id: self._staging.joined_parts(upload_id, size=size, parts=parts),
        )

    def abort(self, image_id: str, upload_id: str) -> None:
        """Drop an upload and its bytes."""
        upload = self._require_upload(image_id, upload_id)
        if upload.storage is not None:
            self._direct.abandon(upload)
            upload = self._require_upload(image_id, upload_id)
        self._db.delete(upload)
        self._staging.discard(upload.id)

    def receive_whole(self, image_id: str, source: BinaryIO, *, size: int | None) -> Image:
        """Take in and publish an image in one go, as the oldest library clients send it.

        size   what the client announces in bytes, if it does
        """
        image = self._require_image(image_id)
        self._require_size(size or 0)
        self._staging.require_room(0 if self._staging.has(source) else size or 0)
        self._quota.require_room(image.container, size or 0, image.digest)
        announced = Digest.parse(image.digest)
        pause(self._db)
        limit = self._facilities.settings.largest_image
        with self._staging.receive(source, limit=limit) as staged:
            if size is not None and staged.size != size:
                raise Malformed(f"{staged.size} bytes were sent, {size} were announced")
            return self._publishing.publish(Arrival(image_id, announced, None), staged)

    def receive_unannounced(
        self, container_of: Callable[[], Container], source: BinaryIO, *, size: int | None
    ) -> Image:
        """Take in and publish an image whose digest the client does not say beforehand.

        container_of   finds the container, or makes it; called first so that it can refuse, when
                       what it makes is taken back, and again later. `size`: at most, if known
        """
        container = container_of()
        self._require_push(container)
        self._quota.require_room(container, size or 0)
        self._staging.require_room(0 if self._staging.has(source) else size or 0)
        start_over(self._db)
        limit = self._facilities.settings.largest_image
        with self._staging.receive(source, limit=limit) as staged:
            return self._publishing.publish_unannounced(container_of, staged)

    def _publish(self, upload: Upload, staged_of: StagedOf) -> Image:
        arrival = Arrival(upload.image_id, Digest.parse(upload.image.digest), upload.id)
        pause(self._db)
        try:
            with staged_of(arrival.upload_id or "") as staged:
                return self._publishing.publish(arrival, staged)
        except (Malformed, QuotaExceeded):
            # What is not as announced, or does not fit, is not kept: its space is free at once.
            self._staging.discard(arrival.upload_id or "")
            raise

    def _require_push(self, container: Container) -> None:
        self._access.require(Action.PUSH, container)
        refuse_frozen(container)

    def _require_image(self, image_id: str) -> Image:
        image = self._images.by_id(image_id, Action.PUSH)
        self._require_push(image.container)
        return image

    def _require_upload(self, image_id: str, upload_id: str) -> Upload:
        image = self._require_image(image_id)
        upload = self._db.get(Upload, upload_id)
        if (
            upload is None
            or upload.image_id != image.id
            or upload.user_id != self._access.caller.user_id
            or upload.kind is not UploadKind.PARTS
        ):
            raise NotFound("there is no such upload, or it was given up")
        return upload

    def _require_underway(self, upload_id: str) -> Upload:
        upload = self._db.get(Upload, upload_id)
        if upload is None:
            raise NotFound("there is no such upload, or it was given up")
        return upload

    def _require_size(self, size: int) -> None:
        largest = self._facilities.settings.largest_image
        if size > largest:
            raise TooLarge(f"{size} bytes are more than the {largest} that an image may have here")

    def _new_upload(
        self,
        image: Image,
        kind: UploadKind,
        size: int,
        part_size: int,
        begun: Begun | None = None,
        upload_id: str | None = None,
    ) -> Upload:
        if size < 0:
            raise Malformed(f"{size} is no number of bytes")
        self._require_size(size)
        if begun is None:
            self._staging.require_room(size)
        now = self._facilities.clock()
        upload = Upload(
            id=upload_id or new_identifier(),
            image_id=image.id,
            user_id=self._access.caller.user_id,
            kind=kind,
            size=size,
            part_size=part_size,
            storage=begun.storage if begun else None,
            key=begun.key if begun else None,
            store_upload=begun.store_upload if begun else None,
            created_at=now,
            expires_at=now + self._facilities.settings.upload_lifetime,
        )
        self._db.add(upload)
        return upload

    def _address(self, upload: Upload, *, number: int, size: int, offset: int) -> str:
        claims: dict[str, str | int | None] = {
            "upload": upload.id,
            "number": number,
            "size": size,
            "offset": offset,
        }
        settings = self._facilities.settings
        signed = self._facilities.signer.sign(PURPOSE, claims, settings.upload_lifetime)
        return f"{settings.public_url}/transfer/{signed}"

    def _note_whole(self, upload_id: str, digest: Digest, size: int) -> str:
        upload = self._require_underway(upload_id)
        upload.received_digest, upload.received_size = digest.oci, size
        return digest.hex

    def _note_part(self, upload_id: str, number: int, size: int) -> str:
        upload = self._require_underway(upload_id)
        now = self._facilities.clock()
        upload.expires_at = now + self._facilities.settings.upload_lifetime
        token = new_identifier()
        part = self._db.get(UploadPart, (upload_id, number))
        if part is None:
            part = UploadPart(
                upload_id=upload_id, number=number, size=size, token=token, received_at=now
            )
            try:
                with self._db.begin_nested():
                    self._db.add(part)
            except IntegrityError:
                # The same part has arrived twice at this very moment: the later one has it.
                other = self._db.get(UploadPart, (upload_id, number))
                if other is None:
                    raise
                part = other
        part.size, part.token, part.received_at = size, token, now
        return token

    def _received(self, image: Image) -> Upload | None:
        return self._db.scalars(
            select(Upload)
            .where(
                Upload.image_id == image.id,
                Upload.user_id == self._access.caller.user_id,
                Upload.kind == UploadKind.WHOLE,
                or_(Upload.received_digest.is_not(None), Upload.storage.is_not(None)),
            )
            .order_by(Upload.created_at.desc(), Upload.blob_id.is_not(None))
        ).first()

    def _require_parts(self, upload: Upload, completed: Sequence[CompletedPart]) -> None:
        received = {
            part.number: part.token
            for part in self._db.scalars(
                select(UploadPart).where(UploadPart.upload_id == upload.id)
            )
        }
        require_numbers(upload, set(received))
        for part in completed:
            if part.token and received.get(part.number) != part.token:
                raise Malformed(f"part {part.number} is not the one that arrived last")

    def _find(self, container: Container, digest: Digest) -> Image | None:
        return self._db.scalar(
            select(Image).where(Image.container_id == container.id, Image.digest == digest.oci)
        )
