"""A webhook keeps the contract of listeners."""

from pathlib import Path

import pytest

from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.listener_contract import ListenerContract
from sregistry_webhook import sregistry_listener

from .webhook_receiver import SECRET


def opened(**values):
    settings = PluginSettings("webhook", {"secret": SECRET, **values}, Path("/"), {})
    listener = sregistry_listener("webhook", settings)
    assert list(settings.unread()) == []
    return listener


class TestWebhook(ListenerContract):
    """With a site that takes what it is told, and with one that is away."""

    @pytest.fixture
    def listener(self, receiver):
        yield opened(url=receiver.url, allow_private="true")
        assert receiver.wrong == []

    @pytest.fixture
    def unreachable(self):
        return opened(url="http://127.0.0.1:1/", allow_private="true")


def test_another_kind_is_left_to_other_plugins():
    settings = PluginSettings("webhook", {}, Path("/"), {})
    assert sregistry_listener("mail", settings) is None
