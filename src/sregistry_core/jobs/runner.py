"""Runs duties: actors that claim a row, a worker for them, and the relay that rings for rows."""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import dramatiq
from dramatiq.errors import DramatiqError
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from sregistry_core.db.session import Database
from sregistry_core.models import ClientCredential, Container, DailyDownloads, Outbox, Token
from sregistry_core.services import Facilities
from sregistry_core.services.outbox import QUICK, SLOW

from .broker import open_broker
from .duties import LEASES, PERIODIC, Duty, LongDuty
from .unit import unit_of

RELAY_PAUSE = timedelta(seconds=5)
"""Between two looks for rows that were missed, are due again, or come round."""
_RUNG = "duties_to_ring_for"

log = logging.getLogger(__name__)


class JobRunner:
    """The jobs of one process: rings for duties after each commit, and works at them if started."""

    def __init__(
        self, database: Database, facilities: Facilities, table: Mapping[str, Duty | LongDuty]
    ):
        self._facilities = facilities
        self._table = table
        self._unit = unit_of(database, facilities)
        self._broker = open_broker(facilities.settings.jobs)
        self._actors = {
            queue: dramatiq.actor(
                self.run_duty,
                actor_name=f"sregistry.{queue}",
                queue_name=queue,
                broker=self._broker,
                time_limit=int(lease.total_seconds() * 1000),
            )
            for queue, lease in LEASES.items()
        }
        self._worker: dramatiq.Worker | None = None
        self._relay: threading.Thread | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        _ring_after_commit(database, self)

    @property
    def runs_here(self) -> bool:
        """True when a worker of this process is at work."""
        return self._worker is not None

    def start(self) -> None:
        """Start the worker and the relay of this process; a second call does nothing."""
        with self._lock:
            if self._worker is not None:
                return
            threads = self._facilities.settings.job_threads
            self._worker = dramatiq.Worker(self._broker, worker_threads=threads)
            self._worker.start()
            self._start_relay()

    def start_relay(self) -> None:
        """Start the relay alone: workers are other processes."""
        with self._lock:
            if self._relay is None:
                self._start_relay()

    def stop(self) -> None:
        """Let running duties end, write the tally down, and stop."""
        with self._lock:
            self._stopping.set()
            if self._worker is not None:
                self._worker.stop()
                self._worker = None
            if self._relay is not None:
                self._relay.join()
                self._relay = None
            try:
                self.write_tally()
            except SQLAlchemyError as error:
                log.warning("the counts of the last seconds are lost: %s", error)
            with suppress(DramatiqError, RedisError):
                self._broker.close()

    def ring(self, duty: str, queue: str) -> None:
        """Tell the broker of a duty. When it does not answer, the relay will find the row."""
        try:
            self._actors[queue].send(duty)
        except (DramatiqError, RedisError, OSError) as error:
            log.warning("the broker does not answer, the duty %s waits: %s", duty, error)

    def run_duty(self, duty: str) -> None:
        """Claim a duty and do it; harmless when somebody else has it, or it is done."""
        with self._unit() as services:
            claimed = services.outbox.claim(duty, LEASES[QUICK])
            if claimed is None:
                return
            job, arguments = claimed.job, dict(claimed.arguments)
            if claimed.queue == SLOW:
                claimed.claimed_until = self._facilities.clock() + LEASES[SLOW]
        try:
            self._do(duty, job, arguments)
        except Exception as error:
            log.exception("the duty %s (%s) failed", job, duty)
            with self._unit() as services:
                services.outbox.failed(duty, f"{type(error).__name__}: {error}")

    def run_all(self) -> int:
        """Do every duty that is due, here and now; how many. For tests and the command line."""
        count = 0
        while True:
            with self._unit() as services:
                due = services.outbox.due()
            if not due:
                return count
            for duty, _ in due:
                self.run_duty(duty)
                count += 1

    def look_for_work(self) -> None:
        """Write down what comes round, ring for every row that is due, and write the tally down."""
        self.write_tally()
        with self._unit() as services:
            services.outbox.come_round(PERIODIC)
        with self._unit() as services:
            due = services.outbox.due()
        for duty, queue in due:
            self.ring(duty, queue)

    def write_tally(self) -> None:
        """Write down what was counted in memory."""
        counted = self._facilities.tally.drain()
        if not counted:
            return
        try:
            with self._unit() as services:
                for (container, day), count in counted.pulls.items():
                    _add_pulls(services.db, container, day, count)
                for token_id, at in counted.tokens_used.items():
                    token = services.db.get(Token, token_id)
                    if token is not None:
                        token.last_used_at = at
                for user_id, at in counted.clients_used.items():
                    credential = services.db.get(ClientCredential, user_id)
                    if credential is not None:
                        credential.last_used_at = at
        except SQLAlchemyError:
            self._facilities.tally.put_back(counted)
            raise

    def _do(self, duty: str, job: str, arguments: dict[str, object]) -> None:
        match self._table.get(job):
            case Duty(run):
                with self._unit() as services:
                    run(services, **arguments)
                    services.outbox.done(duty)
            case LongDuty(run):
                run(self._unit, self._facilities, **arguments)
                with self._unit() as services:
                    services.outbox.done(duty)
            case None:
                raise LookupError(f"no plugin in use offers the job {job}")

    def _start_relay(self) -> None:
        self._stopping.clear()
        self._relay = threading.Thread(target=self._relay_until_stopped, name="relay", daemon=True)
        self._relay.start()

    def _relay_until_stopped(self) -> None:
        while True:
            try:
                self.look_for_work()
            except Exception:
                log.exception("the relay could not look for work, and will try again")
            if self._stopping.wait(RELAY_PAUSE.total_seconds()):
                return


def _add_pulls(db: Session, container: str, day: object, count: int) -> None:
    if db.get(Container, container) is None:
        return
    row = db.get(DailyDownloads, (container, day), with_for_update=True)
    if row is None:
        db.add(DailyDownloads(container_id=container, day=day, count=count))
    else:
        row.count = DailyDownloads.count + count


def _ring_after_commit(database: Database, runner: JobRunner) -> None:
    @event.listens_for(database.session_class, "after_flush")
    def remember(session: Session, _context: object) -> None:
        rows = [row for row in session.new if isinstance(row, Outbox)]
        session.info.setdefault(_RUNG, []).extend((row.id, row.queue) for row in rows)

    @event.listens_for(database.session_class, "after_commit")
    def ring(session: Session) -> None:
        # A savepoint's end is told here too, and means nothing yet.
        if not session.in_nested_transaction():
            for duty, queue in session.info.pop(_RUNG, []):
                runner.ring(duty, queue)

    @event.listens_for(database.session_class, "after_rollback")
    def forget(session: Session) -> None:
        if not session.in_nested_transaction():
            session.info.pop(_RUNG, None)
