"""OCI: which blobs and manifests a repository holds, and what its tags point at."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .content import Blob

LONGEST_DIGEST = 135
"""`sha512:` and 128 hex digits."""


class RepositoryBlob(Base):
    """A blob of one repository, under the digest that its clients use (SHA-256 or SHA-512)."""

    __tablename__ = "repository_blob"
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(LONGEST_DIGEST), primary_key=True)
    blob_id: Mapped[str] = mapped_column(ForeignKey("blob.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime]
    blob: Mapped[Blob] = relationship(lazy="joined", innerjoin=True)


class Manifest(Base):
    """A manifest or an index, byte for byte as it was pushed, or as we made it of an image."""

    __tablename__ = "manifest"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    container_id: Mapped[str] = mapped_column(ForeignKey("container.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(LONGEST_DIGEST))
    media_type: Mapped[str] = mapped_column(String(255))
    artifact_type: Mapped[str | None] = mapped_column(String(255))
    subject_digest: Mapped[str | None] = mapped_column(String(LONGEST_DIGEST))
    annotations: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    image_id: Mapped[str | None] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), index=True
    )
    """The image whose SIF is its one layer, if it is such a manifest."""
    result_of: Mapped[str | None] = mapped_column(
        ForeignKey("manifest.id", ondelete="CASCADE"), unique=True, index=True
    )
    """The manifest of an image whose verification it tells of, if we have made it for that."""
    provenance_of: Mapped[str | None] = mapped_column(
        ForeignKey("manifest.id", ondelete="CASCADE"), index=True
    )
    """The manifest of an image of which it tells how we have built it."""
    pushed_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]

    @property
    def tells_of(self) -> str | None:
        """The manifest of an image of which this one tells, if we have made it for that."""
        return self.result_of or self.provenance_of

    __table_args__ = (
        UniqueConstraint("container_id", "digest"),
        Index("ix_manifest_subject", "container_id", "subject_digest"),
    )


class ManifestReference(Base):
    """What a manifest names: blobs (config, layers) and, of an index, other manifests."""

    __tablename__ = "manifest_reference"
    manifest_id: Mapped[str] = mapped_column(
        ForeignKey("manifest.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(LONGEST_DIGEST), primary_key=True)
    is_manifest: Mapped[bool]
    __table_args__ = (Index("ix_manifest_reference_digest", "digest"),)


class ManifestTag(Base):
    """What a tag of a repository points at for OCI clients; kept in step with `Tag`."""

    __tablename__ = "manifest_tag"
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    manifest_id: Mapped[str] = mapped_column(
        ForeignKey("manifest.id", ondelete="CASCADE"), index=True
    )
    frozen_at: Mapped[datetime | None]
    moved_at: Mapped[datetime]
    moved_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))


class BlobUpload(Base):
    """Bytes of one blob on their way into a repository, in one piece or chunk by chunk."""

    __tablename__ = "blob_upload"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    received_size: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
