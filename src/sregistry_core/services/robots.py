"""Robots: accounts for programs, made by whoever manages a collection or a team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, Scope
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.models import Collection, Publisher, Robot, Team, Token, User
from sregistry_core.names import CollectionName, RobotName, parse_robot_name

from .access import Access, name_of
from .catalog import Catalog
from .robot_tokens import RobotTokens
from .teams import Teams
from .tokens import NewToken

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class RobotAccount:
    """A robot with its account, whose name is the full one: `ada/lab+ci`."""

    robot: Robot
    user: User


@dataclass(frozen=True, slots=True)
class NewRobot:
    """A robot that was just made, and its first token with the only copy of the secret."""

    account: RobotAccount
    token: NewToken


@dataclass(frozen=True, slots=True)
class _Owner:
    name: str
    collection_id: str | None = None
    team_id: str | None = None

    def condition(self) -> ColumnElement[bool]:
        if self.team_id is not None:
            return Robot.team_id == self.team_id
        return Robot.collection_id == self.collection_id


class Robots:
    """Makes, lists, renews, disables and removes robots.

    Every method takes the owner: the name of a collection, or that of a team. Whoever may not
    manage it is refused, as for its grants or its members.
    """

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        teams: Teams,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._teams = teams
        self._facilities = facilities
        self._tokens = RobotTokens(db, facilities)

    def of(
        self, owner: CollectionName | str, *, after: str = "", limit: int | None = None
    ) -> Sequence[RobotAccount]:
        """Give the robots of an owner, by name, from the one after `after` on.

        Publishers are not among them.
        """
        found = self._managed(owner)
        return self._select(found.condition(), Robot.name > after, limit=limit)

    def all(self) -> Sequence[RobotAccount]:
        """Give the robots of the whole registry, by full name; without the publishers."""
        self._access.require_admin()
        return self._select(by=User.name)

    def find(self, name: RobotName) -> RobotAccount:
        """Give a robot. Raises NotFound."""
        owner = self._managed(name.owner)
        return self._find(owner, name)

    def create(
        self,
        owner: CollectionName | str,
        name: str,
        *,
        scope: Scope,
        lifetime: timedelta | None = None,
    ) -> NewRobot:
        """Make a robot with its first token.

        lifetime   of the robot; None for no end. Its tokens end with it at the latest.
        Raises Conflict when the name is taken, Malformed for a scope above PUSH.
        """
        found = self._managed(owner)
        account = self.add(found.name, found.collection_id, found.team_id, name, scope, lifetime)
        self._record("robot.create", account, scope=str(scope))
        return NewRobot(account, self._tokens.issue(account.user, scope=scope, lifetime=None))

    def add(
        self,
        owner: str,
        collection_id: str | None,
        team_id: str | None,
        name: str,
        scope: Scope,
        lifetime: timedelta | None,
    ) -> RobotAccount:
        """Write down a robot and its account, for somebody who was found to manage the owner."""
        canonical = parse_robot_name(name)
        now = self._facilities.clock()
        robot = Robot(
            name=canonical,
            collection_id=collection_id,
            team_id=team_id,
            scope=_allowed(scope),
            expires_at=_end(now, lifetime),
            created_at=now,
        )
        user = User(name=f"{owner}+{canonical}", is_admin=False, created_at=now, robot=robot)
        try:
            with self._db.begin_nested():
                self._db.add_all([robot, user])
        except IntegrityError as error:
            raise Conflict(f"the robot {owner}+{canonical} is there already") from error
        return RobotAccount(robot, user)

    def change(
        self,
        name: RobotName,
        *,
        scope: Scope | None = None,
        disabled: bool | None = None,
        lifetime: timedelta | None = None,
    ) -> RobotAccount:
        """Change what a robot may do, shut it out or let it in, or let it live so long from now.

        None leaves as it is. All of its tokens follow at once.
        """
        found = self.find(name)
        now = self._facilities.clock()
        if scope is not None:
            found.robot.scope = _allowed(scope)
        if disabled is not None:
            found.user.disabled_at = (found.user.disabled_at or now) if disabled else None
        if lifetime is not None:
            found.robot.expires_at = _end(now, lifetime)
        self._record("robot.change", found)
        return found

    def renew(
        self,
        name: RobotName,
        *,
        scope: Scope | None = None,
        lifetime: timedelta | None = None,
        keep_others: bool = False,
    ) -> NewToken:
        """Give a robot a new token; those that it has end at once, unless they are kept.

        scope      None for all that the robot may do
        lifetime   None takes `sregistry.token_lifetime`; never longer than the robot's own
        """
        found = self.find(name)
        wanted = _allowed(scope or Scope(found.robot.scope))
        if not keep_others:
            self._tokens.end(found.user)
        self._record("robot.renew", found)
        return self._tokens.issue(found.user, scope=wanted, lifetime=lifetime)

    def tokens(
        self, name: RobotName, *, after: str = "", limit: int | None = None
    ) -> Sequence[Token]:
        """Give the tokens of a robot, the newest first, from the one after the key `after` on."""
        return self._tokens.of(self.find(name).user, after=after, limit=limit)

    def revoke(self, name: RobotName) -> int:
        """End every token of a robot at once; how many."""
        found = self.find(name)
        self._record("robot.revoke", found)
        return self._tokens.end(found.user)

    def remove(self, name: RobotName) -> None:
        """Remove a robot with its tokens. What it has pushed stays, and is nobody's then."""
        found = self.find(name)
        self._record("robot.remove", found)
        self._db.flush()
        self._db.execute(delete(Robot).where(Robot.id == found.robot.id))
        self._db.expire_all()

    def _record(self, what: str, account: RobotAccount, scope: str | None = None) -> None:
        collection_id = account.robot.collection_id
        collection = self._db.get(Collection, collection_id) if collection_id else None
        self._access.audit.record(what, account.user.name, collection=collection, scope=scope)

    def _managed(self, owner: CollectionName | str) -> _Owner:
        """Give the owner. Raises NotFound or NotAllowed for whoever may not manage it."""
        if isinstance(owner, str):
            team: Team = self._teams.managed(owner)
            return _Owner(team.name, team_id=team.id)
        collection: Collection = self._catalog.collection(owner)
        self._access.require(Action.MANAGE, collection)
        return _Owner(name_of(collection), collection_id=collection.id)

    def _find(self, owner: _Owner, name: RobotName) -> RobotAccount:
        found = self._select(owner.condition(), Robot.name == name.robot)
        if not found:
            raise NotFound(f"the robot {name} does not exist")
        return found[0]

    def _select(
        self,
        *conditions: ColumnElement[bool],
        by: SQLColumnExpression[str] = Robot.name,
        limit: int | None = None,
    ) -> Sequence[RobotAccount]:
        rows = self._db.execute(
            select(Robot, User)
            .join(User, User.robot_id == Robot.id)
            .where(~exists().where(Publisher.robot_id == Robot.id), *conditions)
            .order_by(by)
            .limit(limit)
        )
        return [RobotAccount(robot, user) for robot, user in rows]


def _allowed(scope: Scope) -> Scope:
    if scope is Scope.ADMIN:
        raise Malformed("a robot pulls or pushes, and manages nothing")
    return scope


def _end(now: datetime, lifetime: timedelta | None) -> datetime | None:
    if lifetime is None:
        return None
    if lifetime <= timedelta(0):
        raise Malformed("the lifetime of a robot must be longer than nothing")
    return now + lifetime
