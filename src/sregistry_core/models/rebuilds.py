"""Tags that are built anew by themselves."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .accounts import User
from .library import Container


class Verdict(StrEnum):
    """What a rebuild has shown."""

    SAME = "same"
    CHANGED = "changed"
    BROKEN = "broken"


class RebuildSchedule(Base):
    """When the image of a tag is built anew, and what came of it the last time."""

    __tablename__ = "rebuild_schedule"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    container_id: Mapped[str] = mapped_column(ForeignKey("container.id", ondelete="CASCADE"))
    tag: Mapped[str] = mapped_column(String(128))
    arch: Mapped[str] = mapped_column(String(20))
    every_days: Mapped[int | None]
    when_base_moves: Mapped[bool]
    acts_for: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    """Whose rights the builds have."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is built next because days have passed."""
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the base images are looked at next."""
    bases: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Of each base image its `address`, the `digest` that was seen last, and the `trouble` why
    it cannot be watched."""
    build_id: Mapped[str | None] = mapped_column(
        ForeignKey("build.id", ondelete="SET NULL"), index=True
    )
    """The last one that was ordered."""
    is_awaited: Mapped[bool]
    """Nobody has judged yet what came of that build."""
    before_id: Mapped[str | None] = mapped_column(
        ForeignKey("image.id", ondelete="SET NULL"), index=True
    )
    """What the tag pointed at when that build was ordered."""
    verdict: Mapped[Verdict | None]
    words: Mapped[str | None] = mapped_column(Text)
    """The verdict in a sentence."""
    changes: Mapped[dict[str, Any]]
    """What is other than before, by its kind."""
    judged_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    """Why what is due has not been ordered yet."""
    container: Mapped[Container] = relationship(lazy="joined", innerjoin=True)
    user: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[acts_for])
    __table_args__ = (UniqueConstraint("container_id", "tag", "arch"),)
