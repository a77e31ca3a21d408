"""An identity provider and logins that know it."""

import pytest

import sregistry_saml
from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.components import need
from sregistry_core.testing.redirect_contract import CALLBACK

from .identity_provider import IdentityProvider, make_key


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Three keys with certificates: of the provider, ours, and a stranger's."""
    need("xmlsec1", "xmlsec1")
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder, name) for name in ("provider", "ours", "stranger")}


@pytest.fixture
def provider(tmp_path, keys):
    """An identity provider."""
    return IdentityProvider(tmp_path, *keys["provider"])


@pytest.fixture
def open_login(provider, tmp_path):
    """Opens logins, and tells the provider of them."""

    def open_one(**values):
        settings = {"metadata": str(provider.file), **values}
        login = sregistry_saml.sregistry_login(
            "saml", PluginSettings("campus", settings, tmp_path, {})
        )
        provider.meet(login.metadata(CALLBACK))
        return login

    return open_one


@pytest.fixture
def login(open_login):
    """A login that signs nothing itself."""
    return open_login()
