"""The contract of listeners, kept by one that remembers and broken by three others."""

import threading

import pytest

from sregistry_core.contracts import ImagePushed, Listener
from sregistry_core.testing.listener_contract import ListenerContract


class Remembering(Listener):
    """Remembers what it has heard, each event once."""

    def __init__(self):
        self.heard = {}
        self._lock = threading.Lock()

    def notice(self, event):
        with self._lock:
            self.heard[event.identifier] = event


class Silent(Listener):
    def notice(self, event):
        raise ConnectionError("nobody answers")


class TestRemembering(ListenerContract):
    @pytest.fixture
    def listener(self):
        return Remembering()

    @pytest.fixture
    def unreachable(self):
        return Silent()

    def test_an_event_that_is_told_again_is_the_same(self, listener):
        self.test_an_event_may_be_told_again(listener)

        assert len(listener.heard) == 1
        assert isinstance(next(iter(listener.heard.values())), ImagePushed)
