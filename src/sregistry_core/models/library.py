"""What is named: entities, collections, containers, images and tags."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .content import Blob


class EntityKind(StrEnum):
    """Whose an entity is."""

    HOME = "home"
    USER = "user"
    TEAM = "team"


class CollectionRole(StrEnum):
    """What a grant makes of somebody; each includes those before it."""

    READER = "reader"
    WRITER = "writer"
    OWNER = "owner"


class Entity(Base):
    """The first part of a name: the registry itself, a user or a team."""

    __tablename__ = "entity"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    name: Mapped[str] = mapped_column(String(39), unique=True)
    kind: Mapped[EntityKind]
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="RESTRICT"), unique=True
    )
    team_id: Mapped[str | None] = mapped_column(
        ForeignKey("team.id", ondelete="RESTRICT"), unique=True
    )
    description: Mapped[str] = mapped_column(Text, default="")
    quota: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes that all its images may have; None for what the ini file says."""
    created_at: Mapped[datetime]


class Collection(Base):
    """A shelf of containers, with one rule who may see and change them."""

    __tablename__ = "collection"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    entity_id: Mapped[str] = mapped_column(ForeignKey("entity.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(39))
    description: Mapped[str] = mapped_column(Text, default="")
    private: Mapped[bool]
    require_signed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Only images with a verified signature are taken, of `AllowedSigner` where there are any."""
    frozen_at: Mapped[datetime | None]
    """Since when nothing in it may be pushed, moved or deleted."""
    created_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    entity: Mapped[Entity] = relationship(lazy="joined", innerjoin=True)
    __table_args__ = (UniqueConstraint("entity_id", "name"),)


class FormerName(Base):
    """A name that a collection had before: whoever still asks for it is led to the collection."""

    __tablename__ = "former_name"
    entity_id: Mapped[str] = mapped_column(
        ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(39), primary_key=True)
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), index=True
    )
    since: Mapped[datetime]


class Topic(Base):
    """A word that a collection is about."""

    __tablename__ = "topic"
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class Grant(Base):
    """A role of one user or one team on one collection."""

    __tablename__ = "grant_on_collection"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    team_id: Mapped[str | None] = mapped_column(
        ForeignKey("team.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[CollectionRole]
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("collection_id", "user_id"),
        UniqueConstraint("collection_id", "team_id"),
        CheckConstraint("(user_id IS NULL) <> (team_id IS NULL)", name="one_grantee"),
    )


class Container(Base):
    """A name under which images are pushed, tag by tag."""

    __tablename__ = "container"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(64))
    description: Mapped[str] = mapped_column(Text, default="")
    frozen_at: Mapped[datetime | None]
    """Since when nothing in it may be pushed, moved or deleted."""
    created_at: Mapped[datetime]
    collection: Mapped[Collection] = relationship(lazy="joined", innerjoin=True)
    __table_args__ = (UniqueConstraint("collection_id", "name"),)


class Image(Base):
    """One image file in one container."""

    __tablename__ = "image"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    container_id: Mapped[str] = mapped_column(ForeignKey("container.id", ondelete="CASCADE"))
    blob_id: Mapped[str | None] = mapped_column(
        ForeignKey("blob.id", ondelete="RESTRICT"), index=True
    )
    """None while it is announced and its bytes are not here."""
    digest: Mapped[str] = mapped_column(String(71), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    arch: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(20))
    """sif, squashfs, ext3, gzip; or opaque, with the reason in `opaque_because`."""
    opaque_because: Mapped[str | None] = mapped_column(Text)
    signed: Mapped[bool] = mapped_column(default=False)
    encrypted: Mapped[bool] = mapped_column(default=False)
    fingerprints: Mapped[list[str]] = mapped_column(default=list)
    """Of the keys whose signatures are present: a claim, not a verification."""
    inspection: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What was read from the file, as `formats.image.Inspection` has it."""
    inspected_at: Mapped[datetime | None]
    verification: Mapped[str | None] = mapped_column(String(20))
    """What its signatures are worth: verified, partial, unknown_key, bad or none; None before they
    are read."""
    verdict_since: Mapped[datetime | None]
    """When its signatures were first found as they are: verifying them anew does not change it."""
    pushed_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    pushed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    container: Mapped[Container] = relationship(lazy="joined", innerjoin=True)
    blob: Mapped[Blob | None] = relationship(lazy="joined")
    __table_args__ = (
        UniqueConstraint("container_id", "digest"),
        Index("ix_image_container_id_pushed_at", "container_id", "pushed_at"),
    )


class ImageLabel(Base):
    """One label of an image, for the search."""

    __tablename__ = "image_label"
    image_id: Mapped[str] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_image_label_name", "name"),)


class Tag(Base):
    """A name that points at an image of its container, one for each architecture."""

    __tablename__ = "tag"
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    arch: Mapped[str] = mapped_column(String(20), primary_key=True)
    image_id: Mapped[str] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    frozen_at: Mapped[datetime | None]
    moved_at: Mapped[datetime]
    moved_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))


class TagMove(Base):
    """What a tag pointed at from a moment on: the history of a tag, also after its removal."""

    __tablename__ = "tag_move"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    container_id: Mapped[str] = mapped_column(ForeignKey("container.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(128))
    arch: Mapped[str | None] = mapped_column(String(20))
    """None for a manifest of OCI that is no image of ours."""
    digest: Mapped[str | None] = mapped_column(String(135))
    """None when the tag was removed."""
    moved_at: Mapped[datetime]
    moved_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    __table_args__ = (Index("ix_tag_move_of", "container_id", "name", "moved_at"),)
