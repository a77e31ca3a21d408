"""What cannot work stops the start with one line; filters for servers that we do not have."""

import re
from pathlib import Path

import pytest

from sregistry_core.contracts import ConfigurationError, PluginSettings
from sregistry_core.testing.components import need_module
from sregistry_core.testing.slapd import PASSWORD, PEOPLE

need_module("ldap", "pip install python-ldap (libldap2-dev, libsasl2-dev, gcc)")

from sregistry_ldap import sregistry_login  # noqa: E402
from sregistry_ldap.distinguished_names import canonical  # noqa: E402
from sregistry_ldap.groups import in_chain  # noqa: E402
from sregistry_ldap.people import People  # noqa: E402
from sregistry_ldap.settings import PeopleSettings  # noqa: E402


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"url": ""}, "ldap.url is missing from the ini file"),
        ({"url": "ldap.example.org"}, "ldap.url = ldap.example.org is not an address such as"),
        ({"url": "https://ldap.example.org"}, "ldap.url = https://ldap.example.org is not"),
        ({"base": ""}, "ldap.base or ldap.person is missing from the ini file"),
        ({"base": "people"}, "ldap.base: people is no distinguished name"),
        ({"filter": "(uid=ada)"}, "ldap.filter = (uid=ada) has no {name} in it"),
        ({"person": f"uid=ada,{PEOPLE}"}, f"ldap.person = uid=ada,{PEOPLE} has no {{name}} in it"),
        ({"person": "{name}", "base": ""}, "ldap.person: x is no distinguished name"),
        ({"person": "uid={name}", "base": ""}, "ldap.person: uid=x has nothing above it"),
        ({"bind_password": ""}, "ldap.bind_dn and ldap.bind_password: give both, or none"),
        ({"bind_dn": ""}, "ldap.bind_dn and ldap.bind_password: give both, or none"),
        ({"ca_file": "/no/such"}, "ldap.ca_file = /no/such is no file"),
        ({"tls_minimum": "1.1"}, "ldap.tls_minimum = 1.1 is not one of 1.2, 1.3"),
        (
            {"groups": "posix"},
            "ldap.groups names posix, which is none of memberOf, member, memberUid",
        ),
        ({"group_base": "", "groups": "member"}, "ldap.group_base is missing: it says where"),
        ({"group_base": "", "nested": "true"}, "ldap.group_base is missing: it says where"),
        ({"group_base": "groups"}, "ldap.group_base: groups is no distinguished name"),
    ],
)
def test_what_cannot_work_is_one_line(open_login, slapd, keys, line):
    with pytest.raises(ConfigurationError) as refused:
        open_login(slapd, **keys)

    assert str(refused.value).startswith(line)


def test_the_readme_tells_every_key_and_no_other(keys_of, slapd, tmp_path):
    settings = PluginSettings("ldap", keys_of(slapd), tmp_path, {})
    sregistry_login("ldap", settings)
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")

    told = set(re.findall(r"^\| `(\w+)` ", readme.partition("\n## ")[0], re.MULTILINE))

    assert told | {"bind_password_file", "bind_password_env"} == settings.known()


def test_a_kind_of_others_is_not_ours(tmp_path):
    assert sregistry_login("kerberos", PluginSettings("kerberos", {}, tmp_path, {})) is None


def test_active_directory_is_asked_for_whole_chains():
    assert in_chain("CN=Ada (x*),DC=example") == (
        "(member:1.2.840.113556.1.4.1941:=CN=Ada \\28x\\2a\\29,DC=example)"
    )


def test_the_number_of_active_directory_is_written_and_read_alike():
    people = People(PeopleSettings(None, PEOPLE, "(uid={name})", "uid", "mail", "cn", "objectGUID"))
    number = bytes(range(16))

    key = people._key({"objectguid": [number]})

    assert key == "03020100-0504-0706-0809-0a0b0c0d0e0f"
    assert people._key_for_filter(key) == "".join(f"\\{byte:02x}" for byte in number)
    assert people._key_for_filter("*") is None


def test_parts_of_a_name_that_stand_together_have_an_order():
    assert canonical("OU=b+CN=A,DC=x") == canonical("cn=a + ou=B, dc=X") == "cn=a+ou=b,dc=x"


def test_the_password_of_the_service_account_may_be_in_a_file(open_login, slapd, tmp_path):
    (tmp_path / "secret").write_text("what only the registry knows\n")

    assert open_login(slapd, bind_password="", bind_password_file="secret").check("ada", PASSWORD)
