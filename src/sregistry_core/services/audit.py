"""Who did what: written down in the transaction of the act itself."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller
from sregistry_core.models import AuditEvent, Collection, User

_LONGEST_TARGET = 300


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
