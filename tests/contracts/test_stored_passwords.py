"""The built-in login `passwords` keeps to the contract of every login."""

import pytest

from sregistry_core.contracts import WrongPassword
from sregistry_core.testing.login_contract import PasswordLoginContract
from sregistry_core.testing.registry import PASSWORD


class TestStoredPasswords(PasswordLoginContract):
    @pytest.fixture
    def known(self):
        return "ada", PASSWORD

    @pytest.fixture
    def login(self, registry, known):
        registry.user(known[0])
        return registry.parts.plugins.logins["passwords"]

    @pytest.fixture
    def unreachable(self):
        pytest.skip("its directory is the registry's own database")

    def test_letters_of_a_name_are_folded(self, login, known):
        assert login.check("ADA", known[1]) == login.check(*known)
        with pytest.raises(WrongPassword):
            login.check("ADA", "wrong")
