"""Tokens: long secrets that stand for a user, shown once and kept as a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.errors import Malformed, NotAllowed, NotFound
from sregistry_core.identifiers import new_secret
from sregistry_core.models import Token, User

from .access import Access
from .authentication import TOKEN_LENGTH, TOKEN_PREFIX, digest_of
from .time_keys import older_than, time_key

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made, with the only copy of its secret."""

    token: Token
    secret: str


def new_token(user: User, name: str, scope: Scope, now: datetime, expires_at: datetime) -> NewToken:
    """Make up a token that nobody has written down yet; without a name it has that of the day."""
    secret = TOKEN_PREFIX + new_secret(TOKEN_LENGTH - len(TOKEN_PREFIX))
    token = Token(
        user_id=user.id,
        name=name or f"made on {now:%Y-%m-%d}",
        digest=digest_of(secret),
        scope=scope,
        created_at=now,
        expires_at=expires_at,
    )
    return NewToken(token, secret)


def tokens_of(user: User, *, after: str, limit: int | None) -> Select[Token]:
    """Select the tokens of a user or a robot, the newest first, from the key `after` on."""
    return (
        select(Token)
        .where(Token.user_id == user.id, *older_than(after, Token.created_at, Token.id))
        .order_by(Token.created_at.desc(), Token.id)
        .limit(limit)
    )


def key_of(token: Token) -> str:
    """Give the key of a token, after which a page of older ones begins."""
    return time_key(token.created_at, token.id)


class Tokens:
    """Makes, lists and revokes tokens."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def issue(
        self,
        user: User,
        *,
        name: str = "",
        scope: Scope = Scope.PUSH,
        lifetime: timedelta | None = None,
    ) -> NewToken:
        """Make a token of a user.

        lifetime   None takes the one of the ini file (`sregistry.token_lifetime`)
        A token never reaches further than what its maker has shown. Raises TermsNotAccepted for
        somebody who has yet to accept the terms of use.
        """
        self._access.require_self(user.id)
        if self._access.caller.user_id == user.id:
            self._access.require_terms()
        if len(name) > 80:
            raise Malformed("the name of a token has at most 80 characters")
        if not self._access.has(scope):
            raise NotAllowed(f"a token for {scope} cannot be made with one for less")
        if lifetime is not None and lifetime <= timedelta(0):
            raise Malformed("the lifetime of a token must be longer than nothing")
        now = self._facilities.clock()
        expires_at = now + (lifetime or self._facilities.settings.token_lifetime)
        made = new_token(user, name, scope, now, expires_at)
        self._db.add(made.token)
        self._db.flush()
        self._access.audit.record(
            "token.issue", made.token.name, about=user, token=made.token.id, scope=str(scope)
        )
        return made

    def of(self, user: User, *, after: str = "", limit: int | None = None) -> Sequence[Token]:
        """Give the tokens of a user, the newest first, from the one after the key `after` on."""
        self._access.require_self(user.id)
        return self._db.scalars(tokens_of(user, after=after, limit=limit)).all()

    def count(self, user: User) -> int:
        """Give how many tokens a user has."""
        self._access.require_self(user.id)
        return self._db.scalar(select(func.count()).where(Token.user_id == user.id)) or 0

    def all(self) -> Sequence[Token]:
        """Give the tokens of all users, by the user's name, the newest first."""
        self._access.require_admin()
        return self._db.scalars(
            select(Token).join(Token.user).order_by(User.name, Token.created_at.desc(), Token.id)
        ).all()

    def find(self, token_id: str) -> Token:
        """Give a token. Raises NotFound for one that is not there, or not the caller's."""
        self._access.require_login()
        token = self._db.get(Token, token_id)
        is_own = token is not None and token.user_id == self._access.caller.user_id
        if token is None or not (is_own or self._access.sees_everybody):
            raise NotFound(f"the token {token_id} does not exist")
        self._access.require_self(token.user_id)
        return token

    def revoke(self, token_id: str) -> None:
        """End a token at once. Raises NotFound for one that is not there, or not the caller's."""
        token = self.find(token_id)
        self._access.audit.record("token.revoke", token.name, about=token.user, token=token.id)
        self._db.delete(token)
