"""The threads that call the application: one at a time, as long as that one gets on.

Python runs one thread at a time anyway. Several that are busy with short requests take it from
each other at each call of the database, many times in a request, and all of them together answer
less than one alone. Another one is needed where one waits: for a disk, a lock, a client.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from waitress.task import ThreadedTaskDispatcher

PATIENCE_SECONDS = 0.005
"""So long one thread is let alone; most requests are answered by then."""


class Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Waitress's threads, of which it would wake one for each request.

    The one that took a request last, `the runner`, takes the next one, too. When it has not been
    back for a while another one becomes the runner; who comes back later finds that there is one.
    Who was busy last is woken first: what it needs is in the processor's caches.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without a thread. clock: gives seconds that only grow."""
        super().__init__()
        self.queue_cv = LatestFirst(self.lock)
        self._clock = clock
        self._runner: int | None = None
        self._is_called = False
        self._since = 0.0

    def add_task(self, task: Any) -> None:
        """Have a request answered."""
        with self.lock:
            self.queue.append(task)
            self._call_runner()

    def relieve(self) -> bool:
        """Wake one more thread if the runner has been away too long; say whether requests wait.

        To be called every few milliseconds while they do.
        """
        with self.lock:
            if self.queue:
                self._call_runner()
            return bool(self.queue)

    def handler_thread(self, thread_no: int) -> None:
        """Answer requests until told to stop: what each thread does."""
        while (task := self._next(thread_no)) is not None:
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)

    def _next(self, thread_no: int) -> Any:
        """Wait for a request that is this thread's; None when it is to stop."""
        with self.lock:
            while not self.stop_count and not (self.queue and self._runner in (None, thread_no)):
                if self._runner == thread_no:
                    self._runner = None
                self.active_count -= 1
                self.queue_cv.wait()
                self.active_count += 1
                self._is_called = False
            if self.stop_count:
                self.active_count -= 1
                self.stop_count -= 1
                self.threads.discard(thread_no)
                self.thread_exit_cv.notify()
                return None
            self._runner, self._is_called, self._since = thread_no, False, self._clock()
            return self.queue.popleft()

    def _call_runner(self) -> None:
        """Wake a thread where there is no runner and none is on its way, or it takes too long."""
        now = self._clock()
        is_expected = self._runner is not None or self._is_called
        if not is_expected or now - self._since > PATIENCE_SECONDS:
            self._runner, self._is_called, self._since = None, True, now
            self.queue_cv.notify()


class LatestFirst:
    """A condition, as of the standard library, that wakes who has waited shortest."""

    def __init__(self, lock: threading.Lock):
        """Use a lock that is held at each call."""
        self._lock = lock
        self._waiting: list[threading.Lock] = []

    def wait(self) -> None:
        """Wait until woken; the lock is free meanwhile."""
        mine = threading.Lock()
        mine.acquire()
        self._waiting.append(mine)
        self._lock.release()
        try:
            mine.acquire()
        finally:
            self._lock.acquire()

    def notify(self) -> None:
        """Wake one, if any waits."""
        if self._waiting:
            self._waiting.pop().release()

    def notify_all(self) -> None:
        """Wake all."""
        while self._waiting:
            self.notify()
