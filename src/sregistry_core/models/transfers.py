"""Uploads that are under way."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .content import Blob
from .library import Image


class UploadKind(StrEnum):
    """How the bytes come: in one request, or in parts."""

    WHOLE = "whole"
    PARTS = "parts"


class Upload(Base):
    """Bytes of one announced image on their way to us; sizes in bytes."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    image_id: Mapped[str] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    kind: Mapped[UploadKind]
    size: Mapped[int] = mapped_column(BigInteger)
    part_size: Mapped[int] = mapped_column(BigInteger)
    received_digest: Mapped[str | None] = mapped_column(String(71))
    """Of a whole upload, once its bytes are here."""
    received_size: Mapped[int | None] = mapped_column(BigInteger)
    storage: Mapped[str | None] = mapped_column(String(40))
    """Of a direct upload, whose bytes go to this storage and not through us: its name."""
    key: Mapped[str | None] = mapped_column(String(200))
    """Where the bytes of a direct upload arrive."""
    store_upload: Mapped[str | None] = mapped_column(Text)
    """What the storage calls a direct upload in parts."""
    blob_id: Mapped[str | None] = mapped_column(
        ForeignKey("blob.id", ondelete="RESTRICT"), index=True
    )
    """Of a direct upload that has arrived, until its bytes are verified."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    image: Mapped[Image] = relationship(lazy="joined", innerjoin=True)
    blob: Mapped[Blob | None] = relationship()


class UploadPart(Base):
    """A part that is on disk."""

    __tablename__ = "upload_part"
    upload_id: Mapped[str] = mapped_column(
        ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[str] = mapped_column(String(32))
    """What the client was given for it, and gives back at the end."""
    received_at: Mapped[datetime]
