"""What OCI clients see behind a tag, kept in step with the tags of images.

A tag is one truth. `Tag` says which images it means, `ManifestTag` which manifest. Whoever moves
the images of a tag forgets its manifest, which is then found anew when somebody asks for it;
whoever moves its manifest moves the images as well.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.formats.oci_manifest import INDEX_TYPES
from sregistry_core.models import (
    Container,
    Image,
    Manifest,
    ManifestReference,
    ManifestTag,
    Tag,
)


def manifest_tag(db: Session, container_id: str, name: str) -> ManifestTag | None:
    """Give what OCI clients see behind a tag; None when it has to be found first, or is no tag."""
    return db.get(ManifestTag, (container_id, name))


def image_tags(db: Session, container_id: str, name: str) -> list[Tag]:
    """Give the images of a tag, by architecture."""
    return list(db.scalars(_tagged(container_id, name)))


def pullable_tags(db: Session, container_id: str, name: str) -> list[Tag]:
    """Give the images of a tag whose bytes are here, by architecture.

    A tag may be set while its image waits to be looked at, and nobody sees it until then.
    """
    here = _tagged(container_id, name).join(Image, Image.id == Tag.image_id)
    return list(db.scalars(here.where(Image.blob_id.is_not(None))))


def _tagged(container_id: str, name: str) -> Select[Tag]:
    return select(Tag).where(Tag.container_id == container_id, Tag.name == name).order_by(Tag.arch)


def forget_manifests(db: Session, container_id: str, names: Collection[str]) -> None:
    """Let what OCI clients see behind some tags be found anew: their images have moved."""
    db.flush()
    db.execute(
        delete(ManifestTag).where(
            ManifestTag.container_id == container_id, ManifestTag.name.in_(names)
        )
    )
    mark_changed(db)


def put_manifest_tag(db: Session, tag: ManifestTag) -> ManifestTag:
    """Write down what OCI clients see behind a tag, in place of what they saw before."""
    found = db.get(ManifestTag, (tag.container_id, tag.name))
    if found is None:
        try:
            with db.begin_nested():
                db.add(tag)
        except IntegrityError:
            # Somebody else was faster by a moment: the later one has it.
            found = db.get(ManifestTag, (tag.container_id, tag.name))
            if found is None:
                raise
    if found is None:
        return tag
    found.manifest_id, found.moved_at = tag.manifest_id, tag.moved_at
    found.moved_by = tag.moved_by
    return found


def is_frozen(db: Session, container: Container, name: str) -> bool:
    """True when a tag never moves again, for images or for manifests."""
    seen = manifest_tag(db, container.id, name)
    if seen is not None and seen.frozen_at is not None:
        return True
    return any(tag.frozen_at is not None for tag in image_tags(db, container.id, name))


def is_named_by_an_index(db: Session, image: Image) -> bool:
    """True when an index of the same repository names a manifest of the image."""
    digests = db.scalars(select(Manifest.digest).where(Manifest.image_id == image.id)).all()
    return bool(db.scalar(select(_named(image.container_id, digests))))


def forget_index(db: Session, manifest_id: str) -> None:
    """Remove an index whose last tag is gone and that no other one names; no other manifest."""
    index = db.get(Manifest, manifest_id)
    if index is None or index.media_type not in INDEX_TYPES:
        return
    is_tagged = exists().where(ManifestTag.manifest_id == manifest_id)
    if not db.scalar(select(is_tagged | _named(index.container_id, [index.digest]))):
        db.delete(index)
        db.flush()


def _named(container_id: str, digests: Sequence[str]) -> ColumnElement[bool]:
    return (
        exists()
        .where(ManifestReference.is_manifest, ManifestReference.digest.in_(digests))
        .where(ManifestReference.manifest_id == Manifest.id)
        .where(Manifest.container_id == container_id)
    )
