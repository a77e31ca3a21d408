"""Real servers for faults, and the people who push to them."""

from collections.abc import Callable

import pytest

from sregistry_core.testing.live import LiveRegistry

from .pushing import Client

MakePusher = Callable[[LiveRegistry], Client]


@pytest.fixture
def make_pusher() -> MakePusher:
    """Makes the user `ada` of a registry, who may push."""

    def make(registry: LiveRegistry, name: str = "ada") -> Client:
        return Client(registry.url, registry.make_user(name), name)

    return make


@pytest.fixture
def ada(live_registry: LiveRegistry, make_pusher: MakePusher) -> Client:
    """A user of the usual registry."""
    return make_pusher(live_registry)
