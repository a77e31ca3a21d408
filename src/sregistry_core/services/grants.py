"""Roles of users and teams on collections."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.models import Collection, CollectionRole, EntityKind, Grant, Team, User

from .access import Access, name_of

if TYPE_CHECKING:
    from . import Facilities


_USER, _TEAM = "user:", "team:"


@dataclass(frozen=True, slots=True)
class Granted:
    """Who has which role; one of `user` and `team` is a name, the other None."""

    user: str | None
    team: str | None
    role: CollectionRole

    @property
    def key(self) -> str:
        """The key after which the next page begins."""
        return f"{_TEAM}{self.team}" if self.team is not None else f"{_USER}{self.user}"


class Grants:
    """Gives and takes roles on collections."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(
        self, collection: Collection, *, after: str = "", limit: int | None = None
    ) -> Sequence[Granted]:
        """Give the grants on a collection, users first, each by name.

        after   the key after which to go on. Raises Malformed for what is none.
        """
        self._access.require(Action.MANAGE, collection)
        rows = self._db.execute(
            select(User.name, Team.name, Grant.role)
            .select_from(Grant)
            .outerjoin(User, User.id == Grant.user_id)
            .outerjoin(Team, Team.id == Grant.team_id)
            .where(Grant.collection_id == collection.id, *_following(after))
            .order_by(Grant.user_id.is_(None), User.name, Team.name)
            .limit(limit)
        )
        return [Granted(user, team, CollectionRole(role)) for user, team, role in rows]

    def give(
        self,
        collection: Collection,
        role: CollectionRole,
        *,
        user: str | None = None,
        team: str | None = None,
    ) -> Granted:
        """Give a role to a user or to a team; another role of theirs is replaced."""
        self._access.require(Action.MANAGE, collection)
        grant = self._find(collection, user, team)
        if grant is not None and role is not CollectionRole.OWNER:
            self._keep_an_owner(collection, grant, user or team)
        if grant is None:
            grant = Grant(
                collection_id=collection.id,
                user_id=self._user(user).id if user is not None else None,
                team_id=self._team(team).id if team is not None else None,
                role=role,
                created_at=self._facilities.clock(),
            )
            self._db.add(grant)
        grant.role = role
        self._db.flush()
        self._access.forget()
        self._record("grant.give", collection, user, team, role)
        return Granted(user and user.lower(), team and team.lower(), role)

    def take(
        self, collection: Collection, *, user: str | None = None, team: str | None = None
    ) -> None:
        """Take the role of a user or a team away. Raises NotFound when they have none.

        Raises Conflict for the last owner of a collection that its entity gives no other.
        """
        self._access.require(Action.MANAGE, collection)
        grant = self._find(collection, user, team)
        if grant is None:
            raise NotFound(f"{user or team} has no role on {name_of(collection)}")
        self._keep_an_owner(collection, grant, user or team)
        role = CollectionRole(grant.role)
        self._db.delete(grant)
        self._db.flush()
        self._access.forget()
        self._record("grant.take", collection, user, team, role)

    def _record(
        self,
        action: str,
        collection: Collection,
        user: str | None,
        team: str | None,
        role: CollectionRole,
    ) -> None:
        self._access.audit.record(
            action,
            name_of(collection),
            collection=collection,
            about=self._user(user) if user is not None else None,
            user=user and user.lower(),
            team=team and team.lower(),
            role=CollectionRole(role).value,
        )

    def _keep_an_owner(self, collection: Collection, grant: Grant, name: str | None) -> None:
        """Raise Conflict when nobody but administrators would manage the collection any more."""
        if grant.role is not CollectionRole.OWNER or self._access.caller.is_admin:
            return
        if collection.entity.kind is not EntityKind.HOME:
            return
        others = self._db.scalars(
            select(Grant.id).where(
                Grant.collection_id == collection.id,
                Grant.role == CollectionRole.OWNER,
                Grant.id != grant.id,
            )
        ).first()
        if others is None:
            raise Conflict(f"{name} is the last owner of {name_of(collection)}")

    def _find(self, collection: Collection, user: str | None, team: str | None) -> Grant | None:
        query = select(Grant).where(Grant.collection_id == collection.id)
        if user is not None:
            return self._db.scalar(query.where(Grant.user_id == self._user(user).id))
        return self._db.scalar(query.where(Grant.team_id == self._team(team or "").id))

    def _user(self, name: str) -> User:
        user = self._db.scalar(
            select(User).where(User.name == name.lower(), User.robot_id.is_(None))
        )
        if user is None:
            raise NotFound(f"the user {name} does not exist")
        return user

    def _team(self, name: str) -> Team:
        team = self._db.scalar(select(Team).where(Team.name == name.lower()))
        if team is None:
            raise NotFound(f"the team {name} does not exist")
        return team


def _following(after: str) -> Iterator[ColumnElement[bool]]:
    if after.startswith(_USER):
        yield or_(Grant.user_id.is_(None), User.name > after.removeprefix(_USER))
    elif after.startswith(_TEAM):
        yield Team.name > after.removeprefix(_TEAM)
    elif after:
        raise Malformed(f"after = {after[:80]} is no key of this list")
