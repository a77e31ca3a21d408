"""The threads that serve: the one that runs the loop answers what it brings, too.

Python runs one thread at a time. To hand each request on to another one, and to let several that
are busy with short ones take Python's lock from each other, costs more than most answers. Another
one is needed where one waits: for a disk, a lock, a client. It takes over the loop, too.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from .latest_first import LatestFirst

PATIENCE_SECONDS = 0.005
"""So long one thread is let alone; most requests are answered by then."""
_TURN_SECONDS = 1.0
"""So long the loop waits for something to happen."""
_QUIET_LOOKS = 20
"""After so many without an answer under way, the watch sleeps until it is rung."""


class Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Waitress's threads, which would get each request from a loop that runs apart from them.

    Whoever holds `_loop` runs the loop; it is let go for the time of an answer. The main thread
    watches, and wakes another one when an answer takes too long. It runs the loop itself while all
    are held up, and at the end of the server. Who was busy last is woken first: what it needs is in
    the processor's caches.
    """

    def __init__(
        self,
        turn: Callable[[float], None],
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without a thread.

        turn    lets the loop wait for something, so many seconds at most, and deal with it.
        wake    ends that waiting; may be called by any thread, and is called with a lock held.
        clock   gives seconds that only grow.
        """
        super().__init__()
        self.queue_cv = LatestFirst(self.lock)
        self._turn, self._wake, self._clock = turn, wake, clock
        self._loop = threading.Lock()
        self._is_taken = False  # by the main thread
        self._is_taken_for_good = False
        self._begun: float | None = None  # when the answer was, for which the loop was let go
        self._bell = threading.Lock()
        self._bell.acquire()
        self._watch_sleeps = False
        self._failure: BaseException | None = None

    def add_task(self, task: Any) -> None:
        """Have a request answered, after this turn of the loop."""
        with self.lock:
            self.queue.append(task)
            if self._is_taken:
                self.queue_cv.notify()

    def ring(self) -> None:
        """Wake the watch. Takes no lock that anybody waits for."""
        with suppress(RuntimeError):  # rung already
            self._bell.release()

    def watch(self, is_over: Callable[[], bool]) -> None:
        """Let the threads serve until `is_over`, which is asked again after each ring.

        For the main thread. What the loop raises is raised here.
        """
        quiet = 0
        while not is_over() and self._failure is None:
            begun = self._begun
            if begun is not None:
                quiet = 0
                late_in = begun + PATIENCE_SECONDS - self._clock()
                if late_in > 0 or self._has_called_another():
                    self._bell.acquire(timeout=late_in if late_in > 0 else PATIENCE_SECONDS)
                else:
                    self._lead_meanwhile(is_over)
            elif quiet < _QUIET_LOOKS:
                quiet += 1
                self._bell.acquire(timeout=PATIENCE_SECONDS)
            else:
                self._watch_sleeps = True
                # Asked once more: who has begun before that does not ring.
                if self._begun is None and self._failure is None:
                    self._bell.acquire()
                self._watch_sleeps, quiet = False, 0
        if self._failure is not None:
            raise self._failure

    def take_over(self) -> None:
        """Give the loop to the main thread for good; the others answer what it brings."""
        if not self._is_taken_for_good:
            self._is_taken = self._is_taken_for_good = True
            self._wake()
            self._loop.acquire()
            with self.lock:
                for _ in self.queue:
                    self.queue_cv.notify()

    def handler_thread(self, thread_no: int) -> None:
        """Serve until told to stop: what each thread does."""
        while self._is_needed_again(thread_no):
            if self._is_taken:
                if (task := self._next(for_leader=False)) is not None:
                    self._answer(task)
            elif self._loop.acquire(blocking=False):
                try:
                    self._lead()
                except BaseException as error:
                    self._failure = error
                    self.ring()

    def _lead(self) -> None:
        """Run the loop and answer what it brings, until somebody else does."""
        self._begun = None
        try:
            while not self._is_taken:
                self._turn(0 if self.queue else _TURN_SECONDS)
                if (task := self._next(for_leader=True)) is not None:
                    self._begun = self._clock()
                    self._loop.release()
                    if self._watch_sleeps:
                        self.ring()
                    self._answer(task)
                    if not self._loop.acquire(blocking=False):
                        return
                    self._begun = None
            self._loop.release()
        except BaseException:
            self._loop.release()
            raise

    def _next(self, *, for_leader: bool) -> Any:
        with self.lock:
            return self.queue.popleft() if self.queue and for_leader != self._is_taken else None

    def _answer(self, task: Any) -> None:
        try:
            task.service()
        except BaseException:
            self.logger.exception("Exception when servicing %r", task)

    def _is_needed_again(self, thread_no: int) -> bool:
        """Rest until there is something to do; false when it is to stop."""
        with self.lock:
            if self.queue and not self._is_taken:
                # Of a connection that was answered late: who runs the loop does not know of it.
                self._wake()
            while not self.stop_count and not self._is_needed():
                self.active_count -= 1
                if self._is_taken:
                    self._wake()
                self.queue_cv.wait()
                self.active_count += 1
            if self.stop_count:
                self.active_count -= 1
                self.stop_count -= 1
                self.threads.discard(thread_no)
                self.thread_exit_cv.notify()
                return False
            return True

    def _is_needed(self) -> bool:
        if self._is_taken:
            return bool(self.queue)
        begun = self._begun
        is_late = begun is None or self._clock() - begun > PATIENCE_SECONDS
        return is_late and not self._loop.locked()

    def _has_called_another(self) -> bool:
        with self.lock:
            return self.queue_cv.notify()

    def _lead_meanwhile(self, is_over: Callable[[], bool]) -> None:
        """Run the loop until a thread is back."""
        if not self._loop.acquire(blocking=False):
            return
        self._is_taken, self._begun = True, None
        try:
            while not is_over() and not self.queue_cv.has_waiting:
                self._turn(_TURN_SECONDS)
        finally:
            self._is_taken = False
            self._loop.release()
            self._has_called_another()
