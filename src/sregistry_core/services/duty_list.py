"""Jobs as administrators see them: what waits, what runs, and what was given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from sregistry_core.errors import NotFound
from sregistry_core.models import Outbox

from .access import Access
from .outbox import OutboxService

if TYPE_CHECKING:
    from . import Facilities


class DutyState(StrEnum):
    """What becomes of a duty: in the order in which it goes on."""

    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ListedDuty:
    """A duty and its state; `error` is that of its last attempt, if that failed."""

    id: str
    job: str
    state: DutyState
    attempts: int
    about: str
    created_at: datetime
    due_at: datetime
    failed_at: datetime | None
    error: str


class DutyList:
    """Lists duties, and lets those be tried again that were given up."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities

    def find(self, state: DutyState, *, after: str = "", limit: int = 100) -> Sequence[ListedDuty]:
        """Give duties in a state by their identifiers, from the one after `after` on."""
        self._access.require_admin()
        rows = self._db.scalars(
            select(Outbox)
            .where(self._is(state), Outbox.id > after)
            .order_by(Outbox.id)
            .limit(limit)
        )
        return [_listed(row, state) for row in rows]

    def counts(self) -> dict[DutyState, int]:
        """Give how many duties are in each state."""
        self._access.require_admin()
        counted = self._db.execute(
            select(*(func.count().filter(self._is(state)) for state in DutyState)).select_from(
                Outbox
            )
        ).one()
        return dict(zip(DutyState, counted, strict=True))

    def retry(self, duty: str) -> str:
        """Let a duty be tried again now, and give its name.

        Raises NotFound for one that is done or never was, Conflict while a worker is at it.
        """
        self._access.require_admin()
        row = self._outbox.retry(duty)
        self._access.audit.record("job.retry", row.job, job=row.id)
        return row.job

    def retry_failed(self) -> int:
        """Let every duty be tried again that was given up; how many."""
        self._access.require_admin()
        failed = self._db.scalars(select(Outbox.id).where(self._is(DutyState.FAILED))).all()
        for duty in failed:
            try:
                self._outbox.retry(duty)
            except NotFound:
                # Somebody else has retried it a moment ago, and it is done.
                continue
        if failed:
            self._access.audit.record("job.retry_failed", "all", count=len(failed))
        return len(failed)

    def _is(self, state: DutyState) -> ColumnElement[bool]:
        now = self._facilities.clock()
        if state is DutyState.FAILED:
            return Outbox.failed_at.is_not(None)
        if state is DutyState.RUNNING:
            return and_(Outbox.failed_at.is_(None), Outbox.claimed_until >= now)
        unclaimed = or_(Outbox.claimed_until.is_(None), Outbox.claimed_until < now)
        return and_(Outbox.failed_at.is_(None), unclaimed)


def _listed(row: Outbox, state: DutyState) -> ListedDuty:
    # Arguments are identifiers, and for plugins whatever they have written: shown as they are.
    about = ", ".join(f"{name} {value}" for name, value in sorted(row.arguments.items()))
    return ListedDuty(
        id=row.id,
        job=row.job,
        state=state,
        attempts=row.attempts,
        about=about[:300],
        created_at=row.created_at,
        due_at=row.due_at,
        failed_at=row.failed_at,
        error=row.error or "",
    )
