"""The login at a real OpenID provider keeps the contract for logins at other sites."""

import pytest

import sregistry_oauth
from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.openid_provider import CLIENT, SECRET
from sregistry_core.testing.redirect_contract import RedirectLoginContract


class TestOpenId(RedirectLoginContract):
    @pytest.fixture
    def open_login(self, tmp_path):
        def open_at(issuer):
            values = {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET}
            return sregistry_oauth.sregistry_login(
                "openid", PluginSettings("campus", {**values, "timeout": "5s"}, tmp_path, {})
            )

        return open_at

    @pytest.fixture
    def login(self, open_login, provider):
        return open_login(provider.issuer)

    @pytest.fixture
    def visit(self, provider):
        return provider.visit

    @pytest.fixture
    def unreachable(self, open_login):
        return open_login("http://127.0.0.1:9")
