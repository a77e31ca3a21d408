"""A real provider for the whole run, and imitations of others for single tests."""

import pytest

from sregistry_core.testing.openid_provider import OpenidProvider
from sregistry_core.testing.redirect_contract import CALLBACK

from .forging_provider import ForgingProvider

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
