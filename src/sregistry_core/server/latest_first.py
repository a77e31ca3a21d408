"""A condition for threads that should be woken while what they need is still in the caches."""

import threading


class LatestFirst:
    """A condition, as of the standard library, that wakes who has waited shortest."""

    def __init__(self, lock: threading.Lock):
        """Use a lock that is held at each call."""
        self._lock = lock
        self._waiting: list[threading.Lock] = []

    @property
    def has_waiting(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

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

    def notify(self) -> bool:
        """Wake one, if any waits; say whether."""
        if self._waiting:
            self._waiting.pop().release()
            return True
        return False

    def notify_all(self) -> None:
        """Wake all."""
        while self.notify():
            pass
