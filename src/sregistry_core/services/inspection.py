"""What an image file says of itself: a glance when it arrives, all of it in a job afterwards."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import delete
from sqlalchemy.orm import Session

from sregistry_core.db.session import begin_writing, pause
from sregistry_core.errors import NotAnImage
from sregistry_core.formats import sif
from sregistry_core.formats.image import inspect
from sregistry_core.formats.inspection import Inspection
from sregistry_core.formats.sif_descriptors import SignatureExtra
from sregistry_core.models import Image, ImageLabel
from sregistry_core.storage.blob_store import Place

from .access import Access
from .locking import lock_containers
from .outbox import OutboxService
from .summaries import container_changed

if TYPE_CHECKING:
    from . import Facilities

JOB = "images.inspect"
OPAQUE = "opaque"
_LONGEST_LABEL = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Glance:
    """What can be told within a moment; a claim of the file, not a verification."""

    arch: str | None = None
    fingerprints: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


def glance(source: BinaryIO, size: int) -> Glance:
    """Look at the header and the descriptors of a SIF; nothing can be told of another file."""
    try:
        header = sif.read_header(source)
        descriptors = sif.read_descriptors(source, header, size)
    except NotAnImage:
        return Glance()
    extras = [one.extra for one in descriptors if isinstance(one.extra, SignatureExtra)]
    return Glance(
        arch=header.arch,
        fingerprints=tuple(sorted({extra.fingerprint for extra in extras if extra.fingerprint})),
    )


def look(source: BinaryIO, size: int, *, require_sif: bool) -> Glance:
    """Look through the whole of an image file, for the policies.

    Raises NotAnImage when it must be a SIF and is none.
    """
    try:
        found = inspect(source, size)
    except NotAnImage:
        if require_sif:
            raise
        return Glance()
    if require_sif and found.kind != "sif":
        raise NotAnImage(f"only SIF images are taken here, and this is {found.kind}")
    return Glance(found.arch, _fingerprints(found), tuple(found.labels.items()))


class Inspecting:
    """Runs in a worker."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._outbox = OutboxService(db, facilities.clock)
        self._facilities = facilities

    def run(self, *, image: str) -> None:
        """Read what an image file says of itself, and keep it with the image.

        A second run finds the same. A file that cannot be read is kept as opaque, with the reason.
        """
        self.run_several([image])

    def run_several(self, images: Sequence[str]) -> None:
        """Do the same for several images; nothing of the database is held while files are read."""
        self._access.require_system()
        rows = [row for image in images if (row := self._db.get(Image, image))]
        blobs = {row.id: row.blob for row in rows if row.blob is not None}
        if not blobs:
            return
        places = {
            image: (Place(blob.storage, blob.key), blob.size) for image, blob in blobs.items()
        }
        containers = {row.container_id for row in rows}
        pause(self._db)
        found = {image: self._read(place, size) for image, (place, size) in places.items()}
        begin_writing(self._db)
        lock_containers(self._db, containers)
        for image, inspected in found.items():
            again = self._db.get(Image, image)
            if again is not None:
                self._keep(again, inspected)

    def _read(self, place: Place, size: int) -> Inspection | str:
        with self._facilities.blob_store.open(place, size=size) as source:
            try:
                return inspect(source, size)
            except NotAnImage as error:
                return str(error)

    def _keep(self, image: Image, found: Inspection | str) -> None:
        self._db.execute(delete(ImageLabel).where(ImageLabel.image_id == image.id))
        container_changed(self._outbox, image.container)
        image.inspected_at = self._facilities.clock()
        if isinstance(found, str):
            image.kind, image.opaque_because, image.inspection = OPAQUE, found, {}
            return
        image.kind, image.opaque_because = found.kind, None
        image.arch = found.arch or image.arch
        image.encrypted = found.encrypted
        image.signed = bool(found.signatures)
        image.fingerprints = list(_fingerprints(found))
        image.inspection = _as_json(found)
        for name, value in found.labels.items():
            self._db.add(ImageLabel(image_id=image.id, name=name[:_LONGEST_LABEL], value=value))


def _fingerprints(found: Inspection) -> tuple[str, ...]:
    return tuple(sorted({one.fingerprint for one in found.signatures if one.fingerprint}))


def _as_json(found: Inspection) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asdict(found), default=datetime.isoformat)))
