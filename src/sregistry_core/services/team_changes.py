"""Teams as their owners change them: open to all, joined by whoever likes, and their end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import TeamRole
from sregistry_core.errors import Conflict, NotFound
from sregistry_core.models import Collection, Entity, FormerName, Membership, Team

from .access import Access
from .collection_changes import require_typed
from .people import person_of
from .teams import Teams

if TYPE_CHECKING:
    from . import Facilities

_NAMED = 5
"""Collections that stand in the way of a deletion."""


class TeamChanges:
    """Open teams, and the deletion of teams."""

    def __init__(self, db: Session, access: Access, teams: Teams, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._teams = teams
        self._facilities = facilities

    def open_ones(self, *, after: str = "", limit: int = 100) -> Sequence[Team]:
        """Give the teams that every user may join, by name; to users."""
        self._access.require_login()
        return self._db.scalars(
            select(Team)
            .where(Team.is_open.is_(True), Team.name > after)
            .order_by(Team.name)
            .limit(limit)
        ).all()

    def set_open(self, name: str, is_open: bool) -> Team:
        """Let every user join a team by themselves, or only those whom its owners take in."""
        team = self._teams.managed(name)
        if team.is_open is not is_open:
            team.is_open = is_open
            self._access.audit.record("team.open" if is_open else "team.close", team.name)
        return team

    def join(self, name: str) -> Team:
        """Join an open team. Raises NotFound for any other, Conflict for one's own."""
        user = person_of(self._db, self._access)
        team = self._db.scalar(select(Team).where(Team.name == name.lower()))
        if team is None or not team.is_open:
            raise NotFound(f"the team {name} does not exist")
        if self._db.get(Membership, (team.id, user.id)) is not None:
            raise Conflict(f"you are in the team {team.name} already")
        self._db.add(
            Membership(
                team_id=team.id,
                user_id=user.id,
                role=TeamRole.MEMBER,
                created_at=self._facilities.clock(),
            )
        )
        self._db.flush()
        self._access.audit.record("team.join", team.name, about=user)
        return team

    def owned_by(self, name: str, *, after: str = "", limit: int | None = None) -> Sequence[str]:
        """Give the full names of the collections that a team owns, in order.

        after   the full name after which to go on
        """
        return self._owned(self._teams.find(name), after, limit)

    def owned_count(self, name: str) -> int:
        """Give how many collections a team owns."""
        team = self._teams.find(name)
        return self._db.scalar(select(func.count()).select_from(_of_team(team).subquery())) or 0

    def delete(self, name: str, *, typed: str) -> None:
        """Remove a team that owns no collection; its members lose what was granted to it.

        typed   its name, as whoever asks for it has typed it to be sure
        Raises Conflict with their names when it owns some, Malformed for another name.
        """
        team = self._teams.managed(name)
        require_typed(team.name, typed)
        if owned := self._owned(team, limit=_NAMED + 1):
            raise Conflict(
                f"the team {team.name} owns {', '.join(owned[:_NAMED])}"
                f"{' and others' if len(owned) > _NAMED else ''}: hand them on or delete them first"
            )
        self._access.audit.record("team.delete", team.name)
        entity = self._db.scalar(select(Entity).where(Entity.team_id == team.id))
        if entity is not None:
            self._db.execute(delete(FormerName).where(FormerName.entity_id == entity.id))
            self._db.delete(entity)
            self._db.flush()
        self._db.delete(team)
        self._db.flush()

    def _owned(self, team: Team, after: str = "", limit: int | None = None) -> Sequence[str]:
        rows = self._db.execute(
            _of_team(team)
            .where(Collection.name > after.rpartition("/")[2])
            .order_by(Collection.name)
            .limit(limit)
        )
        return [f"{entity}/{collection}" for entity, collection in rows]


def _of_team(team: Team) -> Select[str, str]:
    return (
        select(Entity.name, Collection.name)
        .join(Collection, Collection.entity_id == Entity.id)
        .where(Entity.team_id == team.id)
    )
