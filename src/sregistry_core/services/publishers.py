"""Trusted publishers: jobs elsewhere get a token for what their site signs of them."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, Scope
from sregistry_core.db.session import pause
from sregistry_core.errors import LoginRequired, Malformed, NotAllowed, NotFound
from sregistry_core.issuers import Statement, read_statement, unverified_issuer
from sregistry_core.issuers.statements import LEEWAY_SECONDS
from sregistry_core.models import Collection, Publisher, Robot, SpentStatement, User
from sregistry_core.names import CollectionName, RobotName

from .access import Access, name_of
from .authentication import has_ended
from .catalog import Catalog
from .named import find_collection
from .publisher_claims import fits, require_good
from .robot_tokens import RobotTokens
from .robots import Robots
from .tokens import NewToken

if TYPE_CHECKING:
    from . import Facilities

LONGEST_LIFETIME = timedelta(hours=1)
USUAL_LIFETIME = timedelta(minutes=15)
_LONGEST_AUDIENCE = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrustedPublisher:
    """A publisher; its pushes are those of `user`, whose name is such as `ada/lab+nightly`."""

    publisher: Publisher
    robot: Robot
    user: User


class Publishers:
    """Whose jobs may have a token for a collection, and the giving of it."""

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        robots: Robots,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._robots = robots
        self._facilities = facilities
        self._tokens = RobotTokens(db, facilities)

    def of(
        self, collection: Collection, *, after: str = "", limit: int | None = None
    ) -> Sequence[TrustedPublisher]:
        """Give the publishers of a collection, by name, from the one after `after` on."""
        self._access.require(Action.MANAGE, collection)
        is_behind = Robot.name > after
        return self._select(Robot.collection_id == collection.id, is_behind, limit=limit)

    def all(self) -> Sequence[TrustedPublisher]:
        """Give the publishers of the whole registry, by full name."""
        self._access.require_admin()
        return self._select(by=User.name)

    def find(self, collection: Collection, name: str) -> TrustedPublisher:
        """Give a publisher. Raises NotFound."""
        self._access.require(Action.MANAGE, collection)
        is_called = Robot.name == name.lower()
        found = self._select(Robot.collection_id == collection.id, is_called)
        if not found:
            raise NotFound(f"the publisher {name_of(collection)}+{name[:80]} does not exist")
        return found[0]

    def add(
        self,
        collection: Collection,
        name: str,
        *,
        issuer: str,
        claims: Mapping[str, str],
        scope: Scope,
        audience: str = "",
        lifetime: timedelta | None = None,
    ) -> TrustedPublisher:
        """Trust jobs of an issuer whose statements have these claims.

        audience   for whom a statement must be made; `sregistry.public_url` when empty
        lifetime   of a token that is given; None for 15 minutes, an hour at most
        Raises Malformed for an issuer that the ini file does not name, and for claims that every
        project there could have; Conflict when a robot or a publisher has the name.
        """
        self._access.require(Action.MANAGE, collection)
        lasts = USUAL_LIFETIME if lifetime is None else lifetime
        if issuer not in self._facilities.issuers:
            raise Malformed(f"the issuer {issuer[:200]!r} is none of sregistry.publishers")
        if not timedelta(minutes=1) <= lasts <= LONGEST_LIFETIME:
            raise Malformed("a token of a publisher works between a minute and an hour")
        if len(audience) > _LONGEST_AUDIENCE:
            raise Malformed(f"an audience has at most {_LONGEST_AUDIENCE} characters")
        require_good(claims)
        account = self._robots.add(name_of(collection), collection.id, None, name, scope, None)
        publisher = Publisher(
            robot_id=account.robot.id,
            issuer=issuer,
            audience=audience or self._facilities.settings.public_url,
            claims=dict(claims),
            lifetime_seconds=int(lasts.total_seconds()),
            created_at=self._facilities.clock(),
        )
        self._db.add(publisher)
        self._db.flush()
        self._access.audit.record(
            "publisher.add", account.user.name, collection=collection, issuer=issuer
        )
        return TrustedPublisher(publisher, account.robot, account.user)

    def remove(self, collection: Collection, name: str) -> None:
        """Trust these jobs no more; tokens that they have end at once."""
        found = self.find(collection, name)
        self._access.audit.record("publisher.remove", found.user.name, collection=collection)
        self._db.flush()
        self._db.execute(delete(Robot).where(Robot.id == found.robot.id))
        self._db.expire_all()

    def exchange(self, name: CollectionName, text: str) -> NewToken:
        """Give a token of a collection for what an issuer has signed of a job.

        text   the signed statement: an OpenID token
        Of several publishers that fit, the first by name is taken. Asks the issuer for its keys
        when they are not known. Raises LoginRequired for a statement that does not hold, NotAllowed
        in the same words for one that no publisher trusts, whether there is such a collection or
        not, and for one that was taken before; LoginUnavailable when the issuer does not answer.
        """
        issuer = unverified_issuer(text)
        trusted = issuer in self._facilities.issuers and self._db.scalar(
            select(exists().where(Publisher.issuer == issuer))
        )
        if not trusted:
            raise LoginRequired("this token is of no issuer that is trusted here")
        now = self._facilities.clock()
        pause(self._db)
        statement = read_statement(text, self._facilities.issuers[issuer], now)
        found = self._that_fits(name, statement)
        if found is None:
            log.info("%s: no publisher trusts a job with %s", name, dict(statement.claims))
            raise NotAllowed(f"no trusted publisher of {name} fits this token")
        self._spend(statement)
        self._tokens.end(found.user, expired_only=True)
        return self._tokens.issue(
            found.user,
            scope=Scope(found.robot.scope),
            lifetime=timedelta(seconds=found.publisher.lifetime_seconds),
        )

    def _that_fits(self, name: CollectionName, statement: Statement) -> TrustedPublisher | None:
        collection = find_collection(self._db, name)
        if collection is None:
            return None
        is_of_issuer = Publisher.issuer == statement.issuer
        for one in self._select(Robot.collection_id == collection.id, is_of_issuer):
            if (
                one.publisher.audience in statement.audiences
                and not one.user.is_shut_out
                and not has_ended(one.robot, self._facilities.clock())
                and fits(one.publisher.claims, statement.claims)
            ):
                return one
        return None

    def _spend(self, statement: Statement) -> None:
        """Note that a statement was taken, until nobody would take it any more."""
        now = self._facilities.clock()
        self._db.execute(delete(SpentStatement).where(SpentStatement.expires_at <= now))
        if statement.identifier is None:
            return
        named = f"{statement.issuer}\0{statement.identifier}"
        spent = SpentStatement(
            digest=hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest(),
            expires_at=statement.expires_at + timedelta(seconds=2 * LEEWAY_SECONDS),
        )
        try:
            with self._db.begin_nested():
                self._db.add(spent)
        except IntegrityError as error:
            raise NotAllowed("this token was exchanged before: each is taken once") from error

    def _select(
        self,
        *conditions: ColumnElement[bool],
        by: SQLColumnExpression[str] = Robot.name,
        limit: int | None = None,
    ) -> Sequence[TrustedPublisher]:
        rows = self._db.execute(
            select(Publisher, Robot, User)
            .join(Robot, Robot.id == Publisher.robot_id)
            .join(User, User.robot_id == Robot.id)
            .where(*conditions)
            .order_by(by)
            .limit(limit)
        )
        return [TrustedPublisher(publisher, robot, user) for publisher, robot, user in rows]


def owner_of(name: RobotName) -> CollectionName:
    """Give the collection of a publisher's full name. Raises Malformed for one of a team."""
    if isinstance(name.owner, str):
        raise Malformed(f"{name} is of a team: publishers are of collections, ENTITY/COLLECTION+X")
    return name.owner
