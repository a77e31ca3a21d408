"""Uploads whose bytes go to the storage itself: the registry gives addresses, and looks later."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from sregistry_core.contracts import DirectStorage, ObjectMissing, Part
from sregistry_core.db.session import pause
from sregistry_core.digests import Digest
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Blob, BlobState, Image, Upload
from sregistry_core.storage.blob_store import INCOMING, Place, key_of

from . import inspection
from .claims import JOB
from .locking import lock_container
from .outbox import SLOW, OutboxService
from .publishing import Arrival, Publishing
from .signers import demand_of

if TYPE_CHECKING:
    from . import Facilities

_GIVEN_UP = "there is no such upload, or it was given up"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the bytes of a direct upload arrive; `store_upload` is None for one in one piece."""

    storage: str
    key: str
    store_upload: str | None = None


class DirectUploads:
    """Lets clients write to the first storage. For services that have guarded themselves.

    What arrives is only claimed to be the bytes that were announced. Therefore it lies under a key
    that no address leads to any more before it is an image of anybody, and is nobody else's until
    `Claims` has read it.
    """

    def __init__(
        self, db: Session, publishing: Publishing, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._publishing = publishing
        self._outbox = outbox
        self._facilities = facilities
        self._blob_store = facilities.blob_store

    def takes_whole(self, size: int) -> bool:
        """Tell whether clients bring that many bytes to the storage themselves, in one piece."""
        direct = self._blob_store.direct()
        return direct is not None and 0 < size <= direct.largest_put

    def part_size(self, wanted: int) -> int | None:
        """Give the size of parts that clients bring to the storage; None when they come to us."""
        direct = self._blob_store.direct()
        return None if direct is None else max(wanted, direct.smallest_part)

    def place_for_whole(self, upload_id: str) -> Begun:
        """Say where an upload in one piece arrives."""
        return Begun(self._blob_store.first, f"{INCOMING}/{upload_id}")

    def begin_parts(self, upload_id: str, digest: Digest) -> Begun:
        """Begin an upload in parts at the storage; the database must not be held meanwhile."""
        name, key = self._blob_store.first, key_of(digest, upload_id)
        return Begun(name, key, self._storage(name).begin(key))

    def address(self, upload: Upload, digest: Digest | None) -> str:
        """Give the address that takes the bytes.

        digest   what the client will show with them; the storage then takes no others
        """
        storage, key = self._found(upload)
        return storage.put_url(
            key,
            size=upload.size,
            sha256=digest.hex if digest else None,
            lifetime=self._facilities.settings.upload_lifetime,
        )

    def part_address(self, upload: Upload, number: int, *, size: int, digest: Digest | None) -> str:
        """Give the address that takes a part of `size` bytes."""
        storage, key = self._found(upload)
        lifetime = self._facilities.settings.upload_lifetime
        upload.expires_at = self._facilities.clock() + lifetime
        return storage.part_url(
            key,
            upload.store_upload or "",
            number,
            size=size,
            sha256=digest.hex if digest else None,
            lifetime=lifetime,
        )

    def finish(self, upload: Upload, parts: Sequence[Part] = ()) -> Image:
        """Take over what has arrived, and have it verified; a repeated call changes nothing.

        The image can be pulled at once, unless somebody has to look at it before: then once it has
        been verified. Raises Malformed when the bytes are not here, or not as many as announced.
        """
        if upload.blob_id is not None:
            return upload.image
        arrival = Arrival(upload.image_id, Digest.parse(upload.image.digest), upload.id)
        begun = Begun(*self._named(upload), upload.store_upload)
        storage, size = self._storage(begun.storage), upload.size
        pause(self._db)
        blob_id, place = self._take_over(storage, begun, arrival, parts)
        try:
            found = storage.stat(place.key)
            if found.size != size:
                raise Malformed(f"{found.size} bytes were sent, {size} were announced")
        except Malformed:
            storage.delete(place.key)
            raise
        with self._blob_store.open(place, size=size) as source:
            seen = inspection.glance(source, size)
        try:
            return self._claim(arrival, blob_id, place, size, seen)
        except BaseException:
            # Parts that are joined are found again by the next try.
            if begun.store_upload is None:
                storage.delete(place.key)
            raise

    def abandon(self, upload: Upload) -> None:
        """Drop an upload in parts at the storage; the database is given back meanwhile.

        Raises Conflict when it is finished.
        """
        if upload.blob_id is not None:
            raise Conflict("this upload is finished")
        (name, key), store_upload = self._named(upload), upload.store_upload or ""
        storage = self._storage(name)
        pause(self._db)
        storage.abandon(key, store_upload)

    def _take_over(
        self, storage: DirectStorage, begun: Begun, arrival: Arrival, parts: Sequence[Part]
    ) -> tuple[str, Place]:
        """Put the bytes where no address leads; give the identifier of their row, and the place."""
        if begun.store_upload is not None:
            storage.finish(begun.key, begun.store_upload, parts)
            return arrival.upload_id or "", Place(begun.storage, begun.key)
        # Not the upload's own identifier: who finishes twice at once could bring other bytes with
        # the second copy, after the first one was read.
        blob_id = new_identifier()
        place = Place(begun.storage, key_of(arrival.announced, blob_id))
        try:
            storage.copy(begun.key, place.key)
        except ObjectMissing as error:
            raise Malformed("no bytes of this image have arrived") from error
        return blob_id, place

    def _claim(
        self, arrival: Arrival, blob_id: str, place: Place, size: int, seen: inspection.Glance
    ) -> Image:
        image = self._publishing.image(arrival)
        lock_container(self._db, image.container_id)
        upload = self._db.get(Upload, arrival.upload_id, populate_existing=True)
        if upload is None:
            raise NotFound(_GIVEN_UP)
        if upload.blob_id is not None:
            if upload.blob_id != blob_id:
                self._blob_store.delete(place)
            return image
        blob = Blob(
            id=blob_id,
            digest=arrival.announced.oci,
            size=size,
            storage=place.storage,
            key=place.key,
            state=BlobState.CLAIMED,
            created_at=self._facilities.clock(),
        )
        self._db.add(blob)
        self._db.flush()
        upload.blob_id = blob.id
        # What is proven does not give way to a claim.
        is_proven = image.blob is not None and image.blob.state is BlobState.VERIFIED
        if self._must_be_looked_at(image):
            # Of what is known the tags want to know the architecture.
            image.arch = image.arch or seen.arch
        elif not is_proven:
            published = Arrival(arrival.image_id, arrival.announced, None)
            self._publishing.write_rows(image, published, seen, lambda: blob, None)
        self._outbox.write(JOB, queue=SLOW, upload=upload.id, blob=blob.id)
        self._db.flush()
        return image

    def _must_be_looked_at(self, image: Image) -> bool:
        """Tell whether the bytes are to be looked at before anybody sees them."""
        settings, plugins = self._facilities.settings, self._facilities.plugins
        demand = demand_of(self._db, image.container.collection)
        return settings.require_sif or plugins.watches_pushes or demand is not None

    def _found(self, upload: Upload) -> tuple[DirectStorage, str]:
        if upload.blob_id is not None:
            raise Conflict("this upload is finished")
        name, key = self._named(upload)
        return self._storage(name), key

    def _named(self, upload: Upload) -> tuple[str, str]:
        return upload.storage or "", upload.key or ""

    def _storage(self, name: str) -> DirectStorage:
        direct = self._blob_store.direct(name)
        if direct is None:
            # The ini file has changed since the upload began.
            raise NotFound(_GIVEN_UP)
        return direct
