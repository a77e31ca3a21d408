"""Users, how they prove who they are, and the teams they form."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.contracts import Scope, TeamRole
from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier


class User(Base):
    """A person, or a program with an account of its own."""

    __tablename__ = "user_account"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    name: Mapped[str] = mapped_column(String(39), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    is_admin: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Credential(Base):
    """One way in which a user logs in: `key` is who they are at `provider`."""

    __tablename__ = "credential"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    provider: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    secret: Mapped[str | None] = mapped_column(String(300))
    """A hash of the password (argon2, with its salt and cost), where we keep one."""
    __table_args__ = (UniqueConstraint("provider", "key"),)


class Token(Base):
    """A long secret that stands for a user, kept as its SHA-256."""

    __tablename__ = "token"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[Scope]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class WebSession(Base):
    """A browser that is logged in; the cookie's secret is kept as its SHA-256."""

    __tablename__ = "web_session"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Team(Base):
    """Users who are granted roles together."""

    __tablename__ = "team"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    name: Mapped[str] = mapped_column(String(39), unique=True)
    created_at: Mapped[datetime]


class Membership(Base):
    """A user in a team."""

    __tablename__ = "membership"
    team_id: Mapped[str] = mapped_column(
        ForeignKey("team.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[TeamRole]
    created_at: Mapped[datetime]
