"""Rows of manifests: each document once in its repository, with what it names."""

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.digests import ContentDigest
from sregistry_core.formats.oci_manifest import Document
from sregistry_core.models import Container, Manifest, ManifestReference

from .access import Access

if TYPE_CHECKING:
    from . import Facilities


class ManifestRows:
    """Finds and writes them. For services that have guarded themselves."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def find(self, container: Container, digest: str) -> Manifest | None:
        """Give a manifest of a repository by its digest."""
        return self._db.scalar(
            select(Manifest).where(Manifest.container_id == container.id, Manifest.digest == digest)
        )

    def keep(
        self,
        container: Container,
        body: bytes,
        digest: ContentDigest,
        document: Document,
        *,
        image_id: str | None = None,
        result_of: str | None = None,
        provenance_of: str | None = None,
    ) -> Manifest:
        """Give the row of a document in a repository, made when it is new there.

        result_of       the manifest beside which we publish this one; nobody has pushed it then
        provenance_of   the same, for one that tells how the image was built
        """
        found = self.find(container, str(digest))
        if found is not None:
            found.image_id = image_id or found.image_id
            found.result_of = result_of or found.result_of
            found.provenance_of = provenance_of or found.provenance_of
            return found
        manifest = Manifest(
            container_id=container.id,
            digest=str(digest),
            media_type=document.media_type,
            artifact_type=document.artifact_type,
            subject_digest=str(document.subject) if document.subject else None,
            annotations=dict(document.annotations),
            body=body,
            size=len(body),
            image_id=image_id,
            result_of=result_of,
            provenance_of=provenance_of,
            pushed_by=self._access.caller.user_id if not (result_of or provenance_of) else None,
            created_at=self._facilities.clock(),
        )
        try:
            with self._db.begin_nested():
                self._db.add(manifest)
        except IntegrityError:
            # Somebody else was faster by a moment, with the same bytes.
            other = self.find(container, str(digest))
            if other is None:
                raise
            return other
        self._refer(manifest, document)
        return manifest

    def _refer(self, manifest: Manifest, document: Document) -> None:
        blobs = {str(one.digest) for one in (document.config, *document.layers) if one is not None}
        manifests = {str(one.digest) for one in document.manifests}
        for digest in sorted(blobs | manifests):
            self._db.add(
                ManifestReference(
                    manifest_id=manifest.id, digest=digest, is_manifest=digest in manifests
                )
            )
        self._db.flush()
