"""Users, how they prove who they are, and the teams they form."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.contracts import Scope, TeamRole
from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .robots import Robot


class User(Base):
    """A person, or a program with an account of its own."""

    __tablename__ = "user_account"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    """Of a person as entities are called; of a robot such as `ada/lab+ci`."""
    email: Mapped[str | None] = mapped_column(String(254))
    full_name: Mapped[str | None] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(default=False)
    admin_through: Mapped[str | None] = mapped_column(String(40))
    """The way to log in whose group makes them an administrator; None when somebody here did."""
    disabled_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    """Since when no directory that they came from knows them any more, or lets them in."""
    terms_accepted: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the terms of use that they have last accepted."""
    terms_accepted_at: Mapped[datetime | None]
    news_seen_at: Mapped[datetime | None]
    """Until when they have seen what happened to their collections."""
    created_at: Mapped[datetime]
    robot_id: Mapped[str | None] = mapped_column(
        ForeignKey("robot.id", ondelete="CASCADE", use_alter=True), unique=True
    )
    robot: Mapped[Robot | None] = relationship(lazy="joined")
    """What a program may reach; None for a person."""

    @property
    def is_shut_out(self) -> bool:
        """True when no login, token or session of theirs works."""
        return self.disabled_at is not None or self.left_at is not None


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
    lost_at: Mapped[datetime | None]
    """Since when the provider does not know them any more, or its groups do not let them in."""
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
    login: Mapped[str | None] = mapped_column(String(40))
    """The way to log in that sent the browser to another site; None for a password."""
    agent: Mapped[str | None] = mapped_column(String(300))
    """What the browser called itself when it logged in."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Journey(Base):
    """A browser that was sent to another site to log in, and is awaited back once."""

    __tablename__ = "journey"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the state that travels along."""
    browser: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the cookie of the browser that was sent."""
    login: Mapped[str] = mapped_column(String(40))
    keepsake: Mapped[str] = mapped_column(Text)
    wanted: Mapped[str] = mapped_column(String(2000))
    """The path of ours to go to afterwards."""
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    """Who is to be given this login as a further one; None when somebody signs in."""
    subject: Mapped[str | None] = mapped_column(Text)
    """Who came back, as JSON, and cannot have the name they wish for: a form asks for another."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Team(Base):
    """Users who are granted roles together."""

    __tablename__ = "team"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    name: Mapped[str] = mapped_column(String(39), unique=True)
    is_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether every user may join by themselves."""
    created_at: Mapped[datetime]


class Invitation(Base):
    """A link that lets one person join a team, once, until it expires; kept as its SHA-256."""

    __tablename__ = "invitation"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), index=True)
    role: Mapped[TeamRole]
    created_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))


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
    through: Mapped[str | None] = mapped_column(String(40))
    """The login whose group brought them here, and alone takes them out; None: somebody did."""
    created_at: Mapped[datetime]
