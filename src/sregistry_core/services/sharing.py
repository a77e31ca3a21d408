"""Images whose bytes are here already, because the pusher may read them elsewhere."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import PushRefused
from sregistry_core.models import Container, Image, ImageLabel

from .access import Access
from .outbox import OutboxService
from .publishing import Publishing
from .quotas import QuotaGuard
from .signers import demand_of, require_image
from .verification import Verification

if TYPE_CHECKING:
    from . import Facilities


class Sharing:
    """Gives an image the bytes of another one. For services that have guarded themselves."""

    def __init__(
        self,
        db: Session,
        access: Access,
        publishing: Publishing,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._publishing = publishing
        self._quota = QuotaGuard(db, facilities)
        self._facilities = facilities
        self._verification = Verification(db, access, outbox, facilities)

    @property
    def is_allowed(self) -> bool:
        """False where everything has to be looked at before it is published."""
        # What must be looked at before it is published has to arrive under its new name.
        settings, plugins = self._facilities.settings, self._facilities.plugins
        return not settings.require_sif and not plugins.watches_pushes

    def is_taken(self, container: Container, copy: Image) -> bool:
        """Tell whether the collection takes the bytes unseen; otherwise they are sent once more."""
        try:
            require_image(self._db, demand_of(self._db, container.collection), copy)
        except PushRefused:
            return False
        return True

    def share(self, image: Image, copy: Image) -> None:
        """Publish an announced image with the bytes of another one. Raises QuotaExceeded."""
        if copy.blob is not None:
            self._quota.require(image.container, copy.blob)
        image.blob_id, image.blob = copy.blob_id, copy.blob
        image.arch, image.kind, image.opaque_because = copy.arch, copy.kind, copy.opaque_because
        image.signed, image.encrypted = copy.signed, copy.encrypted
        image.fingerprints, image.inspection = copy.fingerprints, copy.inspection
        image.inspected_at = copy.inspected_at
        labels = self._db.scalars(select(ImageLabel).where(ImageLabel.image_id == copy.id)).all()
        self._db.flush()
        self._db.execute(delete(ImageLabel).where(ImageLabel.image_id == image.id))
        for label in labels:
            self._db.add(ImageLabel(image_id=image.id, name=label.name, value=label.value))
        self._verification.copy(copy, image)
        self._publishing.published(image)
