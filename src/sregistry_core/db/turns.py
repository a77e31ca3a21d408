"""Who writes to SQLite next: those of one process by turns, in the order in which they came."""

import threading
from collections import deque


class Turns:
    """One turn that many want. SQLite itself gives it to whoever happens to ask at the moment.

    A thread that waits asks SQLite ten times a second, and one that comes later may be luckier for
    many seconds: under load some are served at once, and others never.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def take(self, patience: float) -> bool:
        """Wait for the turn, for some seconds at most; tell whether it came."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=patience):
            return True
        with self._lock:
            if mine not in self._waiting:
                # It came at the last moment.
                return True
            self._waiting.remove(mine)
            return False

    def give(self) -> None:
        """Let the next one have it."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
