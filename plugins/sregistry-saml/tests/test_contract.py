"""A login at an identity provider keeps the contract for logins at other sites."""

import pytest

from sregistry_core.testing.redirect_contract import RedirectLoginContract


class TestSaml(RedirectLoginContract):
    @pytest.fixture
    def login(self, open_login):
        return open_login()

    @pytest.fixture
    def visit(self, provider, login):
        return provider.visit


class TestSamlWithKeysOfOurs(TestSaml):
    @pytest.fixture
    def login(self, open_login, keys):
        key, certificate = keys["ours"]
        return open_login(key=str(key), certificate=str(certificate))
