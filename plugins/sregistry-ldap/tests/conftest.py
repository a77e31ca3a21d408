"""Logins at a real slapd, a child of the tests."""

import pytest

from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.components import need_module
from sregistry_core.testing.slapd import GROUPS, PEOPLE, SERVICE, SERVICE_PASSWORD, Slapd


@pytest.fixture(scope="session")
def slapd(tmp_path_factory):
    """A directory that no test changes: ada and bob are in the group lab."""
    with Slapd(tmp_path_factory.mktemp("slapd") / "shared") as server:
        server.add_group("lab", "ada", "bob")
        yield server


@pytest.fixture
def own_slapd(tmp_path):
    """A directory for one test alone, which may change it."""
    with Slapd(tmp_path / "slapd") as server:
        server.add_group("lab", "ada", "bob")
        yield server


@pytest.fixture
def keys_of():
    """Gives the ini keys of a login at a server: over LDAPS, with search and bind."""

    def keys_of(server, **differing):
        keys = {
            "url": server.tls_url,
            "ca_file": str(server.ca_file),
            "timeout": "2s",
            "bind_dn": SERVICE,
            "bind_password": SERVICE_PASSWORD,
            "base": PEOPLE,
            "group_base": GROUPS,
        }
        return {key: text for key, text in {**keys, **differing}.items() if text}

    return keys_of


@pytest.fixture
def open_login(keys_of, tmp_path):
    """Opens a login at a server; keywords are ini keys that differ, an empty one is left out."""
    need_module("ldap", "pip install python-ldap (libldap2-dev, libsasl2-dev, gcc)")
    from sregistry_ldap import sregistry_login

    def open_login(server, **differing):
        settings = PluginSettings("ldap", keys_of(server, **differing), tmp_path, {})
        login = sregistry_login("ldap", settings)
        assert list(settings.unread()) == []
        return login

    return open_login
