"""Collections that are built from a repository of Git."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .accounts import User
from .library import Collection


class Forge(StrEnum):
    """What serves a repository: how its webhooks are signed, and where it takes commit statuses."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    """Forgejo as well."""
    BITBUCKET = "bitbucket"
    PLAIN = "plain"
    """Git alone; a hook signs as GitHub does."""


class GitConnection(Base):
    """The repository of a collection, and how far it was seen."""

    __tablename__ = "git_connection"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    """It is in the address of the webhook."""
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), unique=True
    )
    url: Mapped[str] = mapped_column(String(500))
    forge: Mapped[Forge]
    branches: Mapped[list[str]]
    """Patterns; without any, what the repository calls its default branch."""
    patterns: Mapped[list[str]]
    """Of paths that recipes may have; without any, all."""
    container: Mapped[str] = mapped_column(String(64))
    """What a recipe at the root becomes."""
    poll_seconds: Mapped[int | None]
    hook_generation: Mapped[str] = mapped_column(String(32))
    """The webhook's secret is derived from it, and never kept."""
    key_generation: Mapped[str] = mapped_column(String(32))
    """The deploy key is derived from it, and never kept."""
    token: Mapped[str | None] = mapped_column(Text)
    """By which a private repository is read over HTTPS; sealed."""
    status_token: Mapped[str | None] = mapped_column(Text)
    """With which commit statuses are sent; sealed."""
    host_keys: Mapped[str] = mapped_column(Text)
    """Lines of `known_hosts`: what an SSH server has shown at first must be what it shows later."""
    acts_for: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    """Whose rights the builds have."""
    created_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]
    """When a webhook last came."""
    looked_at: Mapped[datetime | None]
    """When the last look began that ended well."""
    tried_at: Mapped[datetime | None]
    """When the last look began."""
    seen_commit: Mapped[str | None] = mapped_column(String(64))
    """The newest commit of those that were seen."""
    seen: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """By the full name of a ref: its `commit`, and of a branch what each of its `recipes` was."""
    left: Mapped[dict[str, Any]]
    """By ref: paths that could not be ordered yet, because so many builds are under way."""
    last_error: Mapped[str | None] = mapped_column(Text)
    collection: Mapped[Collection] = relationship(lazy="joined", innerjoin=True)
    user: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[acts_for])
