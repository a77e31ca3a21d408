"""Browsers that are sent to another site to log in: kept in mind until they are back, once."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.orm import Session

from sregistry_core.contracts import Subject
from sregistry_core.db.session import begin_writing, mark_changed, pause
from sregistry_core.errors import LoginRequired
from sregistry_core.identifiers import new_secret
from sregistry_core.models import Journey

from .access import Access
from .authentication import digest_of

if TYPE_CHECKING:
    from . import Facilities

LIFETIME = timedelta(minutes=15)
"""How long somebody may take at the other site, with a second factor and a lost telephone."""
STATE_LENGTH = 43
_OVER = "this sign-in is over, or was begun in another browser: begin anew"


@dataclass(frozen=True, slots=True)
class Underway:
    """A journey that is not over."""

    digest: str
    login: str
    keepsake: str
    wanted: str
    user_id: str | None
    """Who is to be given the login as a further one; None when somebody signs in."""
    subject: Subject | None
    """Who came back and has no name here yet."""


class Journeys:
    """Keeps what must fit when a browser comes back: which one it is, and what it was sent for."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def begin(
        self, login: str, *, state: str, browser: str, keepsake: str, wanted: str, links: bool
    ) -> None:
        """Note that a browser is sent away.

        state     what travels along, known to nobody else
        browser   its cookie
        links     the caller is to be given this login as a further one
        """
        user_id: str | None = None
        if links:
            self._access.require_login()
            user_id = str(self._access.caller.user_id)
            self._access.require_self(user_id)
        self._db.add(
            Journey(
                digest=digest_of(state),
                browser=digest_of(browser),
                login=login,
                keepsake=keepsake,
                wanted=wanted,
                user_id=user_id,
                expires_at=self._facilities.clock() + LIFETIME,
            )
        )

    def underway(self, login: str, *, state: str, browsers: Collection[str]) -> Underway:
        """Find a journey of this browser by its state, and give the connection back.

        browsers   the cookies of this browser
        Raises LoginRequired when there is none, it is over, or it was begun in another browser.
        """
        found = self._db.get(Journey, digest_of(state)) if state else None
        if (
            found is None
            or found.login != login
            or found.browser not in {digest_of(browser) for browser in browsers}
            or found.expires_at <= self._facilities.clock()
        ):
            raise LoginRequired(_OVER)
        underway = Underway(
            digest=found.digest,
            login=found.login,
            keepsake=found.keepsake,
            wanted=found.wanted,
            user_id=found.user_id,
            subject=_read(found.subject) if found.subject else None,
        )
        # The other site is asked next, which may take its time.
        self._db.expunge(found)
        pause(self._db)
        return underway

    def end(self, underway: Underway) -> None:
        """Forget a journey. Raises LoginRequired when another request was faster."""
        begin_writing(self._db)
        ended = self._db.execute(
            delete(Journey)
            .where(Journey.digest == underway.digest)
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        if not ended.rowcount:  # type: ignore[attr-defined]
            raise LoginRequired(_OVER)

    def hold(self, underway: Underway, subject: Subject, *, browser: str) -> str:
        """Keep who came back until they have said another name; the new state, for the form."""
        state = new_secret(STATE_LENGTH)
        self._db.add(
            Journey(
                digest=digest_of(state),
                browser=digest_of(browser),
                login=underway.login,
                keepsake="",
                wanted=underway.wanted,
                subject=json.dumps({**asdict(subject), "groups": sorted(subject.groups)}),
                expires_at=self._facilities.clock() + LIFETIME,
            )
        )
        return state

    def forget_ended(self) -> int:
        """Forget browsers that have not come back in time; how many."""
        self._access.require_system()
        ended = self._db.execute(
            delete(Journey)
            .where(Journey.expires_at <= self._facilities.clock())
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        return int(ended.rowcount)  # type: ignore[attr-defined]


def _read(text: str) -> Subject:
    fields = json.loads(text)
    return Subject(**{**fields, "groups": frozenset(fields["groups"])})
