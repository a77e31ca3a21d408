"""Duties, written down in the transaction of the act that causes them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.db.statements import insert_for
from sregistry_core.errors import Conflict, NotFound
from sregistry_core.models import Outbox, Periodic
from sregistry_core.settings import LONGEST_JOB_LEASE

QUICK = "quick"
SLOW = "slow"
PROMPT = "prompt"
"""For what must come round in time: it has a thread of its own, and waits for no other duty."""
BUILD = "build"
"""For builds, which take minutes to hours."""
RUNG = "duties_to_ring_for"
"""Under which a session keeps the duties, with their queues, that workers hear of at its commit."""
_ATTEMPTS = 12
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=1)
_SOON = timedelta(minutes=1)
_LONGEST_SKEW = timedelta(minutes=5)
"""How far the clocks of two machines may be apart: a claim for longer is of a clock put back."""


class OutboxService:
    """Writes duties down, and lends them to workers one at a time."""

    def __init__(self, db: Session, clock: Callable[[], datetime]):
        self._db = db
        self._clock = clock

    def write(
        self, job: str, *, queue: str = QUICK, later: timedelta = timedelta(0), **arguments: Any
    ) -> None:
        """Write a duty down; workers hear of it once the transaction is committed.

        later   how long nobody is to be at it
        """
        now, due = self._clock(), self._clock() + later
        self._db.add(Outbox(job=job, arguments=arguments, queue=queue, due_at=due, created_at=now))

    def write_once(self, job: str, *, queue: str = QUICK, **arguments: Any) -> None:
        """Write down a duty that is done once, however many transactions ask for it until then.

        Its work begins with `begin_once`. Whoever asks while it begins waits for a moment.
        """
        now, duty = self._clock(), _one_of(job, arguments)
        row = insert_for(self._db, Outbox).values(
            id=duty,
            job=job,
            arguments=arguments,
            queue=queue,
            attempts=0,
            due_at=now,
            created_at=now,
        )
        anew = {"due_at": now, "failed_at": None, "attempts": 0, "error": None}
        self._db.execute(row.on_conflict_do_update(index_elements=[Outbox.id], set_=anew))
        mark_changed(self._db)
        self._db.info.setdefault(RUNG, []).append((duty, queue))

    def begin_once(self, job: str, **arguments: Any) -> None:
        """Strike off a duty that was written by `write_once`, before its work looks at anything.

        All who have asked for it have then committed what is to be seen; who asks later writes it
        down anew, and waits until the work is committed.
        """
        self._db.execute(
            delete(Outbox)
            .where(Outbox.id == _one_of(job, arguments))
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)

    def due(self, limit: int = 500) -> Sequence[tuple[str, str]]:
        """Identifier and queue of duties that are due and that nobody is at."""
        now = self._clock()
        rows = self._db.execute(
            select(Outbox.id, Outbox.queue)
            .where(Outbox.failed_at.is_(None), _due(now), _unclaimed(now))
            .order_by(Outbox.due_at)
            .limit(limit)
        )
        return [(row.id, row.queue) for row in rows]

    def claim(self, duty: str, lease: timedelta) -> Outbox | None:
        """Take a duty for `lease`; None when it is done, not due, or somebody else's.

        Its `attempts` then tell this claim from every later one.

        Of any number of workers that try at once, one gets it.
        """
        now = self._clock()
        won = self._db.execute(
            update(Outbox)
            .where(
                Outbox.id == duty,
                Outbox.failed_at.is_(None),
                _due(now),
                _unclaimed(now),
            )
            .values(
                claimed_until=now + lease,
                attempts=Outbox.attempts + 1,
                created_at=case((Outbox.created_at > now, now), else_=Outbox.created_at),
            )
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        if won.rowcount != 1:  # type: ignore[attr-defined]
            return None
        return self._db.get(Outbox, duty, populate_existing=True)

    def renew(self, attempts: Mapping[str, int], lease: timedelta) -> None:
        """Hold claimed duties for `lease` from now on; not those that others have claimed since.

        attempts   what each had when it was claimed, by the duty's identifier
        """
        until = self._clock() + lease
        for duty in sorted(attempts):
            self._db.execute(
                update(Outbox)
                .where(Outbox.id == duty, Outbox.attempts == attempts[duty])
                .where(Outbox.claimed_until.is_not(None))
                .values(claimed_until=until)
                .execution_options(synchronize_session=False)
            )
        mark_changed(self._db)

    def done(self, duty: str) -> None:
        """Strike a duty off, in the transaction that fulfils it."""
        row = self._db.get(Outbox, duty)
        if row is not None:
            self._db.delete(row)

    def failed(self, duty: str, attempt: int, error: str) -> None:
        """Put a duty back for a later attempt, or give it up after the last one.

        attempt   as it was claimed: one that somebody else has claimed since is theirs
        """
        row = self._db.get(Outbox, duty)
        if row is None or row.attempts != attempt:
            return
        now = self._clock()
        pause = min(_FIRST_PAUSE * 2 ** min(row.attempts, 20), _LONGEST_PAUSE)
        row.error = error[:2000]
        row.claimed_until = None
        row.due_at = now + pause
        if row.attempts >= _ATTEMPTS:
            row.failed_at = now

    def put_back(self, duty: str, attempt: int) -> None:
        """Let a duty be claimed anew at once: that its worker was stopped is no failed attempt.

        attempt   as it was claimed: one that somebody else has claimed since is theirs
        """
        row = self._db.get(Outbox, duty)
        if row is not None and row.attempts == attempt:
            row.claimed_until, row.attempts = None, attempt - 1

    def come_round(
        self,
        every: dict[str, timedelta],
        queue: str = SLOW,
        *,
        soon: frozenset[str] = frozenset(),
    ) -> None:
        """Write down the periodic duties whose time has come; each once, whoever asks.

        soon   those that come for the first time after a minute, and not after a whole pause
        """
        now = self._clock()
        known = {row.job: row.due_at for row in self._db.scalars(select(Periodic))}
        for job, pause in every.items():
            if job not in known:
                # Another process may write it down at the same moment.
                first = min(pause, _SOON) if job in soon else pause
                row = insert_for(self._db, Periodic).values(job=job, due_at=now + first)
                self._db.execute(row.on_conflict_do_nothing())
                mark_changed(self._db)
                continue
            # A pause may have been longer in yesterday's ini file.
            if now < known[job] <= now + pause:
                continue
            won = self._db.execute(
                update(Periodic)
                .where(Periodic.job == job, Periodic.due_at == known[job])
                .values(due_at=now + pause)
                .execution_options(synchronize_session=False)
            )
            mark_changed(self._db)
            if won.rowcount == 1 and known[job] <= now:  # type: ignore[attr-defined]
                self.write(job, queue=queue)

    def forget_waiting(self, job: str) -> None:
        """Strike off duties of this name that nobody is at: the one that asks does their work."""
        self._db.execute(
            delete(Outbox)
            .where(Outbox.job == job, _unclaimed(self._clock()))
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)

    def all(self) -> Sequence[Outbox]:
        """Give every duty that waits or was given up, the next one first."""
        return self._db.scalars(select(Outbox).order_by(Outbox.due_at, Outbox.id)).all()

    def overdue(self, by: timedelta) -> int:
        """How many duties have been due for longer than `by`, and nobody is at them."""
        now = self._clock()
        count = self._db.scalar(
            select(func.count())
            .select_from(Outbox)
            .where(Outbox.failed_at.is_(None), Outbox.due_at < now - by, _unclaimed(now))
        )
        return count or 0

    def retry(self, duty: str) -> Outbox:
        """Let a duty be tried again now, as if it never had been.

        Raises NotFound for one that is done or never was, Conflict while a worker is at it.
        """
        row = self._db.get(Outbox, duty)
        if row is None:
            raise NotFound(f"the job {duty} does not exist")
        now = self._clock()
        if self.is_at_work(row):
            raise Conflict(f"the job {duty} is being worked at")
        row.failed_at, row.claimed_until, row.attempts, row.due_at = None, None, 0, now
        return row

    def is_at_work(self, row: Outbox) -> bool:
        """True while a worker is at a duty, and has been heard of."""
        until, now = row.claimed_until, self._clock()
        return until is not None and now <= until <= now + LONGEST_JOB_LEASE + _LONGEST_SKEW

    def counts(self) -> dict[str, int]:
        """How many duties wait and how many were given up, as `waiting` and `failed`."""
        waiting, failed = self._db.execute(
            select(
                func.count().filter(Outbox.failed_at.is_(None)),
                func.count().filter(Outbox.failed_at.is_not(None)),
            ).select_from(Outbox)
        ).one()
        return {"waiting": waiting, "failed": failed}


def _one_of(job: str, arguments: dict[str, Any]) -> str:
    spelled = json.dumps([job, arguments], sort_keys=True)
    return sha256(spelled.encode()).hexdigest()[:32]


def _unclaimed(now: datetime) -> Any:
    impossible = now + LONGEST_JOB_LEASE + _LONGEST_SKEW
    until = Outbox.claimed_until
    return or_(until.is_(None), until < now, until > impossible)


def _due(now: datetime) -> Any:
    """What was written before the clock was put back waits no longer for that time to come."""
    return or_(Outbox.due_at <= now, Outbox.created_at > now)
