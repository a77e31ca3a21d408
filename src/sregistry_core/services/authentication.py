"""Finds out who is calling: by a password, a token, or a browser's session."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller, PasswordLogin, Scope, Subject
from sregistry_core.db.session import mark_changed
from sregistry_core.errors import LoginRequired, Malformed
from sregistry_core.identifiers import new_secret
from sregistry_core.models import Robot, Token, User, WebSession
from sregistry_core.names import RobotName, fold_entity_name

from .accounts import Accounts
from .audit import Audit
from .named import find_collection

if TYPE_CHECKING:
    from . import Facilities

TOKEN_PREFIX = "sregistry_"  # noqa: S105 - it marks our tokens for secret scanners
TOKEN_LENGTH = 240
"""Characters of a token: `remote login --tokenfile` refuses fewer than 200."""
_SESSION_LENGTH = 43
_UNKNOWN = "unknown name or wrong password"


class Authentication:
    """Turns what a client shows into a user or a caller."""

    def __init__(self, db: Session, accounts: Accounts, audit: Audit, facilities: "Facilities"):
        self._db = db
        self._accounts = accounts
        self._audit = audit
        self._facilities = facilities

    def log_in(self, name: str, password: str, *, address: str | None = None) -> User:
        """Ask each way to log in, in the ini file's order; the first that knows the name decides.

        address   where the caller comes from, if that is known
        Raises LoginRequired for a wrong proof or a disabled account, TooManyGuesses after too many
        wrong ones, LoginUnavailable when a way that might know the name does not answer.
        """
        # Many directories take an empty password for an anonymous success.
        if not name or not password:
            raise LoginRequired(_UNKNOWN)
        guesses = self._facilities.guesses
        guesses.require_few(name, address)
        try:
            provider, subject = self._recognise(name, password)
        except LoginRequired:
            guesses.count(name, address)
            self._facilities.tally.count_refused_login(name, address)
            raise
        guesses.forget(name)
        return self.user_of(provider, subject)

    def user_of(self, provider: str, subject: Subject, *, name: str | None = None) -> User:
        """Give the user whom a way to log in has recognised; made at the first time.

        provider   the login's name in the ini file
        name       what they want to be called here, when it is not what the subject wishes for
        Raises LoginRequired for a disabled account, Conflict or Malformed for a name that is
        somebody else's or nobody's.
        """
        user = self._accounts.of_subject(self.named(provider, subject), name=name)
        _refuse_shut_out(user, self._facilities.clock())
        return user

    def named(self, provider: str, subject: Subject) -> Subject:
        """Give the subject as one of this login, whatever it calls itself: rules go by that."""
        if provider in self._facilities.plugins.login_rules:
            return replace(subject, provider=provider)
        return subject

    def caller_of_password(self, name: str, password: str, *, address: str | None = None) -> Caller:
        """Give the caller behind a name with a password, or with a token in its place.

        address   where the caller comes from, if that is known
        """
        if password.startswith(TOKEN_PREFIX):
            caller = self.caller_of_token(password)
            if name and not self._is_called(caller, name):
                raise LoginRequired(f"this token is not one of {name}")
            return caller
        return self._accounts.caller_of(self.log_in(name, password, address=address))

    def _is_called(self, caller: Caller, name: str) -> bool:
        """Tell whether a name is that of the caller, or what a robot was called once."""
        if caller.name in (name.lower(), fold_entity_name(name)):
            return True
        place = caller.workplace
        if place is None or place.collection_id is None or caller.name is None:
            return False
        try:
            said = RobotName.parse(name)
        except Malformed:
            return False
        if isinstance(said.owner, str) or said.robot != caller.name.rpartition("+")[2]:
            return False
        collection = find_collection(self._db, said.owner)
        return collection is not None and collection.id == place.collection_id

    def _recognise(self, name: str, password: str) -> tuple[str, Subject]:
        for provider, login in self._facilities.logins.items():
            if isinstance(login, PasswordLogin) and (subject := login.check(name, password)):
                return provider, subject
        raise LoginRequired(_UNKNOWN)

    def caller_of_token(self, secret: str) -> Caller:
        """Give the caller behind a token.

        Raises LoginRequired when it is unknown, has expired, or its user is disabled.
        """
        token = self._db.scalar(select(Token).where(Token.digest == digest_of(secret)))
        if token is None:
            raise LoginRequired("this token is unknown or was revoked")
        now = self._facilities.clock()
        if token.expires_at is not None and token.expires_at <= now:
            raise LoginRequired(f"this token expired on {token.expires_at:%Y-%m-%d at %H:%M} UTC")
        _refuse_shut_out(token.user, now)
        self._facilities.tally.count_token(token.id, now)
        return self._accounts.caller_of(token.user, scope=Scope(token.scope), token_id=token.id)

    def caller_of_session(self, secret: str) -> Caller:
        """Give the caller behind a browser's session; nobody when it has ended."""
        session = self._db.get(WebSession, digest_of(secret))
        if session is None or session.expires_at <= self._facilities.clock():
            return Caller.anonymous()
        if session.user.is_shut_out:
            return Caller.anonymous()
        return self._accounts.caller_of(session.user)

    def caller_of_user(self, user_id: str) -> Caller:
        """Give the caller that a user is now; nobody when the account is gone or disabled.

        For addresses that we signed for this user ourselves.
        """
        user = self._db.get(User, user_id)
        if user is None or user.is_shut_out or has_ended(user.robot, self._facilities.clock()):
            return Caller.anonymous()
        return self._accounts.caller_of(user)

    def begin_session(
        self,
        user: User,
        address: str | None,
        *,
        login: str | None = None,
        agent: str | None = None,
    ) -> str:
        """Begin a browser's session, and give the secret for its cookie.

        login   the one that sent the browser to another site, if one did
        agent   what the browser calls itself
        """
        secret = new_secret(_SESSION_LENGTH)
        self._audit.record_login(user, address, login=login)
        now = self._facilities.clock()
        self._db.add(
            WebSession(
                digest=digest_of(secret),
                user_id=user.id,
                address=address,
                login=login,
                agent=agent,
                created_at=now,
                expires_at=now + self._facilities.settings.session_lifetime,
            )
        )
        return secret

    def end_session(self, secret: str) -> str | None:
        """End a browser's session; one that has ended is fine. Give the login it came through."""
        session = self._db.get(WebSession, digest_of(secret))
        if session is None:
            return None
        self._db.delete(session)
        return session.login

    def forget_ended_sessions(self) -> int:
        """Remove browsers' sessions whose time is over; how many."""
        ended = self._db.execute(
            delete(WebSession)
            .where(WebSession.expires_at <= self._facilities.clock())
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        return int(ended.rowcount)  # type: ignore[attr-defined]


def has_ended(robot: Robot | None, now: datetime) -> bool:
    """True for a robot that was made for a time that is over."""
    return robot is not None and robot.expires_at is not None and robot.expires_at <= now


def _refuse_shut_out(user: User, now: datetime) -> None:
    if user.disabled_at is not None:
        raise LoginRequired(f"the account {user.name} is disabled")
    if user.left_at is not None:
        raise LoginRequired(f"the account {user.name} is let in no more")
    if has_ended(user.robot, now):
        raise LoginRequired(f"the time of the robot {user.name} is over")


def digest_of(secret: str) -> str:
    """The SHA-256 of a secret that is long and random, so that no slower hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
