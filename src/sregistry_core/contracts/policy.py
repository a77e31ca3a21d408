"""Who is asking, for what, and what a policy plugin may look at before it says no."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from sregistry_core.errors import NotAllowed


class PushRefused(NotAllowed):
    """A policy keeps an image out; the text says why, fit to be shown."""


class Action(StrEnum):
    """What a caller may want to do."""

    READ = "read"
    PUSH = "push"
    DELETE = "delete"
    MANAGE = "manage"
    CREATE = "create"
    ADMINISTER = "administer"
    BUILD = "build"


class Scope(StrEnum):
    """What a token allows at most; each includes those before it."""

    PULL = "pull"
    PUSH = "push"
    ADMIN = "admin"


class TeamRole(StrEnum):
    """What a member is in a team."""

    MEMBER = "member"
    OWNER = "owner"


CATALOG = "registry:catalog"
"""What stands in place of a repository's name for the list of all repositories."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One repository that a narrow token was made for, and what it allows there."""

    repository: str
    """`entity/collection/container`, or CATALOG."""
    actions: frozenset[Action]
    objects: tuple[str, ...] = ()
    """Identifiers of its collection and container when the token was made, as far as there were
    any: the token dies with them, also when others of the same name follow."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """All that is there for a robot: one collection, or those of one team's own entity."""

    scope: Scope
    """PULL or PUSH: what it may do there at most."""
    collection_id: str | None = None
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, detached from any database: nobody, a user, or the registry itself."""

    user_id: str | None = None
    name: str | None = None
    is_admin: bool = False
    scope: Scope = Scope.ADMIN
    teams: tuple[tuple[str, TeamRole], ...] = ()
    """Identifier of each team and the role in it."""
    is_system: bool = False
    token_id: str | None = None
    reach: tuple[Reach, ...] | None = None
    """What a narrow token is confined to; None for all that the caller may do."""
    workplace: Workplace | None = None
    """What a robot is confined to, whatever token it shows; None for a person."""

    @property
    def is_anonymous(self) -> bool:
        """True when nobody is logged in."""
        return self.user_id is None and not self.is_system

    @classmethod
    def anonymous(cls) -> "Caller":
        """Nobody."""
        return cls()

    @classmethod
    def system(cls) -> "Caller":
        """The registry itself: jobs, and the administrator's command line."""
        return cls(name="system", is_admin=True, is_system=True)


@dataclass(frozen=True, slots=True)
class PushedImage:
    """An image whose bytes are here and whose row is not."""

    name: str
    """`entity/collection/container`."""
    digest: str
    size: int
    """In bytes."""
    arch: str | None
    labels: dict[str, str]
    fingerprints: tuple[str, ...]
    """Of the signatures that are present: a claim, not a verification."""
    open: Callable[[], BinaryIO]


__all__ = [
    "CATALOG",
    "Action",
    "Caller",
    "PushRefused",
    "PushedImage",
    "Reach",
    "Scope",
    "TeamRole",
    "Workplace",
]
