"""How images were built: published as referrers of their manifests, and shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, PushRefused
from sregistry_core.digests import ContentDigest
from sregistry_core.formats.oci_manifest import Document, read_document
from sregistry_core.models import (
    Build,
    BuildState,
    Collection,
    Container,
    Entity,
    Image,
    Manifest,
    RepositoryBlob,
)
from sregistry_core.storage.blob_store import Place

from .access import Access, name_of
from .build_statement_text import EMPTY_CONFIG, claims_to_be_built_by, write
from .keeping import Keeping
from .locking import lock_container
from .manifest_rows import ManifestRows
from .outbox import OutboxService
from .publishing import Publishing
from .sif_artifacts import SifArtifacts
from .verification import Verification

if TYPE_CHECKING:
    from . import Facilities

JOB = "builds.state"
"""States how an image was built, once it is there."""
_LARGEST = 4 << 20
"""In bytes: a definition may have one, and JSON writes some signs with six."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What was published about a build.

    digest      of the manifest that brings it
    build       its identifier; None when the image was copied from where it was built
    statement   the document itself
    """

    digest: str
    build: str | None
    statement: dict[str, Any]


class BuildStatements:
    """Of each build that made an image there is one."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._facilities = facilities
        self._keeping = Keeping(db, facilities)
        self._rows = ManifestRows(db, access, facilities)
        publishing = Publishing(db, access, outbox, facilities)
        verification = Verification(db, access, outbox, facilities)
        self._sif = SifArtifacts(db, access, publishing, verification, facilities)

    def run(self, *, build: str) -> None:
        """Publish how an image was built beside its manifest. A second run finds it there."""
        self._access.require_system()
        image = self._image_of(build)
        if image is None:
            return
        # The manifest holds what the file says of itself; the database is let go meanwhile.
        self._sif.inspect([image])
        image = self._image_of(build)
        if image is None:
            return
        lock_container(self._db, image.container_id)
        row, container = self._db.get_one(Build, build), image.container
        subject = self._sif.manifest_of(container, image)
        written = write(row, name_of(container), subject, self._facilities.settings.public_url)
        for content in (EMPTY_CONFIG, written.statement):
            blob = self._keeping.keep_small(content)
            self._keeping.link(container.id, str(ContentDigest.of(content)), blob)
        self._rows.keep(
            container,
            written.manifest,
            written.digest,
            read_document(written.manifest, None),
            provenance_of=subject.id,
        )
        row.provenance_digest = str(written.digest)

    def of(self, image: Image, *, after: str = "", limit: int = 100) -> Sequence[Statement]:
        """Give how an image was built, by the digests of the manifests, from `after` on."""
        self._access.require(Action.READ, image.container)
        subjects = select(Manifest.id).where(Manifest.image_id == image.id)
        manifests = self._db.scalars(
            select(Manifest)
            .where(Manifest.provenance_of.in_(subjects), Manifest.digest > after)
            .order_by(Manifest.digest)
            .limit(limit)
        ).all()
        builds = {
            digest: build
            for digest, build in self._db.execute(
                select(Build.provenance_digest, Build.id).where(Build.image_id == image.id)
            )
        }
        return [
            Statement(one.digest, builds.get(one.digest), self._statement(one)) for one in manifests
        ]

    def builds_of(self, image: Image, *, limit: int = 20) -> Sequence[Build]:
        """Give the builds that made an image, the newest first."""
        self._access.require(Action.READ, image.container)
        return self._db.scalars(
            select(Build)
            .where(Build.image_id == image.id, Build.state == BuildState.SUCCEEDED)
            .order_by(Build.ended_at.desc(), Build.id.desc())
            .limit(limit)
        ).all()

    # What follows is for services that have guarded themselves.

    def require_genuine(
        self, container: Container, digest: ContentDigest, document: Document
    ) -> Manifest | None:
        """Raise PushRefused for a manifest that says we have made it, and which we have not.

        Whoever copies an image with its referrers within the registry brings those that are. Gives
        the manifest of whose image it tells; None for any other manifest.
        """
        registry = self._facilities.settings.public_url
        if not claims_to_be_built_by(registry, document):
            return None
        subject = self._rows.find(container, str(document.subject)) if document.subject else None
        if subject is None or subject.image_id is None or not self._is_ours(digest):
            raise PushRefused(
                f"how an image was built {registry} says itself: leave out the manifest {digest}"
            )
        return subject

    def _is_ours(self, digest: ContentDigest) -> bool:
        found = self._db.scalar(
            select(Manifest.id)
            .join(Container, Container.id == Manifest.container_id)
            .join(Collection, Collection.id == Container.collection_id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(
                Manifest.digest == str(digest),
                Manifest.provenance_of.is_not(None),
                # A client that copies shows a token for where it pushes to, and no other.
                self._access.visible_to_user(),
            )
            .limit(1)
        )
        return found is not None

    def _image_of(self, build_id: str) -> Image | None:
        build = self._db.get(Build, build_id)
        if build is None or build.state is not BuildState.SUCCEEDED or build.provenance_digest:
            return None
        image = self._db.get(Image, build.image_id) if build.image_id else None
        return image if image is not None and image.blob is not None else None

    def _statement(self, manifest: Manifest) -> dict[str, Any]:
        layer = read_document(manifest.body, manifest.media_type).layers[0]
        link = self._db.get_one(RepositoryBlob, (manifest.container_id, str(layer.digest)))
        place = Place(link.blob.storage, link.blob.key)
        with self._facilities.blob_store.open(place, size=link.blob.size) as source:
            found: dict[str, Any] = json.loads(source.read(_LARGEST))
        return found
