"""Keeps the duties that this process is at, so that those of one that dies are soon taken over."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from sregistry_core.db.failures import cause_of

from .unit import Unit

_BEATS = 4
"""In the time of a lease: some may be late, since SQLite lets one write at a time."""

log = logging.getLogger(__name__)


class Leases:
    """Renews what was claimed for as long as it is worked at, by a thread of its own."""

    def __init__(self, unit: Unit, lease: timedelta):
        """Nothing is held yet, and no thread runs.

        lease   how long a claim holds from the last time that it was renewed
        """
        self._unit = unit
        self._lease = lease
        self._held: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def holds(self, duty: str) -> bool:
        """True while this process is at a duty, whatever its clock says of the claim."""
        with self._lock:
            return duty in self._held

    @contextmanager
    def held(self, duty: str, attempt: int, *, at_most: timedelta) -> Iterator[None]:
        """Hold a duty for the time of the block.

        attempt   as it was claimed: once somebody else has claimed it, it is no longer renewed
        at_most   what takes longer hangs, and is left to others
        """
        until = time.monotonic() + at_most.total_seconds()
        with self._lock:
            self._held[duty] = attempt, until
            if self._thread is None:
                self._stopping.clear()
                self._thread = threading.Thread(target=self._beat, name="leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(duty, None)

    def renew(self) -> None:
        """Renew all that is held. Raises SQLAlchemyError, and then the next beat tries again."""
        now = time.monotonic()
        with self._lock:
            held = {duty: attempt for duty, (attempt, until) in self._held.items() if until > now}
        if held:
            with self._unit() as services:
                services.outbox.renew(held, self._lease)

    def stop(self) -> None:
        """Renew nothing any more."""
        self._stopping.set()
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(self._lease.total_seconds())

    def _beat(self) -> None:
        while not self._stopping.wait(self._lease.total_seconds() / _BEATS):
            try:
                self.renew()
            except SQLAlchemyError as error:
                log.warning("what is worked at cannot be renewed yet: %s", cause_of(error))
            except Exception:
                log.exception("what is worked at could not be renewed, and will be tried again")
