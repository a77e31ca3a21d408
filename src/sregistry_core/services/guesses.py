"""How often passwords may be guessed: wrong ones are counted by name and by address.

Counted in Redis where jobs use it, for all processes together; elsewhere in the memory of each.
"""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from sregistry_core.errors import TooManyGuesses

_PATIENCE: Final[dict[str, Any]] = {"socket_connect_timeout": 1, "socket_timeout": 1}
"""In seconds."""
_QUIET_SECONDS = 30.0
"""How long a Redis that did not answer is left alone."""
_LONGEST_KEY = 200

log = logging.getLogger(__name__)


class Guesses:
    """Counts wrong passwords, and says when there were too many. For many threads at once.

    Several that come at the same moment may all still be tried.
    """

    def __init__(self, *, per_name: int, per_address: int, window: timedelta, redis: str | None):
        """Nothing is connected yet.

        per_name, per_address   how many wrong ones are taken within `window`; 0 for any number
        redis                   where to count, None for the memory of this process
        """
        seconds = max(int(window.total_seconds()), 1)
        self._limits = {
            kind: RateLimitItemPerSecond(most, seconds, namespace=f"sregistry-{kind}")
            for kind, most in (("name", per_name), ("address", per_address))
            if most
        }
        self._here = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_open(redis)) if redis is not None else None
        self._quiet_until = 0.0

    def require_few(self, name: str, address: str | None) -> None:
        """Raise TooManyGuesses when no further password is tried for this name or address."""
        for limit, key in self._keys(name, address):
            for counter in self._counters():
                try:
                    if counter.test(limit, key):
                        continue
                    wait = counter.get_window_stats(limit, key).reset_time - time.time()
                except StorageError as error:
                    self._rest(error)
                    continue
                if wait > limit.get_expiry() + 1:
                    # Counted before the clock was put back: that time may never come again.
                    counter.clear(limit, key)
                    continue
                raise TooManyGuesses(max(int(wait) + 1, 1))

    def count(self, name: str, address: str | None) -> None:
        """Count a wrong password."""
        for limit, key in self._keys(name, address):
            for counter in self._counters():
                try:
                    counter.hit(limit, key)
                    break
                except StorageError as error:
                    self._rest(error)

    def forget(self, name: str) -> None:
        """Let a name begin anew, since its owner has come in; the address does not."""
        for limit, key in self._keys(name, None):
            for counter in self._counters():
                try:
                    counter.clear(limit, key)
                except StorageError as error:
                    self._rest(error)

    def _keys(self, name: str, address: str | None) -> Iterator[tuple[RateLimitItem, str]]:
        for kind, key in (("name", name.strip().lower()), ("address", address or "")):
            if kind in self._limits and key:
                yield self._limits[kind], key[:_LONGEST_KEY]

    def _counters(self) -> Iterator[MovingWindowRateLimiter]:
        """Give where to count, the best first; the memory of this process is always there."""
        if self._shared is not None and time.monotonic() >= self._quiet_until:
            yield self._shared
        yield self._here

    def _rest(self, error: StorageError) -> None:
        self._quiet_until = time.monotonic() + _QUIET_SECONDS
        log.warning("Redis does not answer, passwords are counted here alone: %s", error)


def _open(redis: str) -> RedisStorage:
    address = f"redis+{redis}" if redis.startswith("unix://") else redis
    return RedisStorage(address, wrap_exceptions=True, **_PATIENCE)
