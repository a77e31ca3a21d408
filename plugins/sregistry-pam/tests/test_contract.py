"""PAM keeps to the contract of every login."""

import pytest

from sregistry_core.testing.login_contract import PasswordLoginContract

from .conftest import PASSWORD


class TestPam(PasswordLoginContract):
    @pytest.fixture
    def known(self):
        return "ada", PASSWORD

    @pytest.fixture
    def login(self, known, pwdfile, open_login):
        return open_login(pwdfile(known[0]), system_users="no", at_once="16")

    @pytest.fixture
    def unreachable(self, service, open_login):
        name = service("auth required pam_absent.so", "account required pam_permit.so")
        return open_login(name, system_users="no")


class TestUserOfTheMachine(TestPam):
    """`nobody` is a user that every machine has, with a number above 1000."""

    @pytest.fixture
    def known(self):
        return "nobody", PASSWORD

    @pytest.fixture
    def login(self, known, pwdfile, open_login):
        return open_login(pwdfile(known[0]), at_once="16")

    @pytest.fixture
    def unreachable(self, service, open_login):
        return open_login(service("auth required pam_absent.so"), least_uid="1000")
