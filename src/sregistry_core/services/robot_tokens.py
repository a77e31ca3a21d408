"""Tokens of robots, for the services that know who may make them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.errors import Malformed
from sregistry_core.models import Token, User

from .tokens import NewToken, new_token, tokens_of

if TYPE_CHECKING:
    from . import Facilities


class RobotTokens:
    """Makes and ends tokens; it asks nobody whether it may, and no view has it."""

    def __init__(self, db: Session, facilities: "Facilities"):
        self._db = db
        self._facilities = facilities

    def issue(self, user: User, *, scope: Scope, lifetime: timedelta | None) -> NewToken:
        """Make a token; it ends with the robot at the latest.

        lifetime   None takes the one of the ini file, or that of the robot if it has an end
        """
        if lifetime is not None and lifetime <= timedelta(0):
            raise Malformed("the lifetime of a token must be longer than nothing")
        now = self._facilities.clock()
        end = user.robot.expires_at if user.robot is not None else None
        expires = now + (lifetime or self._facilities.settings.token_lifetime)
        made = new_token(user, "", scope, now, expires if end is None else min(expires, end))
        self._db.add(made.token)
        self._db.flush()
        return made

    def of(self, user: User, *, after: str = "", limit: int | None = None) -> Sequence[Token]:
        """Give the tokens of a robot, the newest first, from the one after the key `after` on."""
        return self._db.scalars(tokens_of(user, after=after, limit=limit)).all()

    def end(self, user: User, *, expired_only: bool = False) -> int:
        """End the tokens of a robot, or take away those that are over; how many."""
        statement = delete(Token).where(Token.user_id == user.id)
        if expired_only:
            statement = statement.where(Token.expires_at <= self._facilities.clock())
        return int(cast("CursorResult[Any]", self._db.execute(statement)).rowcount)
