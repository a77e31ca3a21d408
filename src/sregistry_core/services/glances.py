"""One question to the database for one pull: all that it needs to know, and no objects of rows.

Most of what a registry is asked is this. To let SQLAlchemy make and keep objects for three or four
questions takes ten times as long as to ask one. For services, which guard what they give on.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from sregistry_core.db.session import glance
from sregistry_core.models import (
    Blob,
    Collection,
    Container,
    Entity,
    Image,
    Manifest,
    ManifestTag,
    RepositoryBlob,
    Tag,
)
from sregistry_core.names import USUAL_ARCHITECTURE, ContainerName, ImageName

from .seen import SeenBlob, SeenCollection, SeenContainer, SeenEntity, SeenImage, SeenManifest

_AFTER_EVERY_HEX_DIGIT = "g"


def image_at(db: Session, name: ImageName, arch: str | None) -> SeenImage | None:
    """Give the image that a name means, if its bytes are here."""
    wanted = _spelled(name.container)
    if name.digest:
        start = str(name.digest)
        wanted |= {"start": start, "beyond": start + _AFTER_EVERY_HEX_DIGIT}
        row = glance(db, _IMAGE_OF_DIGEST, wanted)
    elif arch:
        row = glance(db, _IMAGE_TAGGED_FOR, wanted | {"tag": str(name.tag), "arch": arch})
    else:
        row = glance(db, _IMAGE_TAGGED, wanted | {"tag": str(name.tag)})
    return None if row is None else _image_of(row)


def image_numbered(db: Session, identifier: str) -> SeenImage | None:
    """Give an image by its identifier, if its bytes are here."""
    row = glance(db, _IMAGE_NUMBERED, {"image": identifier})
    return None if row is None else _image_of(row)


def manifest_at(
    db: Session, name: ContainerName, *, tag: str | None, digest: str | None
) -> SeenManifest | None:
    """Give the manifest of a tag, or of a digest; None also for a tag that has none yet."""
    if digest is not None:
        row = glance(db, _MANIFEST_OF_DIGEST, _spelled(name) | {"digest": digest})
    else:
        row = glance(db, _MANIFEST_OF_TAG, _spelled(name) | {"tag": str(tag)})
    if row is None:
        return None
    container = _container(row)
    digest_of, media_type, size, body, image_id, tells_of = row[_SHELF_WIDTH:]
    return SeenManifest(
        digest_of, media_type, size, body, image_id, tells_of, container.id, container
    )


def blob_at(
    db: Session, name: ContainerName, digest: str
) -> tuple[SeenContainer, SeenBlob, bool] | None:
    """Give a blob of a repository, and whether it is that of an image there."""
    row = glance(db, _BLOB_OF_DIGEST, _spelled(name) | {"digest": digest})
    if row is None:
        return None
    *blob, is_image = row[_SHELF_WIDTH:]
    return _container(row), SeenBlob(*blob), bool(is_image)


def _image_of(row: Row[Any]) -> SeenImage:
    container = _container(row)
    identifier, digest, arch_of, kind, description, created_at, frozen = row[_SHELF_WIDTH:][:7]
    return SeenImage(
        identifier,
        digest,
        arch_of,
        kind,
        description,
        created_at,
        bool(frozen),
        container.id,
        container,
        SeenBlob(*row[_SHELF_WIDTH + 7 :]),
    )


def _spelled(name: ContainerName) -> dict[str, str]:
    return {"entity": name.entity, "collection": name.collection, "container": name.container}


def _container(row: Row[Any]) -> SeenContainer:
    entity, user_id, team_id, collection_id, collection, private, container_id, container = row[
        :_SHELF_WIDTH
    ]
    shelf = SeenCollection(
        collection_id, collection, bool(private), SeenEntity(entity, user_id, team_id)
    )
    return SeenContainer(container_id, container, collection_id, shelf)


# Tables and not classes: for those SQLAlchemy would make objects. Each statement is made once, for
# to put one together takes longer than to ask it.
_entity, _collection, _container_, _blob = (
    one.__table__ for one in (Entity, Collection, Container, Blob)
)
_image, _tag, _manifest, _manifest_tag, _repository_blob = (
    one.__table__ for one in (Image, Tag, Manifest, ManifestTag, RepositoryBlob)
)
_SHELF: tuple[ColumnElement[Any], ...] = (
    _entity.c.name,
    _entity.c.user_id,
    _entity.c.team_id,
    _collection.c.id,
    _collection.c.name,
    _collection.c.private,
    _container_.c.id,
    _container_.c.name,
)
_SHELF_WIDTH = len(_SHELF)
_BLOB = (_blob.c.digest, _blob.c.size, _blob.c.storage, _blob.c.key)
_SHELVES = _entity.join(_collection, _collection.c.entity_id == _entity.c.id).join(
    _container_, _container_.c.collection_id == _collection.c.id
)


_NAMED = (
    _entity.c.name == bindparam("entity"),
    _collection.c.name == bindparam("collection"),
    _container_.c.name == bindparam("container"),
)


def _select(
    source: FromClause, *columns: ColumnElement[Any], by: tuple[ColumnElement[bool], ...] = _NAMED
) -> Select[Any]:
    return select(*_SHELF, *columns).select_from(source).where(*by).limit(1)


def _select_image(
    source: FromClause,
    frozen: ColumnElement[bool],
    by: tuple[ColumnElement[bool], ...] = _NAMED,
) -> Select[Any]:
    about = (_image.c.id, _image.c.digest, _image.c.arch, _image.c.kind, _image.c.description)
    held = source.join(_blob, _blob.c.id == _image.c.blob_id)
    return _select(held, *about, _image.c.created_at, frozen, *_BLOB, by=by)


_IMAGES = _SHELVES.join(_image, _image.c.container_id == _container_.c.id)
_CONTAINER_IS_FROZEN = or_(
    _container_.c.frozen_at.is_not(None), _collection.c.frozen_at.is_not(None)
)
_twin, _manifest_twin = _tag.alias(), _manifest_tag.alias()
_TAG_IS_FROZEN = or_(
    _CONTAINER_IS_FROZEN,
    *(
        exists()
        .where(
            one.c.container_id == _container_.c.id,
            one.c.name == bindparam("tag"),
            one.c.frozen_at.is_not(None),
        )
        .correlate(_container_)
        for one in (_twin, _manifest_twin)
    ),
)
_IMAGE_TAGGED = (
    _select_image(_IMAGES.join(_tag, _tag.c.image_id == _image.c.id), _TAG_IS_FROZEN)
    .where(_tag.c.name == bindparam("tag"))
    .order_by((_tag.c.arch == USUAL_ARCHITECTURE).desc(), _tag.c.moved_at.desc(), _tag.c.arch)
)
_IMAGE_TAGGED_FOR = _IMAGE_TAGGED.where(_tag.c.arch == bindparam("arch"))
_IMAGE_OF_DIGEST = (
    _select_image(_IMAGES, _CONTAINER_IS_FROZEN)
    .where(_image.c.digest >= bindparam("start"), _image.c.digest < bindparam("beyond"))
    .order_by(_image.c.digest)
)
_IMAGE_NUMBERED = _select_image(
    _IMAGES, _CONTAINER_IS_FROZEN, by=(_image.c.id == bindparam("image"),)
)
_MANIFEST = (
    _manifest.c.digest,
    _manifest.c.media_type,
    _manifest.c.size,
    _manifest.c.body,
    _manifest.c.image_id,
    func.coalesce(_manifest.c.result_of, _manifest.c.provenance_of).label("tells_of"),
)
_MANIFEST_OF_TAG = _select(
    _SHELVES.join(_manifest_tag, _manifest_tag.c.container_id == _container_.c.id).join(
        _manifest, _manifest.c.id == _manifest_tag.c.manifest_id
    ),
    *_MANIFEST,
).where(_manifest_tag.c.name == bindparam("tag"))
_MANIFEST_OF_DIGEST = _select(
    _SHELVES.join(_manifest, _manifest.c.container_id == _container_.c.id), *_MANIFEST
).where(_manifest.c.digest == bindparam("digest"))
_BLOB_OF_DIGEST = _select(
    _SHELVES.join(_repository_blob, _repository_blob.c.container_id == _container_.c.id).join(
        _blob, _blob.c.id == _repository_blob.c.blob_id
    ),
    *_BLOB,
    exists()
    .where(_image.c.container_id == _container_.c.id, _image.c.blob_id == _blob.c.id)
    .correlate(_container_, _blob),
).where(_repository_blob.c.digest == bindparam("digest"))
