"""Groups of somebody, as the different kinds of directories know them."""

import pytest

from sregistry_core.contracts import ConfigurationError
from sregistry_core.testing.slapd import GROUPS, PASSWORD, PEOPLE


def groups_of(login, name="ada"):
    """Short names of somebody's groups."""
    return {
        group.partition(",")[0].partition("=")[2] for group in login.check(name, PASSWORD).groups
    }


@pytest.mark.parametrize("kind", ["memberOf", "member"])
def test_members_are_in_their_groups(open_login, own_slapd, kind):
    own_slapd.add_group("chem", "bob")
    login = open_login(own_slapd, groups=kind)

    assert [groups_of(login, name) for name in ("ada", "bob", "eve")] == [
        {"lab"},
        {"lab", "chem"},
        set(),
    ]


def test_groups_of_unix_list_names_or_are_the_first_of_somebody(open_login, own_slapd):
    own_slapd.change(
        f"dn: cn=hpc,{GROUPS}\nobjectClass: posixGroup\ncn: hpc\ngidNumber: 100\nmemberUid: ada\n\n"
        f"dn: cn=staff,{GROUPS}\nobjectClass: posixGroup\ncn: staff\ngidNumber: 200\n\n"
        f"dn: uid=ada,{PEOPLE}\nchangetype: modify\n"
        "add: objectClass\nobjectClass: posixAccount\n-\nadd: uidNumber\nuidNumber: 7\n-\n"
        "add: gidNumber\ngidNumber: 200\n-\n"
        "add: homeDirectory\nhomeDirectory: /home/ada\n"
    )
    login = open_login(own_slapd, groups="memberUid")

    assert groups_of(login) == {"hpc", "staff"}
    assert groups_of(login, "bob") == set()
    assert groups_of(open_login(own_slapd, groups="memberOf memberUid")) == {"hpc", "staff", "lab"}


def test_groups_with_unique_members_count_too(open_login, own_slapd):
    own_slapd.change(
        f"dn: cn=unique,{GROUPS}\nobjectClass: groupOfUniqueNames\ncn: unique\n"
        f"uniqueMember: uid=ada,{PEOPLE}\n"
    )

    assert groups_of(open_login(own_slapd, groups="member")) == {"lab", "unique"}


@pytest.mark.parametrize("kind", ["memberOf", "member"])
def test_groups_in_groups_count_when_they_are_asked_for(open_login, own_slapd, kind):
    own_slapd.add_group("science", f"cn=lab,{GROUPS}")
    own_slapd.add_group("campus", f"cn=science,{GROUPS}", "eve")

    assert groups_of(open_login(own_slapd, groups=kind)) == {"lab"}
    assert groups_of(open_login(own_slapd, groups=kind, nested="true")) == {
        "lab",
        "science",
        "campus",
    }


def test_a_circle_of_groups_ends(open_login, own_slapd):
    own_slapd.add_group("one", f"cn=lab,{GROUPS}")
    own_slapd.add_group("two", f"cn=one,{GROUPS}")
    own_slapd.join("lab", f"cn=two,{GROUPS}")
    own_slapd.join("one", f"cn=one,{GROUPS}")

    assert groups_of(open_login(own_slapd, nested="true")) == {"lab", "one", "two"}


def test_a_tower_of_groups_has_a_height(open_login, own_slapd, caplog):
    below = "lab"
    for number in range(15):
        own_slapd.add_group(f"floor-{number}", f"cn={below},{GROUPS}")
        below = f"floor-{number}"

    groups = groups_of(open_login(own_slapd, nested="true"))

    assert groups == {"lab", *(f"floor-{number}" for number in range(10))}
    assert "deeper than 10" in caplog.text


def test_a_hundred_groups_are_walked_through(open_login, own_slapd):
    for number in range(120):
        own_slapd.add_group(f"group-{number}", "ada")
    own_slapd.add_group("top", f"cn=group-119,{GROUPS}")

    groups = groups_of(open_login(own_slapd, nested="true"))

    assert len(groups) == 122
    assert "top" in groups


def test_groups_with_strange_signs_are_only_signs(open_login, own_slapd):
    own_slapd.change(
        f"dn: cn=R\\2cD (x*\\29,{GROUPS}\nobjectClass: groupOfNames\ncn: R,D (x*)\n"
        f"member: uid=ada,{PEOPLE}\n"
    )
    own_slapd.add_group("above", f"cn=R\\2cD (x*\\29,{GROUPS}")
    login = open_login(own_slapd, nested="true")

    assert login.group_named(f"CN=R\\,D (x*),{GROUPS}") in login.check("ada", PASSWORD).groups
    assert f"cn=above,{GROUPS}" in login.check("ada", PASSWORD).groups


@pytest.mark.parametrize(
    "text",
    [
        "cn=lab,ou=groups,dc=example,dc=org",
        "CN=Lab, OU=Groups, DC=Example, DC=Org",
        "cn = lab,  ou=groups,dc=example,dc=org",
        "cn=l\\61b,ou=groups,dc=example,dc=org",
    ],
)
def test_a_group_may_be_spelled_as_people_do(open_login, slapd, text):
    login = open_login(slapd)

    assert login.group_named(text) in login.check("ada", PASSWORD).groups


@pytest.mark.parametrize("text", ["lab", "", "cn=lab,ou", "cn=lab,,ou=groups"])
def test_what_is_no_distinguished_name_is_refused(open_login, slapd, text):
    with pytest.raises(ConfigurationError, match="ldap: a group is named wrongly"):
        open_login(slapd).group_named(text)
