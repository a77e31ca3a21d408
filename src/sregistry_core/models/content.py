"""Bytes that the registry holds."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier


class BlobState(StrEnum):
    """How sure we are that the bytes have their digest."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    CORRUPT = "corrupt"


class Blob(Base):
    """Bytes, where they are, and whether their digest is proven.

    `key` is never used a second time, also not for the same bytes: so that a deletion that comes
    late cannot take away what has just been pushed again.
    """

    __tablename__ = "blob"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    digest: Mapped[str] = mapped_column(String(71), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    storage: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    state: Mapped[BlobState]
    unreferenced_since: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("storage", "key"),
        # Equal bytes are kept once.
        Index(
            "uq_blob_verified_digest",
            "digest",
            unique=True,
            sqlite_where=text("state = 'verified'"),
            postgresql_where=text("state = 'verified'"),
        ),
    )
