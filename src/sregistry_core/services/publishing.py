"""The last step of every push: bytes first, rows second."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, ImagePushed, PushedImage
from sregistry_core.db.session import mark_changed, pause
from sregistry_core.digests import Digest
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Blob, BlobState, Image, Upload
from sregistry_core.storage.blob_store import Place
from sregistry_core.storage.staging import Staged

from . import inspection
from .access import Access, name_of
from .listeners import tell
from .outbox import OutboxService

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class Arrival:
    """Which image the bytes are said to be, and the upload that brought them, if any."""

    image_id: str
    announced: Digest
    upload_id: str | None


class Publishing:
    """Turns complete, hashed bytes into an image. For services that have guarded themselves."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities

    def publish(self, arrival: Arrival, staged: Staged) -> Image:
        """Keep the bytes, then write the rows; the database is not held while bytes move.

        Raises Malformed when the bytes are not those announced, PushRefused when a policy keeps
        them out. Until the rows are committed nobody sees anything.
        """
        if staged.digest != arrival.announced:
            raise Malformed(
                f"the bytes have the digest {staged.digest}, {arrival.announced} was announced"
            )
        container, known = self._what_is_known(arrival)
        pause(self._db)
        seen = self._ask_policies(container, staged)
        blob_id = new_identifier()
        place = None if known else self._facilities.blob_store.put(staged, blob_id)
        try:
            return self._write_rows(arrival, staged, seen, blob_id, place)
        except BaseException:
            if place is not None:
                self._facilities.blob_store.delete(place)
            raise

    def published(self, image: Image) -> None:
        """Note who pushed an image, and what is to happen now that its bytes are here."""
        image.pushed_by = self._access.caller.user_id
        image.pushed_at = self._facilities.clock()
        self._db.flush()
        if image.inspected_at is None:
            self._outbox.write(inspection.JOB, image=image.id)
        event = ImagePushed(
            identifier=new_identifier(),
            at=image.pushed_at,
            container=name_of(image.container),
            digest=image.digest,
            size=image.blob.size if image.blob else 0,
            arch=image.arch,
            user=self._access.caller.name,
        )
        tell(self._outbox, self._facilities.plugins.listeners, event)

    def _what_is_known(self, arrival: Arrival) -> tuple[str, bool]:
        image = self._image(arrival)
        return name_of(image.container), self._verified(arrival.announced) is not None

    def _write_rows(
        self,
        arrival: Arrival,
        staged: Staged,
        seen: inspection.Glance,
        blob_id: str,
        place: Place | None,
    ) -> Image:
        image = self._image(arrival)
        blob = self._existing(staged.digest) or self._new_blob(staged, blob_id, place)
        if place is not None and blob.id != blob_id:
            # Somebody pushed the same bytes in the meantime: one copy is enough.
            self._facilities.blob_store.delete(place)
        image.blob_id, image.blob = blob.id, blob
        image.arch = seen.arch or image.arch
        image.fingerprints, image.signed = list(seen.fingerprints), bool(seen.fingerprints)
        self.published(image)
        if arrival.upload_id is not None:
            upload = self._db.get(Upload, arrival.upload_id)
            if upload is not None:
                self._db.delete(upload)
                self._db.flush()
            self._facilities.staging.discard(arrival.upload_id)
        return image

    def _image(self, arrival: Arrival) -> Image:
        image = self._db.get(Image, arrival.image_id)
        if image is None:
            raise NotFound("the image was deleted while it was pushed")
        self._access.require(Action.PUSH, image.container)
        if image.container.frozen_at is not None:
            raise Conflict(f"{name_of(image.container)} is frozen")
        return image

    def _ask_policies(self, container: str, staged: Staged) -> inspection.Glance:
        plugins = self._facilities.plugins
        require_sif = self._facilities.settings.require_sif
        with staged.path.open("rb") as source:
            if not require_sif and not plugins.watches_pushes:
                return inspection.glance(source, staged.size)
            seen = inspection.look(source, staged.size, require_sif=require_sif)
        plugins.before_publish(
            PushedImage(
                name=container,
                digest=staged.digest.oci,
                size=staged.size,
                arch=seen.arch,
                labels=dict(seen.labels),
                fingerprints=seen.fingerprints,
                open=lambda: staged.path.open("rb"),
            )
        )
        return seen

    def _verified(self, digest: Digest) -> Blob | None:
        return self._db.scalar(
            select(Blob).where(Blob.digest == digest.oci, Blob.state == BlobState.VERIFIED)
        )

    def _existing(self, digest: Digest) -> Blob | None:
        """Give the blob of these bytes and keep it from being swept; None when there is none."""
        kept = self._db.execute(
            update(Blob)
            .where(Blob.digest == digest.oci, Blob.state == BlobState.VERIFIED)
            .values(unreferenced_since=None)
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        return self._verified(digest) if kept.rowcount else None  # type: ignore[attr-defined]

    def _new_blob(self, staged: Staged, blob_id: str, place: Place | None) -> Blob:
        if place is None:
            # The copy that was known has just been swept; ours is still in the waiting room.
            place = self._facilities.blob_store.put(staged, blob_id)
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
            other = self._existing(staged.digest)
            if other is None:
                raise
            return other
        return blob
