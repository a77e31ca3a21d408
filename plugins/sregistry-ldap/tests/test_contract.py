"""A directory keeps to the contract of every login, however it is asked."""

import pytest

from sregistry_core.testing.login_contract import PasswordLoginContract
from sregistry_core.testing.slapd import PASSWORD, PEOPLE, Slapd

NOBODY_LISTENS = "ldaps://127.0.0.1:1"


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory):
    """A directory that shows everything but passwords to everybody."""
    with Slapd(tmp_path_factory.mktemp("slapd") / "open", anonymous_reads=True) as server:
        yield server


class Contract(PasswordLoginContract):
    @pytest.fixture
    def known(self):
        return "ada", PASSWORD

    @pytest.fixture
    def unreachable(self, open_login, slapd):
        return open_login(slapd, url=NOBODY_LISTENS)


class TestSearchAndBind(Contract):
    @pytest.fixture
    def login(self, open_login, slapd):
        return open_login(slapd)


class TestStartTls(Contract):
    @pytest.fixture
    def login(self, open_login, slapd):
        return open_login(slapd, url=slapd.url)


class TestWithoutKeptConnections(Contract):
    @pytest.fixture
    def login(self, open_login, slapd):
        return open_login(slapd, connections="0")


class TestDistinguishedNameWithServiceAccount(Contract):
    @pytest.fixture
    def login(self, open_login, slapd):
        return open_login(slapd, base="", person=f"uid={{name}},{PEOPLE}")


class TestAnonymousSearch(Contract):
    @pytest.fixture
    def login(self, open_login, open_to_all):
        return open_login(open_to_all, bind_dn="", bind_password="")
