"""Manifests of repositories: found by tag or digest, pushed, deleted, and listed by subject."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.db.session import begin_writing
from sregistry_core.digests import ContentDigest
from sregistry_core.errors import (
    BlobsMissing,
    Conflict,
    InvalidDigest,
    InvalidManifest,
    ManifestUnknown,
    NotAnImage,
)
from sregistry_core.formats.oci_manifest import INDEX_TYPES, Document, read_document
from sregistry_core.models import (
    Container,
    Image,
    Manifest,
    ManifestTag,
    RepositoryBlob,
    Tag,
)
from sregistry_core.names import USUAL_ARCHITECTURE

from .access import Access, name_of
from .build_statements import BuildStatements
from .freezing import refuse_frozen
from .images import Images
from .locking import lock_container
from .manifest_demands import require_manifest
from .manifest_pointers import ManifestPointers
from .manifest_reference import Reference
from .manifest_rows import ManifestRows
from .manifest_tags import is_frozen, manifest_tag, pullable_tags, put_manifest_tag
from .outbox import OutboxService
from .publishing import Publishing
from .sif_artifacts import SeenSif, SifArtifacts
from .signers import demand_of, require_image
from .tags import Tags
from .verification import Verification
from .verification_results import VerificationResults

if TYPE_CHECKING:
    from . import Facilities

MOST_TAGS = 100
"""That one push may set."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push of a manifest has made."""

    digest: str
    subject: str | None
    tags: tuple[str, ...]


class Manifests:
    """One truth with the images and tags of the library: what one pushes the other one pulls."""

    def __init__(
        self,
        db: Session,
        access: Access,
        images: Images,
        tags: Tags,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._images = images
        self._tags = tags
        self._facilities = facilities
        self._rows = ManifestRows(db, access, facilities)
        self._pointers = ManifestPointers(db, access, tags, outbox, facilities)
        publishing = Publishing(db, access, outbox, facilities)
        verification = Verification(db, access, outbox, facilities)
        self._sif = SifArtifacts(db, access, publishing, verification, facilities)
        self._results = VerificationResults(db, access, facilities)
        self._statements = BuildStatements(db, access, outbox, facilities)

    def find(
        self, container: Container, reference: Reference, *, accepted: Collection[str] = ()
    ) -> Manifest:
        """Give a manifest. Raises ManifestUnknown.

        accepted   media types that the client takes; a tag that is an index gives those who take
                   none the manifest for linux/amd64, or the only one. Empty takes all.
        A tag of images that no OCI client has asked for gets its manifest now, once.
        """
        self._access.require(Action.READ, container)
        if reference.digest is not None:
            found = self._rows.find(container, str(reference.digest))
            if found is None:
                raise self._unknown(container, reference)
            return found
        found = self._of_tag(container, reference)
        if accepted and found.media_type in INDEX_TYPES and not set(INDEX_TYPES) & set(accepted):
            return self._usual_child(container, found)
        return found

    def put(
        self,
        container: Container,
        reference: Reference,
        body: bytes,
        *,
        content_type: str | None = None,
        tags: Sequence[str] = (),
    ) -> Pushed:
        """Take in a manifest, byte for byte, and let tags point at it.

        tags   further ones, beside the one that `reference` may be
        Raises InvalidManifest, InvalidDigest or BlobsMissing for what cannot be taken, Conflict
        for what is frozen, PushRefused when a policy keeps a SIF out, the collection demands
        signatures that are not there, or it claims to be a result of ours.
        """
        self._access.require(Action.PUSH, container)
        names = self._tag_names(reference, tags)
        digest = ContentDigest.of(
            body, reference.digest.algorithm if reference.digest else "sha256"
        )
        if reference.digest is not None and digest != reference.digest:
            raise InvalidDigest(
                f"the manifest has the digest {digest}, {reference.digest} was announced"
            )
        document = read_document(body, content_type)
        self._require_kind(document)
        self._require_takeable(container, digest, document, names)
        container, seen = self._look(container, document)
        lock_container(self._db, container.id)
        # Whoever deletes, sweeps or demands may have been faster while we looked or waited.
        self._db.flush()
        self._db.expire_all()
        self._access.require(Action.PUSH, container)
        self._require_takeable(container, digest, document, names)
        image = self._image_of(container, document, seen)
        told = self._statements.require_genuine(container, digest, document)
        manifest = self._rows.keep(
            container,
            body,
            digest,
            document,
            image_id=image.id if image else None,
            provenance_of=told.id if told else None,
        )
        for name in names:
            self._pointers.point(container, name, manifest)
        if names and image is None:
            tagged = f"{name_of(container)}:{names[0]}"
            self._access.audit.record("manifest.push", tagged, collection=container.collection)
        return Pushed(str(digest), manifest.subject_digest, names)

    def delete(self, container: Container, reference: Reference) -> None:
        """Remove a tag, or a manifest with every tag that points at it, at once.

        The image of a manifest goes with the last of its manifests. Raises ManifestUnknown, or
        Conflict when something of it is frozen.
        """
        self._access.require(Action.DELETE, container)
        lock_container(self._db, container.id)
        if reference.tag is not None:
            if not self._is_tag(container, reference.tag):
                raise self._unknown(container, reference)
            self._tags.remove(container, reference.tag)
            return
        manifest = self._rows.find(container, str(reference.digest))
        if manifest is None:
            raise self._unknown(container, reference)
        names = self._db.scalars(
            select(ManifestTag.name).where(ManifestTag.manifest_id == manifest.id)
        ).all()
        self._refuse_frozen(container, names)
        image = self._db.get(Image, manifest.image_id) if manifest.image_id else None
        if image is not None and not self._has_another(manifest):
            self._images.delete(image)
            return
        for name in names:
            self._tags.remove(container, name)
        self._db.execute(delete(Manifest).where(Manifest.id == manifest.id))

    def referrers(
        self,
        container: Container,
        subject: ContentDigest,
        *,
        artifact_type: str | None = None,
        after: str = "",
        limit: int,
    ) -> Sequence[Manifest]:
        """Give manifests that name a subject, by digest, from the one after `after` on.

        Beside the manifest of an image there is one of ours, which tells what was found when its
        signatures were verified.
        """
        self._access.require(Action.READ, container)
        container_id = container.id
        self._publish_result(container, subject)
        query = (
            select(Manifest)
            .where(
                Manifest.container_id == container_id,
                Manifest.subject_digest == str(subject),
                Manifest.digest > after,
            )
            .order_by(Manifest.digest)
            .limit(limit)
        )
        if artifact_type:
            query = query.where(Manifest.artifact_type == artifact_type)
        return self._db.scalars(query).all()

    def _publish_result(self, container: Container, subject: ContentDigest) -> None:
        container_id = container.id
        manifest = self._rows.find(container, str(subject))
        if manifest is None or self._results.is_current(manifest):
            return
        begin_writing(self._db)
        found = self._db.get(Container, container_id)
        manifest = self._rows.find(found, str(subject)) if found is not None else None
        if found is not None and manifest is not None:
            lock_container(self._db, container_id)
            self._results.publish(found, manifest)

    def _of_tag(self, container: Container, reference: Reference) -> Manifest:
        name = str(reference.tag)
        seen = manifest_tag(self._db, container.id, name)
        if seen is not None:
            return self._db.get_one(Manifest, seen.manifest_id)
        tags = pullable_tags(self._db, container.id, name)
        if not tags:
            raise self._unknown(container, reference)
        container_id = container.id
        self._sif.inspect([self._db.get_one(Image, tag.image_id) for tag in tags])
        begin_writing(self._db)
        found = self._db.get(Container, container_id)
        tags = pullable_tags(self._db, container_id, name)
        if found is None or not tags:
            raise self._unknown(container, reference)
        lock_container(self._db, container_id)
        manifest = self._sif.manifest_of_tag(found, tags)
        put_manifest_tag(
            self._db,
            ManifestTag(
                container_id=container_id,
                name=name,
                manifest_id=manifest.id,
                frozen_at=tags[0].frozen_at,
                moved_at=max(tag.moved_at for tag in tags),
                moved_by=tags[0].moved_by,
            ),
        )
        return manifest

    def _usual_child(self, container: Container, index: Manifest) -> Manifest:
        children = read_document(index.body, index.media_type).manifests
        usual = [one for one in children if one.architecture == USUAL_ARCHITECTURE]
        for one in [*usual, *children[: 1 if len(children) == 1 else 0]]:
            found = self._rows.find(container, str(one.digest))
            if found is not None and found.media_type not in INDEX_TYPES:
                return found
        return index

    def _tag_names(self, reference: Reference, tags: Sequence[str]) -> tuple[str, ...]:
        if len(tags) > MOST_TAGS:
            raise InvalidManifest(f"{len(tags)} tags at once are more than {MOST_TAGS}")
        parsed = [Reference.parse(tag).tag for tag in tags]
        if None in parsed:
            raise InvalidManifest("a digest is no tag")
        return tuple(dict.fromkeys(name for name in (reference.tag, *parsed) if name))

    def _refuse_frozen(self, container: Container, names: Collection[str]) -> None:
        refuse_frozen(container)
        for name in names:
            if is_frozen(self._db, container, name):
                raise Conflict(f"the tag {name} of {name_of(container)} is frozen")

    def _require_kind(self, document: Document) -> None:
        """Raise NotAnImage for what is no SIF where nothing else is taken.

        An index says nothing of that by itself; what names a subject belongs to something here.
        """
        if self._facilities.settings.require_sif and not (
            document.is_index or document.sif or document.subject
        ):
            raise NotAnImage("only SIF images are taken here, and this manifest is of none")

    def _require_takeable(
        self,
        container: Container,
        digest: ContentDigest,
        document: Document,
        names: Collection[str],
    ) -> None:
        self._refuse_frozen(container, names)
        require_manifest(self._db, container, document, is_tagged=bool(names))
        self._results.require_genuine(container, digest, document, is_tagged=bool(names))
        self._statements.require_genuine(container, digest, document)
        self._require_blobs(container, document)

    def _require_blobs(self, container: Container, document: Document) -> None:
        """Raise BlobsMissing unless the config is here, and the layer of a SIF.

        Other layers may be missing: whoever copies a part of an image pushes it so.
        Source: OCI distribution 1.1, conformance, sparse manifests.
        """
        wanted = [str(one.digest) for one in (document.config, document.sif) if one is not None]
        missing = [digest for digest in wanted if self._link(container, digest) is None]
        if missing:
            raise BlobsMissing(f"{name_of(container)} has no blob {', '.join(missing)}")

    def _link(self, container: Container, digest: str) -> RepositoryBlob | None:
        return self._db.get(RepositoryBlob, (container.id, digest), populate_existing=True)

    def _look(self, container: Container, document: Document) -> tuple[Container, SeenSif | None]:
        """Read a SIF that is no image here yet; no connection is held meanwhile."""
        sif = self._link(container, str(document.sif.digest)) if document.sif else None
        if sif is None or self._sif.known_image(container, sif.blob) is not None:
            return container, None
        container_id = container.id
        seen = self._sif.look(container, sif.blob)
        again = self._db.get(Container, container_id)
        if again is None:
            raise ManifestUnknown("the repository was deleted while it was pushed to")
        self._access.require(Action.PUSH, again)
        return again, seen

    def _image_of(
        self, container: Container, document: Document, seen: SeenSif | None
    ) -> Image | None:
        if document.sif is None:
            return None
        link = self._link(container, str(document.sif.digest))
        if link is None:
            raise BlobsMissing(f"{name_of(container)} has no blob {document.sif.digest}")
        image = self._sif.image_of(container, link.blob, seen)
        require_image(self._db, demand_of(self._db, container.collection), image)
        return image

    def _is_tag(self, container: Container, name: str) -> bool:
        of_images = exists().where(Tag.container_id == container.id, Tag.name == name)
        seen = manifest_tag(self._db, container.id, name)
        return seen is not None or bool(self._db.scalar(select(of_images)))

    def _has_another(self, manifest: Manifest) -> bool:
        others = exists().where(Manifest.image_id == manifest.image_id, Manifest.id != manifest.id)
        return bool(self._db.scalar(select(others)))

    def _unknown(self, container: Container, reference: Reference) -> ManifestUnknown:
        return ManifestUnknown(f"{name_of(container)} has no manifest {reference}")
