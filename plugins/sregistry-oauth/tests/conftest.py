"""A real provider for the whole run, and imitations of others for single tests."""

import pytest

import sregistry_oauth
from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.openid_provider import OpenidProvider
from sregistry_core.testing.redirect_contract import CALLBACK

from .forging_provider import CLIENT, SECRET, ForgingProvider

REGISTRY = "http://registry.test/auth/sign-in/campus/callback"


@pytest.fixture(scope="session")
def provider():
    """A real OpenID provider."""
    with OpenidProvider([CALLBACK, REGISTRY]) as started:
        yield started


@pytest.fixture
def forger():
    """A provider that signs whatever a test wants: an imitation, written here."""
    started = ForgingProvider()
    yield started
    started.end()


@pytest.fixture
def open_login(forger, tmp_path):
    def open_one(**values):
        settings = {
            "issuer": forger.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "timeout": "2s",
            **values,
        }
        return sregistry_oauth.sregistry_login(
            "openid", PluginSettings("campus", settings, tmp_path, {})
        )

    return open_one


@pytest.fixture
def login(open_login):
    return open_login()


@pytest.fixture
def travel(login, forger):
    """A whole trip; `change` may change the answer."""

    def go(change=lambda answer: answer, at=None):
        at = at or login
        departure = at.begin(CALLBACK, "state")
        return at.finish(CALLBACK, change(forger.visit(departure.url)), departure.keepsake)

    return go
