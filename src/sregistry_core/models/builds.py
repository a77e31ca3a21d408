"""Builds: what was ordered, what became of it, and what its user saw."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .accounts import User
from .library import Collection


class BuildState(StrEnum):
    """How far a build is. The last four are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Its worker was killed, and nobody knows what became of it."""


class Build(Base):
    """One order of an image."""

    __tablename__ = "build"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    container: Mapped[str] = mapped_column(String(64))
    tag: Mapped[str] = mapped_column(String(128))
    arch: Mapped[str] = mapped_column(String(20))
    builder: Mapped[str] = mapped_column(String(40))
    """Its name in the ini file."""
    definition: Mapped[str] = mapped_column(Text)
    arguments: Mapped[dict[str, str]] = mapped_column(default=dict)
    source: Mapped[dict[str, str]] = mapped_column(default=dict)
    """Where the definition comes from, such as `repository`, `commit` and `path`."""
    context_id: Mapped[str | None] = mapped_column(
        ForeignKey("build_context.id", ondelete="SET NULL")
    )
    state: Mapped[BuildState]
    reason: Mapped[str | None] = mapped_column(Text)
    """Why there is no image."""
    handle: Mapped[str | None] = mapped_column(String(500))
    """What the builder remembers of it, for a worker after this one."""
    ordered_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    ordered_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    cancel_asked_at: Mapped[datetime | None]
    image_id: Mapped[str | None] = mapped_column(
        ForeignKey("image.id", ondelete="SET NULL"), index=True
    )
    """What it made, as long as it is there."""
    image_digest: Mapped[str | None] = mapped_column(String(71))
    image_size: Mapped[int | None] = mapped_column(BigInteger)
    built_with: Mapped[str | None] = mapped_column(String(200))
    """The program that built it, and its version."""
    log_digest: Mapped[str | None] = mapped_column(String(71))
    """Of all lines, each with a line feed, when the build has ended."""
    provenance_digest: Mapped[str | None] = mapped_column(String(71))
    """Of the manifest that tells OCI clients how the image was built."""
    own_recipe: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whoever has ordered it has sent the recipe and its files: it may read what they may."""
    unnamed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Nobody has named its image, which is let go after a while."""
    retry_of: Mapped[str | None] = mapped_column(ForeignKey("build.id", ondelete="SET NULL"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What else was found out, such as the digest of the base image."""
    collection: Mapped[Collection] = relationship(lazy="joined", innerjoin=True)
    orderer: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[ordered_by])
    __table_args__ = (
        Index("ix_build_collection_id_ordered_at", "collection_id", "ordered_at"),
        Index("ix_build_state_ordered_at", "state", "ordered_at"),
        # Lists of all builds, and of those of one user.
        Index("ix_build_ordered_at", "ordered_at", "id"),
        Index("ix_build_ordered_by", "ordered_by", "ordered_at", "id"),
    )


class BuildOutputLine(Base):
    """One line of what a build has said, numbered from 1."""

    __tablename__ = "build_output_line"
    build_id: Mapped[str] = mapped_column(
        ForeignKey("build.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)


class BuildContext(Base):
    """Files that a definition copies from: a gzipped tar of one user, announced by its digest."""

    __tablename__ = "build_context"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[str] = mapped_column(String(71))
    size: Mapped[int] = mapped_column(BigInteger)
    arrived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (UniqueConstraint("user_id", "digest"),)


class BuildSecret(Base):
    """What the builds of a collection are given while they run, and nobody is shown."""

    __tablename__ = "build_secret"
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    set_at: Mapped[datetime]
