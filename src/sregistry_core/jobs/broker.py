"""The broker: in this process, or Redis; and the bell that tells it of duties."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

import redis
from dramatiq import Actor, Broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import DramatiqError
from dramatiq.middleware import ShutdownNotifications, TimeLimit
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

EMBEDDED: Final = "embedded"
BROKER_FAILURES: Final = (DramatiqError, RedisError, OSError)
_CONNECT_SECONDS = 2
_ANSWER_SECONDS = 5
_WORKER_LOST_MS = 60_000
"""A worker that was not heard of for so long is gone; what it had fetched is told to others."""
_MAINTENANCE_CHANCE = 10_000
"""Of a million commands: so that lost workers are noticed within minutes where little happens."""
_QUIET_SECONDS = 5.0
"""How long the bell rests after the broker did not answer; the relay rings again anyway."""
_MOST_WAITING = 10_000
ENOUGH_NEWS = 200
"""Messages in a queue that keep workers busy: the relay then need not ring."""

log = logging.getLogger(__name__)


def open_broker(setting: str) -> Broker:
    """Open what `sregistry.jobs` names: `embedded`, or the address of a Redis server.

    No connection is made yet. Retries are the outbox's, so dramatiq's own are left out.
    """
    middleware = [TimeLimit(), ShutdownNotifications()]
    if setting == EMBEDDED:
        return StubBroker(middleware=middleware)
    client = redis.Redis.from_url(
        setting,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        # Once more, for a connection that has died while it was not used.
        retry=Retry(NoBackoff(), 1),
    )
    return RedisBroker(
        client=client,
        middleware=middleware,
        namespace="sregistry",
        heartbeat_timeout=_WORKER_LOST_MS,
        maintenance_chance=_MAINTENANCE_CHANCE,
    )


class Bell:
    """Tells the broker of duties without making anybody wait.

    Redis is spoken to by a thread of its own: whoever rings, such as a request, goes on at once.
    What cannot be told is dropped, since the relay finds the row.
    """

    def __init__(self, broker: Broker, actors: Mapping[str, Actor[..., None]]):
        self._broker = broker
        self._actors = actors
        self._waiting: queue.Queue[tuple[str, str] | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._quiet_until = 0.0

    def ring(self, duty: str, queue_name: str) -> None:
        """Tell the broker of a duty, soon."""
        if isinstance(self._broker, StubBroker):
            self._actors[queue_name].send(duty)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, name="bell", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait((duty, queue_name))
        except queue.Full:
            log.warning("the broker is too slow, the duty %s waits for the relay", duty)

    def news(self, queue_name: str) -> int:
        """How many messages of a queue workers have not dealt with yet; 0 if nobody can tell."""
        try:
            if isinstance(self._broker, StubBroker):
                return int(self._broker.queues[queue_name].qsize())
            return int(self._broker.do_qsize(queue_name))
        except BROKER_FAILURES:
            return 0

    def stop(self) -> None:
        """Tell what waits, unless the broker does not answer, and close it."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(_CONNECT_SECONDS + _ANSWER_SECONDS)
        _quietly(self._broker.close)

    def _send_all(self) -> None:
        while (one := self._waiting.get()) is not None:
            duty, queue_name = one
            if time.monotonic() < self._quiet_until:
                continue
            try:
                self._actors[queue_name].send(duty)
            except BROKER_FAILURES as error:
                self._quiet_until = time.monotonic() + _QUIET_SECONDS
                log.warning("the broker does not answer, the duty %s waits: %s", duty, error)


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except BROKER_FAILURES as error:
        log.info("the broker could not be closed: %s", error)
