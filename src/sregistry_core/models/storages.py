"""What a job has found when it last looked at a storage."""

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sregistry_core.db.base import Base


class StorageState(Base):
    """A storage by its name in the ini file; sizes in bytes."""

    __tablename__ = "storage_state"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    checked_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(Text)
    """Why it cannot be used; None when it can."""
    free: Mapped[int | None] = mapped_column(BigInteger)
    """None when it cannot say."""
    held: Mapped[int] = mapped_column(BigInteger)
    """Of all blobs that are kept in it."""
    blob_count: Mapped[int]
