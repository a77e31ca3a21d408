"""Who did what to what, when, and from where."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier


class AuditEvent(Base):
    """Something that somebody did; what is named keeps its name here when it is gone."""

    __tablename__ = "audit_event"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    at: Mapped[datetime]
    actor_id: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    actor: Mapped[str | None] = mapped_column(String(120))
    """Their name at that time; `system` for the registry itself, None for nobody."""
    address: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(60))
    """What and what was done to it, such as `collection.rename`."""
    target: Mapped[str] = mapped_column(String(300))
    """The full name of what it was done to."""
    collection_id: Mapped[str | None] = mapped_column(
        ForeignKey("collection.id", ondelete="SET NULL")
    )
    """The collection that it concerns, if any: its owners hear of it."""
    about_id: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    """The user that it concerns beside them, such as who was given a role."""
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    __table_args__ = (
        Index("ix_audit_event_at", "at", "id"),
        Index("ix_audit_event_collection", "collection_id", "at"),
        Index("ix_audit_event_action", "action", "at"),
        # By its beginning, which PostgreSQL finds in no other way.
        Index("ix_audit_event_target", "target", postgresql_ops={"target": "text_pattern_ops"}),
    )
