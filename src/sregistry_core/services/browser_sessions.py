"""Browsers that are signed in as one user: listed and ended by that user."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from sregistry_core.errors import NotFound
from sregistry_core.models import User, WebSession

from .access import Access
from .authentication import digest_of
from .time_keys import older_than, time_key

if TYPE_CHECKING:
    from . import Facilities

_KEY_LENGTH = 16


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A browser that is signed in.

    key       names it; nobody can sign in with it
    agent     what the browser calls itself; None for one that has said nothing
    is_this   the one that is asking
    """

    key: str
    agent: str | None
    address: str | None
    login: str | None
    created_at: datetime
    expires_at: datetime
    is_this: bool


def key_of(session: BrowserSession) -> str:
    """Give the key of a session, after which a page of older ones begins."""
    return time_key(session.created_at, session.key)


class BrowserSessions:
    """Lists and ends sessions of browsers."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(
        self, user: User, *, this: str | None = None, after: str = "", limit: int | None = None
    ) -> Sequence[BrowserSession]:
        """Give the sessions of a user that are not over, the newest first.

        this    the secret of the one that is asking, if it is one
        after   the key after which to go on. Raises Malformed for what is none.
        """
        self._access.require_self(user.id)
        own = digest_of(this) if this else None
        return [
            BrowserSession(
                key=row.digest[:_KEY_LENGTH],
                agent=row.agent,
                address=row.address,
                login=row.login,
                created_at=row.created_at,
                expires_at=row.expires_at,
                is_this=row.digest == own,
            )
            for row in self._rows(user, after=after, limit=limit)
        ]

    def end(self, user: User, key: str) -> None:
        """End a session at once. Raises NotFound for one that is not there, or another's."""
        self._access.require_self(user.id)
        for row in self._rows(user):
            if row.digest[:_KEY_LENGTH] == key:
                self._db.delete(row)
                self._access.audit.record("user.end_session", user.name, about=user)
                return
        raise NotFound("there is no such session")

    def end_others(self, user: User, *, this: str | None = None) -> int:
        """End every session of a user but the one that is asking; how many."""
        self._access.require_self(user.id)
        own = digest_of(this) if this else ""
        ended = cast(
            "CursorResult[Any]",
            self._db.execute(
                delete(WebSession).where(WebSession.user_id == user.id, WebSession.digest != own)
            ),
        ).rowcount
        if ended:
            self._access.audit.record("user.end_sessions", user.name, about=user, ended=ended)
        return ended

    def _rows(
        self, user: User, *, after: str = "", limit: int | None = None
    ) -> Sequence[WebSession]:
        key = func.substr(WebSession.digest, 1, _KEY_LENGTH)
        return self._db.scalars(
            select(WebSession)
            .where(
                WebSession.user_id == user.id,
                WebSession.expires_at > self._facilities.clock(),
                *older_than(after, WebSession.created_at, key),
            )
            .order_by(WebSession.created_at.desc(), WebSession.digest)
            .limit(limit)
        ).all()
