"""Who did what: written down in the transaction of the act itself."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller
from sregistry_core.models import AuditEvent, Collection, User

_LONGEST_TARGET = 300
REFUSED_LOGIN = "login.refuse"
_ONE_ROW_FOR = timedelta(hours=1)


class Audit:
    """Writes the log; what is undone with its transaction is not in it."""

    def __init__(
        self, db: Session, caller: Caller, address: str | None, clock: Callable[[], datetime]
    ):
        self._db = db
        self._caller = caller
        self._address = address
        self._clock = clock

    def record(
        self,
        action: str,
        target: str,
        *,
        collection: Collection | None = None,
        about: User | None = None,
        **facts: str | int | bool | None,
    ) -> None:
        """Write down that the caller has done something.

        action       a kind of thing and a verb, such as `collection.rename`
        target       the full name of what it was done to
        collection   what it concerns: the owners hear of it
        about        a user whom it concerns beside them
        facts        what else is to be known; no secrets
        """
        self._db.add(
            AuditEvent(
                at=self._clock(),
                actor_id=self._caller.user_id,
                actor=self._caller.name,
                address=self._address,
                action=action,
                target=target[:_LONGEST_TARGET],
                collection_id=collection.id if collection is not None else None,
                about_id=about.id if about is not None else None,
                facts=facts,
            )
        )

    def record_login(self, user: User, address: str | None, *, login: str | None) -> None:
        """Write down that somebody has signed in with a browser, who was nobody until then.

        login   the one that sent the browser to another site; None for a password
        """
        self._db.add(
            AuditEvent(
                at=self._clock(),
                actor_id=user.id,
                actor=user.name,
                address=address,
                action="login.succeed",
                target=user.name,
                about_id=user.id,
                facts={"login": login} if login else {},
            )
        )

    def record_refused_logins(self, counted: Mapping[tuple[str, str | None], int]) -> None:
        """Write down how often logins were refused, by name and address.

        Whoever guesses for an hour at one name from one address makes one event, with the count.
        """
        now = self._clock()
        for (name, address), count in sorted(counted.items(), key=str):
            known = self._db.scalar(
                select(AuditEvent)
                .where(
                    AuditEvent.action == REFUSED_LOGIN,
                    AuditEvent.at > now - _ONE_ROW_FOR,
                    AuditEvent.target == name,
                    AuditEvent.address == address,
                )
                .order_by(AuditEvent.at.desc())
                .limit(1)
            )
            if known is not None:
                known.facts = {**known.facts, "count": int(known.facts.get("count", 0)) + count}
                continue
            self._db.add(
                AuditEvent(
                    at=now,
                    address=address,
                    action=REFUSED_LOGIN,
                    target=name,
                    facts={"count": count},
                )
            )
