"""Reads the log of what was done, for administrators."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.db.statements import begins
from sregistry_core.models import AuditEvent, Collection, Entity, User
from sregistry_core.names import CollectionName

from .access import Access
from .time_keys import read_time_key, time_key

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events are sought; what is empty leaves all of them.

    user         who did it, or whom it concerns; by name
    action       `token`, or `token.issue`
    target       how the name of what it was done to begins
    collection   what happened in it and to it
    since        from then on; `until`: before then
    """

    user: str = ""
    action: str = ""
    target: str = ""
    collection: CollectionName | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog:
    """The log, the newest first."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def find(
        self, sought: Sought | None = None, *, after: str = "", limit: int = 100
    ) -> Sequence[AuditEvent]:
        """Give events, the newest first.

        after   the key of an event, as `key_of` gives it: those that are older follow
        Raises Malformed for an `after` that is no key.
        """
        self._access.require_admin()
        wanted = select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        if after:
            at, event_id = read_time_key(after)
            wanted = wanted.where(
                or_(AuditEvent.at < at, and_(AuditEvent.at == at, AuditEvent.id < event_id))
            )
        wanted = wanted.where(*self._conditions(sought or Sought())).limit(limit)
        return self._db.scalars(wanted).all()

    def actions(self) -> Sequence[str]:
        """Give the kinds of events that there are, by name."""
        self._access.require_admin()
        # One step through the index for each, and not one for each event.
        found: list[str] = []
        while True:
            wanted = select(AuditEvent.action).order_by(AuditEvent.action).limit(1)
            if found:
                wanted = wanted.where(AuditEvent.action > found[-1])
            following = self._db.scalar(wanted)
            if following is None:
                return found
            found.append(following)

    def forget_old(self) -> int:
        """Remove what is older than `sregistry.audit_lifetime`; how many. A second run is idle."""
        self._access.require_system()
        before = self._facilities.clock() - self._facilities.settings.audit_lifetime
        gone = self._db.execute(
            delete(AuditEvent)
            .where(AuditEvent.at < before)
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def _conditions(self, sought: Sought) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if sought.user:
            conditions.append(self._of_user(sought.user))
        if sought.action:
            kind = AuditEvent.action.startswith(f"{sought.action}.", autoescape=True)
            conditions.append(or_(AuditEvent.action == sought.action, kind))
        if sought.target:
            conditions.append(begins(self._db, AuditEvent.target, sought.target))
        if sought.collection is not None:
            conditions.append(self._in_collection(sought.collection))
        if sought.since is not None:
            conditions.append(AuditEvent.at >= sought.since)
        if sought.until is not None:
            conditions.append(AuditEvent.at < sought.until)
        return conditions

    def _of_user(self, name: str) -> ColumnElement[bool]:
        canonical = name.strip().lower()
        user_id = self._db.scalar(select(User.id).where(User.name == canonical))
        named = or_(AuditEvent.actor == canonical, AuditEvent.actor_id == user_id)
        if user_id is None:
            return AuditEvent.actor == canonical
        return or_(named, AuditEvent.about_id == user_id)

    def _in_collection(self, name: CollectionName) -> ColumnElement[bool]:
        # One that is gone is known by its name alone, one that was renamed by its row.
        of_name = or_(
            AuditEvent.target == str(name),
            begins(self._db, AuditEvent.target, f"{name}/"),
        )
        collection_id = self._db.scalar(
            select(Collection.id)
            .join(Collection.entity)
            .where(Entity.name == name.entity, Collection.name == name.collection)
        )
        if collection_id is None:
            return of_name
        return or_(of_name, AuditEvent.collection_id == collection_id)


def key_of(event: AuditEvent) -> str:
    """Give the key of an event, after which a page of older ones begins."""
    return time_key(event.at, event.id)


COLUMNS = ("at", "actor", "address", "action", "target", "facts")
"""What `cells_of` gives, in its order."""


def cells_of(event: AuditEvent) -> tuple[str, ...]:
    """Write an event as cells of a table; times in UTC, facts as JSON."""
    return (
        f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        event.actor or "",
        event.address or "",
        event.action,
        event.target,
        json.dumps(event.facts, ensure_ascii=False, sort_keys=True) if event.facts else "",
    )
