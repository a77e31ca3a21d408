"""Robots: accounts of programs that reach one collection, or those of one team."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sregistry_core.contracts import Scope
from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier


class Robot(Base):
    """What the account of a program may reach; its `User` row refers to it, and goes with it."""

    __tablename__ = "robot"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    name: Mapped[str] = mapped_column(String(39))
    collection_id: Mapped[str | None] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE")
    )
    team_id: Mapped[str | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    scope: Mapped[Scope]
    """Pulling or pushing; never more."""
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("collection_id", "name"),
        UniqueConstraint("team_id", "name"),
        CheckConstraint("(collection_id IS NULL) <> (team_id IS NULL)", name="one_place"),
    )


class Publisher(Base):
    """A robot whose tokens are given to jobs elsewhere, for what their site signs of them."""

    __tablename__ = "publisher"
    robot_id: Mapped[str] = mapped_column(
        ForeignKey("robot.id", ondelete="CASCADE"), primary_key=True
    )
    issuer: Mapped[str] = mapped_column(String(500), index=True)
    audience: Mapped[str] = mapped_column(String(500))
    claims: Mapped[dict[str, str]] = mapped_column(default=dict)
    """What each claim must be, by its name; `*` stands for anything in one part of a path."""
    lifetime_seconds: Mapped[int]
    """Of a token that it is given."""
    created_at: Mapped[datetime]


class SpentStatement(Base):
    """A signed statement of a job that was exchanged, and is taken no second time."""

    __tablename__ = "spent_statement"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of its issuer and its identifier."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
