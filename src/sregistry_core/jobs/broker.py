"""The broker: in this process, or Redis."""

from dramatiq import Broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import ShutdownNotifications, TimeLimit

EMBEDDED = "embedded"


def open_broker(setting: str) -> Broker:
    """Open what `sregistry.jobs` names: `embedded`, or the address of a Redis server.

    No connection is made yet. Retries are the outbox's, so dramatiq's own are left out.
    """
    middleware = [TimeLimit(), ShutdownNotifications()]
    if setting == EMBEDDED:
        return StubBroker(middleware=middleware)
    return RedisBroker(url=setting, middleware=middleware, namespace="sregistry")
