"""Runs duties: actors that claim a row, a worker for them, and the relay that rings for rows."""

import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import dramatiq
from sqlalchemy import event, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from sregistry_core.db.failures import cause_of
from sregistry_core.db.session import Database, mark_changed
from sregistry_core.models import ClientCredential, Container, DailyDownloads, Outbox, Token
from sregistry_core.services import Facilities
from sregistry_core.services.outbox import BUILD, PROMPT, QUICK, RUNG, SLOW

from .broker import BROKER_FAILURES, ENOUGH_NEWS, Bell, open_broker
from .duties import (
    PERIODIC,
    SOON,
    TIME_LIMITS,
    AnyDuty,
    Duty,
    LongDuty,
    StoppableDuty,
    prompt_duties,
)
from .leases import Leases
from .outages import is_outage
from .stopping import Interrupted
from .unit import unit_of

RELAY_PAUSE = timedelta(seconds=5)
"""Between two looks for rows that were missed, are due again, or come round."""
_BROKER_PATIENCE = 5.0
"""Seconds in which a worker without a duty must have ended."""
_LOOK_AGAIN = 0.1

log = logging.getLogger(__name__)


class JobRunner:
    """The jobs of one process: rings for duties after each commit, and works at them if started."""

    def __init__(self, database: Database, facilities: Facilities, table: Mapping[str, AnyDuty]):
        self._facilities = facilities
        self._table = table
        self._unit = unit_of(database, facilities)
        self._broker = open_broker(facilities.settings.jobs)
        self._actors = {
            queue: dramatiq.actor(
                self._run_unless_interrupted if queue == BUILD else self.run_duty,
                actor_name=f"sregistry.{queue}",
                queue_name=queue,
                broker=self._broker,
                time_limit=int(limit.total_seconds() * 1000),
            )
            for queue, limit in TIME_LIMITS.items()
        }
        self._leases = Leases(self._unit, facilities.settings.job_lease)
        self._bell = Bell(self._broker, self._actors)
        self._prompt = prompt_duties(facilities.plugins.login_rules)
        self._workers: list[dramatiq.Worker] = []
        self._failures: deque[tuple[str, int, str]] = deque()
        self._relay: threading.Thread | None = None
        self._stopping = threading.Event()
        self._interrupted = threading.Event()
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._at_work = 0
        _ring_after_commit(database, self)

    @property
    def runs_here(self) -> bool:
        """True when a worker of this process is at work."""
        return bool(self._workers)

    def start(self) -> None:
        """Start the worker and the relay of this process; a second call does nothing."""
        with self._lock:
            if self._workers:
                return
            self._interrupted.clear()
            threads = self._facilities.settings.job_threads
            self._start_worker({QUICK, SLOW}, threads)
            if self._facilities.plugins.builders:
                self._start_worker({BUILD}, self._facilities.settings.build_threads)
            if self._prompt:
                self._start_worker({PROMPT}, 1)
            self._start_relay()

    def start_relay(self) -> None:
        """Start the relay alone: workers are other processes."""
        with self._lock:
            if self._relay is None:
                self._start_relay()

    def interrupt(self) -> None:
        """Break builds off, and begin no other one; all else goes on until `stop`."""
        self._interrupted.set()

    def stop(self) -> None:
        """Break builds off, let other duties end, write the tally down, and stop."""
        self.interrupt()
        with self._lock:
            self._stopping.set()
            # At the same time: each takes seconds to notice.
            endings = [self._stopped(worker) for worker in self._workers]
            self._workers.clear()
            self._wait_for(endings)
            if self._relay is not None:
                self._relay.join()
                self._relay = None
            self._leases.stop()
            try:
                self.write_tally()
            except SQLAlchemyError as error:
                log.warning("the counts of the last seconds are lost: %s", cause_of(error))
            self._bell.stop()

    def ring(self, duty: str, queue: str) -> None:
        """Tell the broker of a duty, at once. When it is not heard, the relay finds the row."""
        self._bell.ring(duty, queue)

    def news(self, queue: str) -> int:
        """How many messages of a queue workers have not dealt with yet; 0 if nobody can tell."""
        return self._bell.news(queue)

    def run_duty(self, duty: str) -> None:
        """Claim a duty and do it; harmless when somebody else has it, or it is done."""
        with self._counting:
            self._at_work += 1
        try:
            self._run_duty(duty)
        finally:
            with self._counting:
                self._at_work -= 1

    def _run_unless_interrupted(self, duty: str) -> None:
        if not self._interrupted.is_set():
            self.run_duty(duty)

    def _run_duty(self, duty: str) -> None:
        # After a jump of the clock a claim of our own may look as if its time was over.
        if self._leases.holds(duty):
            return
        try:
            with self._unit() as services:
                claimed = services.outbox.claim(duty, self._facilities.settings.job_lease)
                if claimed is None:
                    return
                job, arguments = claimed.job, dict(claimed.arguments)
                attempt, limit = claimed.attempts, TIME_LIMITS[claimed.queue]
        except SQLAlchemyError as error:
            if not is_outage(error):
                raise
            # The relay rings for it again.
            log.warning("the duty %s cannot be claimed yet: %s", duty, cause_of(error))
            return
        try:
            with self._leases.held(duty, attempt, at_most=limit):
                self._do(duty, job, arguments)
        except Interrupted:
            log.info("the duty %s (%s) was broken off, and is put back", job, duty)
            self._put_back(duty, attempt)
        except Exception as error:
            if is_outage(error):
                log.warning("the duty %s (%s) failed for now: %s", job, duty, cause_of(error))
            else:
                log.exception("the duty %s (%s) failed", job, duty)
            self._failures.append((duty, attempt, f"{type(error).__name__}: {error}"))
            self._put_back_failures()

    def run_all(self) -> int:
        """Do every duty that is due, here and now; how many. For tests and the command line."""
        return sum(1 for _ in self.run_each())

    def run_each(self) -> Iterator[str]:
        """Do every duty that is due, and give the queue of each when it is done."""
        while not self._interrupted.is_set():
            with self._unit() as services:
                due = services.outbox.due()
            if not due:
                return
            for duty, queue in due:
                self.run_duty(duty)
                yield queue

    def look_for_work(self) -> None:
        """Write down what comes round, ring for every row that is due, and write the tally down."""
        self.write_tally()
        self._put_back_failures()
        with self._unit() as services:
            services.outbox.come_round(PERIODIC, soon=SOON)
            services.outbox.come_round(self._prompt, queue=PROMPT)
        with self._unit() as services:
            due = services.outbox.due()
        busy = {queue for queue in TIME_LIMITS if self.news(queue) >= ENOUGH_NEWS}
        for duty, queue in due:
            if queue not in busy:
                self.ring(duty, queue)

    def write_tally(self) -> None:
        """Write down what was counted in memory."""
        counted = self._facilities.tally.drain()
        if not counted:
            return
        try:
            with self._unit() as services:
                # In one order in every process, so that none waits in a circle.
                for (container, day), count in sorted(counted.pulls.items()):
                    _add_pulls(services.db, container, day, count)
                services.summaries.add_pulls(counted.pulls)
                services.audit.record_refused_logins(counted.refused_logins)
                for token_id, at in sorted(counted.tokens_used.items()):
                    token = services.db.get(Token, token_id)
                    if token is not None:
                        token.last_used_at = at
                for user_id, at in sorted(counted.clients_used.items()):
                    credential = services.db.get(ClientCredential, user_id)
                    if credential is not None:
                        credential.last_used_at = at
        except SQLAlchemyError:
            self._facilities.tally.put_back(counted)
            raise

    def _put_back(self, duty: str, attempt: int) -> None:
        try:
            with self._unit() as services:
                services.outbox.put_back(duty, attempt)
        except SQLAlchemyError as lost:
            # Nobody renews its claim any more.
            log.warning("the duty %s is claimed for a while yet: %s", duty, cause_of(lost))

    def _put_back_failures(self) -> None:
        """Put failed duties back; with the database gone they wait here, for the relay."""
        while self._failures:
            duty, attempt, error = self._failures.popleft()
            try:
                with self._unit() as services:
                    services.outbox.failed(duty, attempt, error)
            except SQLAlchemyError as lost:
                self._failures.append((duty, attempt, error))
                log.warning("the duty %s cannot be put back yet: %s", duty, cause_of(lost))
                return

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
            case StoppableDuty(run):
                run(self._unit, self._facilities, self._interrupted.is_set, **arguments)
                with self._unit() as services:
                    services.outbox.done(duty)
            case None:
                raise LookupError(f"no plugin in use offers the job {job}")

    def _start_worker(self, queues: set[str], threads: int) -> None:
        worker = dramatiq.Worker(self._broker, queues=queues, worker_threads=threads)
        worker.start()
        self._workers.append(worker)

    def _stopped(self, worker: dramatiq.Worker) -> threading.Thread:
        """Give a thread that lets the running duties of a worker end."""

        def end() -> None:
            try:
                worker.stop()
            except BROKER_FAILURES as error:
                log.info("the broker does not answer while a worker ends: %s", error)

        ending = threading.Thread(target=end, name="ending", daemon=True)
        ending.start()
        return ending

    def _wait_for(self, endings: Sequence[threading.Thread]) -> None:
        """Wait for workers to end. One that only waits for its broker is left behind.

        A worker tells the broker of each duty that it has done, and would wait for it for ever.
        """
        patience = _BROKER_PATIENCE
        while patience > 0 and (alive := [one for one in endings if one.is_alive()]):
            alive[0].join(_LOOK_AGAIN)
            if not self._at_work:
                patience -= _LOOK_AGAIN
        if any(one.is_alive() for one in endings):
            log.warning("the broker does not answer, its worker is left behind")

    def _start_relay(self) -> None:
        self._stopping.clear()
        self._relay = threading.Thread(target=self._relay_until_stopped, name="relay", daemon=True)
        self._relay.start()

    def _relay_until_stopped(self) -> None:
        while True:
            try:
                self.look_for_work()
            except SQLAlchemyError as error:
                log.warning("the relay will look for work again: %s", cause_of(error))
            except Exception:
                log.exception("the relay could not look for work, and will try again")
            if self._stopping.wait(RELAY_PAUSE.total_seconds()):
                return


def _add_pulls(db: Session, container: str, day: object, count: int) -> None:
    if db.get(Container, container) is None:
        return
    if _raise_pulls(db, container, day, count):
        return
    try:
        with db.begin_nested():
            db.add(DailyDownloads(container_id=container, day=day, count=count))
    except IntegrityError:
        # Another process has counted the first pull of the day at the same moment.
        _raise_pulls(db, container, day, count)


def _raise_pulls(db: Session, container: str, day: object, count: int) -> bool:
    raised = db.execute(
        update(DailyDownloads)
        .where(DailyDownloads.container_id == container, DailyDownloads.day == day)
        .values(count=DailyDownloads.count + count)
        .execution_options(synchronize_session=False)
    )
    mark_changed(db)
    return bool(raised.rowcount)  # type: ignore[attr-defined]


def _ring_after_commit(database: Database, runner: JobRunner) -> None:
    @event.listens_for(database.session_class, "after_flush")
    def remember(session: Session, _context: object) -> None:
        rows = [row for row in session.new if isinstance(row, Outbox)]
        session.info.setdefault(RUNG, []).extend((row.id, row.queue) for row in rows)

    @event.listens_for(database.session_class, "after_commit")
    def ring(session: Session) -> None:
        # A savepoint's end is told here too, and means nothing yet.
        if not session.in_nested_transaction():
            for duty, queue in session.info.pop(RUNG, []):
                runner.ring(duty, queue)

    @event.listens_for(database.session_class, "after_rollback")
    def forget(session: Session) -> None:
        if not session.in_nested_transaction():
            session.info.pop(RUNG, None)
