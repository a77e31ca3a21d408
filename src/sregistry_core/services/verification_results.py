"""Results of verifications, published as referrers of the manifests of their images."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import PushRefused
from sregistry_core.db.session import mark_changed
from sregistry_core.digests import ContentDigest, Digest
from sregistry_core.formats.oci_manifest import Document, read_document
from sregistry_core.models import (
    BlobState,
    Collection,
    Container,
    Entity,
    Image,
    ImageSignature,
    Manifest,
)

from .access import Access
from .keeping import Keeping
from .manifest_rows import ManifestRows
from .verdicts import Worth
from .verification_statement import EMPTY_CONFIG, Published, Result, claims_to_be_of, publish

if TYPE_CHECKING:
    from . import Facilities

_MOST_COPIES = 1000


class VerificationResults:
    """Of each manifest of an image there is one at most. For services that guard themselves."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities
        self._keeping = Keeping(db, facilities)
        self._rows = ManifestRows(db, access, facilities)

    def is_current(self, subject: Manifest) -> bool:
        """Tell whether what is published beside a manifest is what has been found."""
        wanted = self._of(subject)
        kept = self._db.scalar(select(Manifest.digest).where(Manifest.result_of == subject.id))
        return kept == (str(wanted.digest) if wanted is not None else None)

    def publish(self, container: Container, subject: Manifest) -> None:
        """Publish what has been found about the image of a manifest, in place of what was."""
        self._lock(Manifest.id == subject.id)
        wanted = self._of(subject)
        old = delete(Manifest).where(Manifest.result_of == subject.id)
        if wanted is not None:
            old = old.where(Manifest.digest != str(wanted.digest))
        self._db.execute(old.execution_options(synchronize_session=False))
        mark_changed(self._db)
        if wanted is None:
            return
        for content in (EMPTY_CONFIG, wanted.statement):
            blob = self._keeping.keep_small(content)
            self._keeping.link(container.id, blob.digest, blob)
        self._rows.keep(
            container,
            wanted.manifest,
            wanted.digest,
            read_document(wanted.manifest, None),
            result_of=subject.id,
        )

    def forget(self, image: Image) -> None:
        """Withdraw what is published about an image; it is made anew when somebody asks."""
        manifests = self._lock(Manifest.image_id == image.id)
        self._db.execute(
            delete(Manifest)
            .where(Manifest.result_of.in_(manifests))
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)

    def require_genuine(
        self, container: Container, digest: ContentDigest, document: Document, *, is_tagged: bool
    ) -> None:
        """Raise PushRefused for a manifest that claims to be one of ours and is not.

        Whoever copies an image with its referrers within the registry brings those that are.
        """
        verifier = self._facilities.settings.public_url
        if not claims_to_be_of(verifier, document):
            return
        found = self._rows.find(container, str(document.subject)) if document.subject else None
        if is_tagged or found is None or not self._is_genuine(found, digest):
            raise PushRefused(
                f"what the signatures of an image are worth {verifier} says itself: leave out"
                f" the manifest {digest}"
            )
        self.publish(container, found)

    def _lock(self, condition: ColumnElement[bool]) -> Sequence[str]:
        """Let nobody else publish beside some manifests until we are done; give their ids.

        Otherwise a result that is just being published could outlive what it says.
        """
        return self._db.scalars(
            select(Manifest.id).where(condition).order_by(Manifest.id).with_for_update()
        ).all()

    def _is_genuine(self, subject: Manifest, digest: ContentDigest) -> bool:
        """Tell whether a result is what is to be published beside a manifest.

        The same bytes elsewhere may have been verified at another time: whoever may read them
        there, and brings their result, brings that time along.
        """
        image = self._image(subject)
        if image is None:
            return False
        for since in self._times(image):
            wanted = self._of(subject, since)
            if wanted is not None and wanted.digest == digest:
                image.verdict_since = since
                return True
        return False

    def _times(self, image: Image) -> Sequence[datetime]:
        """Give the times of the verdict on an image, and on readable ones of the same bytes."""
        elsewhere = self._db.scalars(
            select(Image.verdict_since)
            .join(Container, Container.id == Image.container_id)
            .join(Collection, Collection.id == Container.collection_id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(
                Image.blob_id == image.blob_id,
                Image.verdict_since.is_not(None),
                # A client that copies shows a token for where it pushes to, and no other.
                self._access.visible_to_user(),
            )
            .distinct()
            .limit(_MOST_COPIES)
        ).all()
        return [one for one in (image.verdict_since, *elsewhere) if one is not None]

    def _image(self, subject: Manifest) -> Image | None:
        return self._db.get(Image, subject.image_id) if subject.image_id else None

    def _of(self, subject: Manifest, since: datetime | None = None) -> Published | None:
        """Give what is to be published beside a manifest; None when nothing is known yet.

        since   when it was found; None for when it was found here
        """
        image = self._image(subject)
        if image is None or image.verification is None or image.verdict_since is None:
            return None
        if image.blob is None or image.blob.state is not BlobState.VERIFIED:
            # The result is about a digest, and that the bytes have it is only claimed so far.
            return None
        signatures = self._db.scalars(
            select(ImageSignature)
            .where(ImageSignature.image_id == image.id)
            .order_by(ImageSignature.object_id)
        ).all()
        result = Result(
            image_digest=Digest.parse(image.digest),
            worth=Worth(image.verification),
            since=since or image.verdict_since,
            signatures=signatures,
            verifier=self._facilities.settings.public_url,
        )
        return publish(result, subject)
