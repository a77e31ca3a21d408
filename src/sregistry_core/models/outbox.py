"""Duties that are written down with the act that causes them, and those that come round."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier


class Outbox(Base):
    """A duty. The row is the truth; a broker only delivers the news of it."""

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    job: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[dict[str, Any]]
    queue: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    """Set when no further attempt will be made; `error` then says why."""
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    __table_args__ = (Index("ix_outbox_due", "failed_at", "due_at"),)


class Periodic(Base):
    """When a duty that comes round is due next."""

    __tablename__ = "periodic"
    job: Mapped[str] = mapped_column(String(80), primary_key=True)
    due_at: Mapped[datetime]
