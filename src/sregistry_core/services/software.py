"""Which packages an image is said to hold: read from the bill of materials within it."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.db.session import pause
from sregistry_core.errors import NotAnImage
from sregistry_core.formats.sbom import LARGEST, Package, can_read, read_packages
from sregistry_core.models import Image
from sregistry_core.storage.blob_store import Place

from .access import Access

if TYPE_CHECKING:
    from . import Facilities


class Software:
    """Opens bills of materials."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(self, image: Image) -> tuple[Package, ...] | None:
        """Give the packages of an image; None where it does not say, or not so that we can read it.

        Nothing of the database is held while the file is read.
        """
        self._access.require(Action.READ, image.container)
        sbom = (image.inspection or {}).get("sbom") or {}
        if image.blob is None or not can_read(sbom.get("format")) or sbom["size"] > LARGEST:
            return None
        place, size = Place(image.blob.storage, image.blob.key), image.blob.size
        pause(self._db)
        with self._facilities.blob_store.open(place, size=size) as source:
            source.seek(sbom["offset"])
            raw = source.read(sbom["size"])
        try:
            return read_packages(raw, sbom["format"])
        except NotAnImage:
            return None
