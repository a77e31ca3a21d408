"""A SIF is an OCI artifact, and the other way round: images of manifests, manifests of images."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller
from sregistry_core.db.session import pause
from sregistry_core.digests import ContentDigest, Digest
from sregistry_core.formats.oci_manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    SIF_CONFIG,
    SIF_LAYER,
    read_document,
)
from sregistry_core.models import (
    Blob,
    BlobState,
    Collection,
    Container,
    Entity,
    Image,
    ImageLabel,
    Manifest,
    Tag,
)
from sregistry_core.storage.blob_store import Place

from .access import Access, name_of
from .inspection import Glance, Inspecting
from .keeping import Keeping
from .manifest_rows import ManifestRows
from .publishing import Content, Publishing
from .signers import demand_of
from .verdicts import Verdict
from .verification import Verification

if TYPE_CHECKING:
    from . import Facilities

_CONFIG = b"{}"
_MOST_ANNOTATIONS = 1 << 20
"""Characters: labels beyond stay in the image alone, so that the manifest remains one."""


@dataclass(frozen=True, slots=True)
class SeenSif:
    """A SIF that is about to become an image, and what it says of itself."""

    blob_id: str
    glance: Glance
    verdict: Verdict | None
    """What its signatures are worth, where the collection asks for that."""


class SifArtifacts:
    """The bridge. For services that have guarded themselves."""

    def __init__(
        self,
        db: Session,
        access: Access,
        publishing: Publishing,
        verification: Verification,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._publishing = publishing
        self._verification = verification
        self._facilities = facilities
        self._keeping = Keeping(db, facilities)
        self._rows = ManifestRows(db, access, facilities)

    def look(self, container: Container, blob: Blob) -> SeenSif:
        """Look at a SIF before its image is made, and let policies and the collection refuse it.

        The database is let go meanwhile: rows are looked up anew afterwards. Raises PushRefused.
        """
        demand = demand_of(self._db, container.collection)
        name, size, blob_id = name_of(container), blob.size, blob.id
        place, digest = Place(blob.storage, blob.key), Digest.parse(blob.digest)
        pause(self._db)
        store = self._facilities.blob_store
        content = Content(digest, size, lambda: store.open(place, size=size))
        glance, verdict = self._publishing.look(name, demand, content)
        return SeenSif(blob_id, glance, verdict)

    def known_image(self, container: Container, blob: Blob) -> Image | None:
        """Give the image of a blob in a container, whose bytes are here; None when it is new."""
        image = self._find(container, blob)
        return image if image is not None and not _waits_for(image, blob) else None

    def image_of(self, container: Container, blob: Blob, seen: SeenSif | None) -> Image:
        """Give the image of a blob in a container, made and published when it is new."""
        image = self._find(container, blob)
        if image is None:
            image = Image(
                container_id=container.id,
                digest=blob.digest,
                created_at=self._facilities.clock(),
            )
            try:
                with self._db.begin_nested():
                    self._db.add(image)
            except IntegrityError:
                if self._find(container, blob) is None:
                    raise
                return self.image_of(container, blob, seen)
            image.container = container
        if _waits_for(image, blob):
            glance = seen.glance if seen is not None else Glance()
            image.blob_id, image.blob = blob.id, blob
            image.arch = glance.arch or image.arch
            image.fingerprints = list(glance.fingerprints)
            image.signed = bool(glance.fingerprints)
            self._keep_verdict(image, seen)
            self._publishing.published(image)
        return image

    def _keep_verdict(self, image: Image, seen: SeenSif | None) -> None:
        """Keep the verdict on an image, also one on the same bytes that the caller may read."""
        if seen is not None and seen.verdict is not None:
            self._verification.keep(image, seen.verdict)
            return
        self._db.flush()
        same = self._db.scalar(
            select(Image)
            .join(Container, Container.id == Image.container_id)
            .join(Collection, Collection.id == Container.collection_id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(
                Image.blob_id == image.blob_id,
                Image.id != image.id,
                Image.verification.is_not(None),
                # A client that copies shows a token for where it pushes to, and no other.
                self._access.visible_to_user(),
            )
            .limit(1)
        )
        if same is not None:
            self._verification.copy(same, image)

    def inspect(self, images: Sequence[Image]) -> None:
        """Read what images say of themselves, where the job has not come to it yet.

        The database is let go meanwhile: rows are looked up anew afterwards.
        """
        waiting = [image.id for image in images if image.inspected_at is None]
        if waiting:
            system = Access(self._db, Caller.system(), self._facilities, self._access.audit)
            Inspecting(self._db, system, self._facilities).run_several(waiting)

    def manifest_of_tag(self, container: Container, tags: Sequence[Tag]) -> Manifest:
        """Give what OCI clients see behind a tag of images: a manifest, or an index of several."""
        manifests = {
            tag.arch: self.manifest_of(container, self._db.get_one(Image, tag.image_id))
            for tag in tags
        }
        if len(manifests) == 1:
            return next(iter(manifests.values()))
        body = _as_json(
            {
                "schemaVersion": 2,
                "mediaType": OCI_INDEX,
                "manifests": [
                    {
                        "mediaType": manifest.media_type,
                        "digest": manifest.digest,
                        "size": manifest.size,
                        "platform": {"architecture": arch, "os": "linux"},
                    }
                    for arch, manifest in sorted(manifests.items())
                ],
            }
        )
        return self._rows.keep(container, body, ContentDigest.of(body), read_document(body, None))

    def manifest_of(self, container: Container, image: Image) -> Manifest:
        """Give the manifest of an image: the first that was pushed, or one made now, once."""
        found = self._db.scalar(
            select(Manifest)
            .where(Manifest.image_id == image.id)
            .order_by(Manifest.created_at, Manifest.id)
            .limit(1)
        )
        if found is not None:
            return found
        config = self._keeping.keep_small(_CONFIG)
        self._keeping.link(container.id, config.digest, config)
        if image.blob is not None:
            self._keeping.link(container.id, image.digest, image.blob)
        body = manifest_body(self._db, container, image)
        return self._rows.keep(
            container, body, ContentDigest.of(body), read_document(body, None), image_id=image.id
        )

    def _find(self, container: Container, blob: Blob) -> Image | None:
        return self._db.scalar(
            select(Image).where(Image.container_id == container.id, Image.digest == blob.digest)
        )


def manifest_body(db: Session, container: Container, image: Image) -> bytes:
    """Give the manifest that we make of an image; nothing is written down."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {
            "mediaType": SIF_CONFIG,
            "digest": str(ContentDigest.of(_CONFIG)),
            "size": len(_CONFIG),
        },
        "layers": [
            {
                "mediaType": SIF_LAYER,
                "digest": image.digest,
                "size": image.blob.size if image.blob else 0,
                "annotations": {"org.opencontainers.image.title": f"{container.name}.sif"},
            }
        ],
    }
    if annotations := _annotations(db, image):
        document["annotations"] = annotations
    return _as_json(document)


def _annotations(db: Session, image: Image) -> Mapping[str, str]:
    labels = db.scalars(
        select(ImageLabel).where(ImageLabel.image_id == image.id).order_by(ImageLabel.name)
    )
    annotations: dict[str, str] = {}
    left = _MOST_ANNOTATIONS
    for label in sorted(labels, key=lambda label: label.name):
        left -= len(label.name) + len(label.value)
        if left >= 0:
            annotations[label.name] = label.value
    return annotations


def _waits_for(image: Image, blob: Blob) -> bool:
    """Tell whether an image has no bytes yet, or only claimed ones where these are proven."""
    if image.blob is None:
        return True
    verified = BlobState.VERIFIED
    return image.blob.state is not verified and blob.state is verified


def _as_json(document: Mapping[str, Any]) -> bytes:
    # The order of the keys is that in which they were written down: the same bytes every time.
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode()
