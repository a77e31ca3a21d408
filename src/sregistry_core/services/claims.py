"""What clients have brought to a storage themselves: read once, and then believed or dropped."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller, ImageDeleted, ObjectMissing, PushRefused
from sregistry_core.db.session import mark_changed, pause
from sregistry_core.digests import Digest, RunningDigest
from sregistry_core.errors import NotAnImage, QuotaExceeded
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Blob, BlobState, Image, RepositoryBlob, Tag, Upload, User
from sregistry_core.storage.blob_store import INCOMING, Place

from . import inspection
from .access import Access, name_of
from .garbage import Garbage
from .keeping import Keeping
from .listeners import tell
from .locking import lock_containers
from .manifest_tags import forget_manifests
from .outbox import OutboxService
from .publishing import Arrival, Content, Publishing
from .signers import Demand, demand_of
from .summaries import container_changed
from .tag_history import TagHistory
from .verdicts import Verdict
from .verification import Verification

if TYPE_CHECKING:
    from . import Facilities

JOB = "blobs.verify"
_CHUNK = 1 << 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Bytes that are said to have a digest; `size` in bytes, `arrived_at` the key of the upload."""

    upload_id: str
    blob_id: str
    place: Place
    arrived_at: Place
    size: int
    digest: Digest
    container: str
    demand: Demand | None


class Claims:
    """Verifies what has arrived, in a worker: the digest, then what policies and signers say."""

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
        self._keeping = Keeping(db, facilities)
        self._history = TagHistory(db, access, facilities)
        self._verification = Verification(db, access, outbox, facilities)

    def run(self, *, upload: str, blob: str) -> None:
        """Read what an upload has brought to a storage, and believe it or hide its image.

        Nothing of the database is held while the bytes are read. A second run finds nothing to do.
        Raises StorageUnavailable, and is then tried again.
        """
        self._access.require_system()
        claim = self._claim(upload)
        if claim is None:
            # Verified already; or the image is gone, and with it the upload.
            self._garbage.release([blob])
            return
        pause(self._db)
        if claim.arrived_at.key.startswith(f"{INCOMING}/"):
            self._facilities.blob_store.delete(claim.arrived_at)
        reason = self._what_is_wrong(claim)
        if reason is not None:
            self._drop(claim, BlobState.CORRUPT, reason)
            return
        content = Content(
            claim.digest,
            claim.size,
            lambda: self._facilities.blob_store.open(claim.place, size=claim.size),
        )
        try:
            seen, verdict = self._publishing_as(Caller.system()).look(
                claim.container, claim.demand, content
            )
        except (PushRefused, NotAnImage) as error:
            self._drop(claim, BlobState.CLAIMED, str(error))
            return
        try:
            self._believe(claim, seen, verdict)
        except QuotaExceeded as error:
            # It fitted when it was begun, and others have arrived since.
            self._drop(claim, BlobState.CLAIMED, str(error))

    def _claim(self, upload_id: str) -> _Claim | None:
        upload = self._db.get(Upload, upload_id)
        if upload is None or upload.blob is None:
            return None
        blob, container = upload.blob, upload.image.container
        return _Claim(
            upload_id=upload.id,
            blob_id=blob.id,
            place=Place(blob.storage, blob.key),
            arrived_at=Place(upload.storage or "", upload.key or ""),
            size=blob.size,
            digest=Digest.parse(blob.digest),
            container=name_of(container),
            demand=demand_of(self._db, container.collection),
        )

    def _what_is_wrong(self, claim: _Claim) -> str | None:
        running = RunningDigest()
        try:
            with self._facilities.blob_store.stream(claim.place, 0) as source:
                while chunk := source.read(_CHUNK):
                    running.update(chunk)
        except ObjectMissing:
            return "the bytes are gone"
        if running.value != claim.digest:
            return f"the bytes have the digest {running.value}, {claim.digest} was announced"
        return None

    def _believe(self, claim: _Claim, seen: inspection.Glance, verdict: Verdict | None) -> None:
        upload = self._alive(claim)
        if upload is None or upload.blob is None:
            self._garbage.release([claim.blob_id])
            return
        image, claimed = upload.image, upload.blob
        blob = self._verified(claimed)
        if blob is not claimed:
            self._use_instead(claimed, blob)
        if image.blob_id is None:
            arrival = Arrival(image.id, claim.digest, upload.id)
            publishing = self._publishing_as(self._pusher(upload))
            publishing.write_rows(image, arrival, seen, lambda: blob, verdict)
        else:
            # It was pulled meanwhile, or somebody has sent the same bytes once more.
            image.blob_id, image.blob = blob.id, blob
            self._keeping.link(image.container_id, image.digest, blob)
            if verdict is not None:
                self._verification.keep(image, verdict)
            self._db.delete(upload)
        self._db.flush()
        self._garbage.release([claimed.id])

    def _drop(self, claim: _Claim, state: BlobState, reason: str) -> None:
        upload = self._alive(claim)
        log.warning("%s of %s is not published: %s", claim.digest, claim.container, reason)
        if upload is None or upload.blob is None:
            self._garbage.release([claim.blob_id])
            return
        image, blob = upload.image, upload.blob
        blob.state = state
        self._db.delete(upload)
        self._db.flush()
        if image.blob_id in (None, blob.id):
            self._hide(image)
        self._db.execute(delete(RepositoryBlob).where(RepositoryBlob.blob_id == blob.id))
        self._garbage.release([blob.id])

    def _hide(self, image: Image) -> None:
        """Take the bytes from an image, and the tags that led to it; it may be pushed again."""
        was_seen, container = image.blob_id is not None, image.container
        tags = self._db.scalars(select(Tag).where(Tag.image_id == image.id)).all()
        self._history.note_removed(container.id, tags)
        self._db.execute(delete(Tag).where(Tag.image_id == image.id))
        forget_manifests(self._db, container.id, {tag.name for tag in tags})
        image.blob_id, image.blob = None, None
        self._db.flush()
        container_changed(self._outbox, container)
        if was_seen:
            event = ImageDeleted(
                identifier=new_identifier(),
                at=self._facilities.clock(),
                container=name_of(container),
                digest=image.digest,
                user=self._access.caller.name,
            )
            tell(self._outbox, self._facilities.plugins.listeners, event)

    def _verified(self, claimed: Blob) -> Blob:
        """Give the one blob of these bytes that is verified: this one, unless there is another."""
        digest = Digest.parse(claimed.digest)
        known = self._keeping.hold(digest)
        if known is not None:
            return known
        try:
            with self._db.begin_nested():
                claimed.state = BlobState.VERIFIED
                self._db.flush()
        except IntegrityError:
            # Somebody else was faster by a moment, with the same bytes.
            self._db.refresh(claimed)
            known = self._keeping.hold(digest)
            if known is None:
                raise
            return known
        return claimed

    def _use_instead(self, claimed: Blob, blob: Blob) -> None:
        for table in (Image, RepositoryBlob):
            self._db.execute(
                update(table).where(table.blob_id == claimed.id).values(blob_id=blob.id)
            )
        mark_changed(self._db)
        self._db.expire_all()

    def _alive(self, claim: _Claim) -> Upload | None:
        wanted = select(Image.container_id).join(Upload, Upload.image_id == Image.id)
        container = self._db.scalar(wanted.where(Upload.id == claim.upload_id))
        lock_containers(self._db, [container] if container else [])
        upload = self._db.get(Upload, claim.upload_id, populate_existing=True)
        return upload if upload is not None and upload.blob_id == claim.blob_id else None

    def _pusher(self, upload: Upload) -> Caller:
        user = self._db.get(User, upload.user_id) if upload.user_id else None
        return Caller(user_id=user.id, name=user.name) if user else Caller.anonymous()

    def _publishing_as(self, caller: Caller) -> Publishing:
        """Whose push it was is kept with the image; whether they may was asked when it arrived."""
        access = Access(self._db, caller, self._facilities, self._access.audit)
        return Publishing(self._db, access, self._outbox, self._facilities)
