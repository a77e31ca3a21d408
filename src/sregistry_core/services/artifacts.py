"""Manifests for people to look at: those that are there; nothing is made by looking."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import NotFound
from sregistry_core.models import Container, Image, Manifest, RepositoryBlob
from sregistry_core.storage.blob_store import Place

from .access import Access, name_of
from .manifest_tags import manifest_tag
from .sif_artifacts import manifest_body

if TYPE_CHECKING:
    from . import Facilities

MOST_REFERRERS = 100
LARGEST_TEXT = 1 << 16


class Artifacts:
    """What OCI clients see, shown to those who have none."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of_tag(self, container: Container, tag: str) -> Manifest:
        """Give the manifest that a tag points at. Raises NotFound, also where none was made yet."""
        self._access.require(Action.READ, container)
        seen = manifest_tag(self._db, container.id, tag)
        if seen is None:
            raise NotFound(f"{name_of(container)}:{tag} does not exist")
        return self._db.get_one(Manifest, seen.manifest_id)

    def of_digest(self, container: Container, digest: str) -> Manifest:
        """Give a manifest by its digest. Raises NotFound."""
        self._access.require(Action.READ, container)
        found = self._db.scalar(
            select(Manifest).where(Manifest.container_id == container.id, Manifest.digest == digest)
        )
        if found is None:
            raise NotFound(f"{name_of(container)}@{digest} does not exist")
        return found

    def of_image(self, image: Image) -> bytes:
        """Give the manifest of an image: one that was pushed, or what an OCI client would see."""
        self._access.require(Action.READ, image.container)
        found = self._db.scalar(
            select(Manifest.body)
            .where(Manifest.image_id == image.id)
            .order_by(Manifest.created_at, Manifest.id)
            .limit(1)
        )
        return found if found is not None else manifest_body(self._db, image.container, image)

    def digests_of(self, image: Image) -> Sequence[str]:
        """Give the digests of all manifests that an image was pushed with, or that we have made."""
        self._access.require(Action.READ, image.container)
        return self._db.scalars(
            select(Manifest.digest).where(Manifest.image_id == image.id).order_by(Manifest.digest)
        ).all()

    def referrers(self, container: Container, digests: Sequence[str]) -> Sequence[Manifest]:
        """Give the manifests that name one of these as their subject, at most MOST_REFERRERS."""
        self._access.require(Action.READ, container)
        return self._db.scalars(
            select(Manifest)
            .where(Manifest.container_id == container.id, Manifest.subject_digest.in_(digests))
            .order_by(Manifest.created_at, Manifest.digest)
            .limit(MOST_REFERRERS)
        ).all()

    def text_of(self, container: Container, digest: str) -> bytes | None:
        """Give a small blob of a repository, such as a configuration; None for what is none."""
        self._access.require(Action.READ, container)
        link = self._db.get(RepositoryBlob, (container.id, digest))
        if link is None or link.blob.size > LARGEST_TEXT:
            return None
        place = Place(link.blob.storage, link.blob.key)
        with self._facilities.blob_store.open(place, size=link.blob.size) as source:
            return source.read(LARGEST_TEXT)

    def sizes_of(self, container: Container, digests: Sequence[str]) -> dict[str, int]:
        """Give the sizes of those of some blobs that are here, in bytes."""
        self._access.require(Action.READ, container)
        rows = self._db.scalars(
            select(RepositoryBlob).where(
                RepositoryBlob.container_id == container.id, RepositoryBlob.digest.in_(digests)
            )
        )
        return {row.digest: row.blob.size for row in rows}
