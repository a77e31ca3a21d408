"""Teams: users who own collections, and are granted roles, together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope, TeamRole
from sregistry_core.errors import Conflict, NotAllowed, NotFound
from sregistry_core.models import Entity, EntityKind, Membership, Team, User
from sregistry_core.names import parse_new_entity_name

from .access import Access
from .federation import is_of_another_registry

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class Member:
    """A user in a team."""

    user: User
    role: TeamRole
    through: str | None = None
    """The way to log in whose group they are in; None when somebody here took them in."""


class Teams:
    """Makes teams and changes who is in them."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def create(self, name: str) -> Team:
        """Make a team and the entity of the same name; who makes it becomes its first owner.

        Raises Conflict when the name is taken; only an administrator makes teams where only
        administrators make collections.
        """
        self._access.require_login()
        if self._facilities.settings.collections_by == "admins":
            self._access.require_admin()
        if not self._access.has(Scope.ADMIN):
            raise NotAllowed("this token may not make teams")
        canonical = parse_new_entity_name(name)
        if self._db.scalar(
            select(Entity.id).where(Entity.name == canonical)
        ) or is_of_another_registry(self._db, canonical):
            raise Conflict(f"the name {canonical} is taken")
        now = self._facilities.clock()
        team = Team(name=canonical, created_at=now)
        self._db.add(team)
        self._db.flush()
        self._db.add(Entity(name=canonical, kind=EntityKind.TEAM, team_id=team.id, created_at=now))
        if self._access.caller.user_id is not None:
            self._db.add(
                Membership(
                    team_id=team.id,
                    user_id=self._access.caller.user_id,
                    role=TeamRole.OWNER,
                    created_at=now,
                )
            )
        self._access.audit.record("team.create", team.name)
        return team

    def find(self, name: str) -> Team:
        """Give a team that the caller is in, or any to an administrator. Raises NotFound."""
        team = self._db.scalar(select(Team).where(Team.name == name.lower()))
        if team is None or (self._role(team) is None and not self._access.sees_everybody):
            raise NotFound(f"the team {name} does not exist")
        return team

    def mine(self, *, after: str = "", limit: int | None = None) -> Sequence[Team]:
        """Give the teams the caller is in, by name; all of them to an administrator."""
        self._access.require_login()
        query = select(Team).where(Team.name > after).order_by(Team.name).limit(limit)
        if not self._access.sees_everybody:
            query = query.where(Team.id.in_([team for team, _ in self._access.caller.teams]))
        return self._db.scalars(query).all()

    def members(self, name: str, *, after: str = "", limit: int | None = None) -> Sequence[Member]:
        """Give who is in a team, by name, from the one after `after` on."""
        team = self.find(name)
        rows = self._db.execute(
            select(User, Membership.role, Membership.through)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.team_id == team.id, User.name > after)
            .order_by(User.name)
            .limit(limit)
        )
        return [Member(user, TeamRole(role), through) for user, role, through in rows]

    def managed(self, name: str) -> Team:
        """Give a team whose robots the caller may manage. Raises NotFound or NotAllowed."""
        return self._require_owner(name)

    def add_member(self, name: str, user_name: str, role: TeamRole = TeamRole.MEMBER) -> Member:
        """Take a user into a team, or change the role of one who is in it."""
        team = self._require_owner(name)
        user = self._user(user_name)
        membership = self._db.get(Membership, (team.id, user.id))
        if membership is None:
            membership = Membership(
                team_id=team.id, user_id=user.id, created_at=self._facilities.clock(), role=role
            )
            self._db.add(membership)
        elif role is not TeamRole.OWNER:
            self._keep_an_owner(team, user)
        membership.role = role
        self._db.flush()
        self._access.audit.record(
            "team.add_member", team.name, about=user, user=user.name, role=str(role)
        )
        return Member(user, role, membership.through)

    def remove_member(self, name: str, user_name: str) -> None:
        """Take a user out of a team, or oneself; the rights through it end with this."""
        leaves = user_name.lower() == self._access.caller.name and self._access.has(Scope.ADMIN)
        team = self.find(name) if leaves else self._require_owner(name)
        user = self._user(user_name)
        membership = self._db.get(Membership, (team.id, user.id))
        if membership is None:
            raise NotFound(f"{user.name} is not in the team {team.name}")
        if membership.through is not None:
            raise Conflict(
                f"{user.name} is in the team {team.name} through {membership.through}: "
                "take them out of the group there"
            )
        self._keep_an_owner(team, user)
        self._db.delete(membership)
        self._access.audit.record("team.remove_member", team.name, about=user, user=user.name)

    def _require_owner(self, name: str) -> Team:
        team = self.find(name)
        caller = self._access.caller
        owner = caller.is_admin or self._role(team) is TeamRole.OWNER
        if not owner or not self._access.has(Scope.ADMIN):
            raise NotAllowed(f"{caller.name} may not change the team {team.name}")
        return team

    def _keep_an_owner(self, team: Team, leaving: User) -> None:
        others = self._db.scalars(
            select(Membership.user_id).where(
                Membership.team_id == team.id,
                Membership.role == TeamRole.OWNER,
                Membership.user_id != leaving.id,
            )
        ).first()
        if others is None and not self._access.caller.is_admin:
            raise Conflict(f"{leaving.name} is the last owner of the team {team.name}")

    def _role(self, team: Team) -> TeamRole | None:
        return dict(self._access.caller.teams).get(team.id)

    def _user(self, name: str) -> User:
        user = self._db.scalar(
            select(User).where(User.name == name.lower(), User.robot_id.is_(None))
        )
        if user is None:
            raise NotFound(f"the user {name} does not exist")
        return user
