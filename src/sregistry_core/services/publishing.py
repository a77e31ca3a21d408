"""The last step of every push: bytes first, rows second."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, ImagePushed, PushedImage
from sregistry_core.db.session import pause, start_over
from sregistry_core.digests import Digest
from sregistry_core.errors import Malformed, NotFound
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Blob, BlobState, Container, Image, Upload
from sregistry_core.storage.staging import Staged

from . import inspection
from .access import Access, name_of
from .freezing import refuse_frozen
from .keeping import Keeping
from .listeners import tell
from .locking import lock_container
from .outbox import OutboxService
from .quotas import QuotaGuard
from .signers import Demand, demand_of, require_image, require_verdict
from .summaries import container_changed
from .verdicts import Verdict
from .verification import Verification

if TYPE_CHECKING:
    from . import Facilities


_DELETED = "the image was deleted while it was pushed"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Which image the bytes are said to be, and the upload that brought them, if any."""

    image_id: str
    announced: Digest
    upload_id: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that lie somewhere and are hashed; `size` in bytes."""

    digest: Digest
    size: int
    open: Callable[[], BinaryIO]


class Publishing:
    """Turns complete, hashed bytes into an image. For services that have guarded themselves."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities
        self._keeping = Keeping(db, facilities)
        self._quota = QuotaGuard(db, facilities)
        self._verification = Verification(db, access, outbox, facilities)

    def publish(self, arrival: Arrival, staged: Staged) -> Image:
        """Keep the bytes, then write the rows; the database is not held while bytes move.

        Raises Malformed when the bytes are not those announced, PushRefused when a policy keeps
        them out, or the signatures that the collection demands are not there, QuotaExceeded. Until
        the rows are committed nobody sees anything.
        """
        if staged.digest != arrival.announced:
            raise Malformed(
                f"the bytes have the digest {staged.digest}, {arrival.announced} was announced"
            )
        container = self.image(arrival).container
        self._quota.require_room(container, staged.size, staged.digest.oci)
        name, demand = name_of(container), demand_of(self._db, container.collection)
        pause(self._db)
        seen, verdict = self.look(name, demand, _content_of(staged))
        with self._keeping.kept(staged, arrival.upload_id) as blob_row:
            return self.write_rows(self.image(arrival), arrival, seen, blob_row, verdict)

    def publish_unannounced(self, container_of: Callable[[], Container], staged: Staged) -> Image:
        """Do the same with bytes whose digest nobody has announced; they may be here already.

        container_of   finds the container, or makes it. It is called before the bytes are kept,
                       when what it makes is taken back, and once more for good.
        """
        container = container_of()
        self._require_open(container)
        known = self._of(container, staged.digest)
        if known is not None and known.blob and known.blob.state is BlobState.VERIFIED:
            return known
        self._quota.require_room(container, staged.size, staged.digest.oci)
        name, demand = name_of(container), demand_of(self._db, container.collection)
        start_over(self._db)
        seen, verdict = self.look(name, demand, _content_of(staged))
        with self._keeping.kept(staged) as blob_row:
            container = container_of()
            self._require_open(container)
            image = self._of(container, staged.digest) or self._new(container, staged.digest)
            arrival = Arrival(image.id, staged.digest, None)
            return self.write_rows(image, arrival, seen, blob_row, verdict)

    def published(self, image: Image) -> None:
        """Note who pushed an image, and what is to happen now that its bytes are here.

        Raises PushRefused when its collection demands signatures, and it is not verified.
        """
        require_image(self._db, demand_of(self._db, image.container.collection), image)
        image.pushed_by = self._access.caller.user_id
        image.pushed_at = self._facilities.clock()
        self._db.flush()
        if image.blob is not None:
            self._keeping.link(image.container_id, image.digest, image.blob)
        if image.inspected_at is None:
            self._outbox.write(inspection.JOB, image=image.id)
        container_changed(self._outbox, image.container)
        self._access.audit.record(
            "image.push",
            name_of(image.container),
            collection=image.container.collection,
            digest=image.digest,
        )
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

    def look(
        self, name: str, demand: Demand | None, content: Content
    ) -> tuple[inspection.Glance, Verdict | None]:
        """Ask policies and, where they are demanded, look at signatures; the database is free.

        name     of the container
        demand   of its collection
        """
        seen = self.ask_policies(name, content.digest, content.size, content.open)
        verdict = None
        if demand is not None:
            with content.open() as source:
                verdict = self._verification.verdict(source, content.size)
            require_verdict(demand, verdict)
        return seen, verdict

    def write_rows(
        self,
        image: Image,
        arrival: Arrival,
        seen: inspection.Glance,
        blob_row: Callable[[], Blob],
        verdict: Verdict | None,
    ) -> Image:
        """Publish an image whose bytes are kept, and strike its upload off.

        Raises QuotaExceeded when its entity would have more bytes than it may.
        """
        image = self._still_there(image)
        blob = blob_row()
        self._quota.require(image.container, blob)
        image.blob_id, image.blob = blob.id, blob
        image.arch = seen.arch or image.arch
        image.fingerprints, image.signed = list(seen.fingerprints), bool(seen.fingerprints)
        if verdict is not None:
            self._verification.keep(image, verdict)
        self.published(image)
        if arrival.upload_id is not None:
            upload = self._db.get(Upload, arrival.upload_id)
            if upload is not None:
                self._db.delete(upload)
                self._db.flush()
            self._facilities.staging.discard(arrival.upload_id)
        return image

    def image(self, arrival: Arrival) -> Image:
        """Give the image that some bytes are for, if it still takes them. Raises NotFound."""
        image = self._db.get(Image, arrival.image_id)
        if image is None:
            raise NotFound(_DELETED)
        self._require_open(image.container)
        return image

    def _still_there(self, image: Image) -> Image:
        """Give an image as it is now, and let nobody else write in its container."""
        self._db.flush()
        lock_container(self._db, image.container_id)
        found = self._db.get(Image, image.id, populate_existing=True)
        if found is None:
            raise NotFound(_DELETED)
        return found

    def _require_open(self, container: Container) -> None:
        self._access.require(Action.PUSH, container)
        refuse_frozen(container)

    def _of(self, container: Container, digest: Digest) -> Image | None:
        return self._db.scalar(
            select(Image).where(Image.container_id == container.id, Image.digest == digest.oci)
        )

    def _new(self, container: Container, digest: Digest) -> Image:
        image = Image(
            container_id=container.id, digest=digest.oci, created_at=self._facilities.clock()
        )
        # When somebody is faster with the same bytes, they are told to try again.
        self._db.add(image)
        self._db.flush()
        image.container = container
        return image

    def ask_policies(
        self, container: str, digest: Digest, size: int, opened: Callable[[], BinaryIO]
    ) -> inspection.Glance:
        """Look at the bytes of an image that is not published yet, and let policies refuse it.

        The database must not be held meanwhile. Raises PushRefused, or NotAnImage where nothing
        but SIF is taken.
        """
        plugins = self._facilities.plugins
        require_sif = self._facilities.settings.require_sif
        with opened() as source:
            if not require_sif and not plugins.watches_pushes:
                return inspection.glance(source, size)
            seen = inspection.look(source, size, require_sif=require_sif)
        plugins.before_publish(
            PushedImage(
                name=container,
                digest=digest.oci,
                size=size,
                arch=seen.arch,
                labels=dict(seen.labels),
                fingerprints=seen.fingerprints,
                open=opened,
            )
        )
        return seen


def _content_of(staged: Staged) -> Content:
    return Content(staged.digest, staged.size, lambda: staged.path.open("rb"))
