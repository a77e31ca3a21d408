"""Who is found, by which name, and what is never taken for somebody."""

import base64

import pytest

from sregistry_core.contracts import LoginUnavailable, WrongPassword
from sregistry_core.testing.slapd import PASSWORD, PEOPLE, SERVICE

DIRECT = {"base": "", "person": f"uid={{name}},{PEOPLE}"}
HARMFUL = [
    "*",
    "*)(uid=*",
    "ada)(|(uid=*",
    "ada*",
    "ada\0",
    "ada\0)",
    "\\61da",
    "ada\n",
    "",
    "ada,ou=people",
]


def test_an_entry_says_who_somebody_is(open_login, slapd):
    ada = open_login(slapd).check("ada", PASSWORD)

    assert (ada.provider, ada.name, ada.email, ada.full_name) == (
        "ldap",
        "ada",
        "ada@example.org",
        "Ada",
    )
    assert ada.groups == {"cn=lab,ou=groups,dc=example,dc=org"}
    assert len(ada.key) == 36


@pytest.mark.parametrize("name", HARMFUL, ids=repr)
@pytest.mark.parametrize("how", [{}, DIRECT], ids=["search", "person"])
def test_signs_with_a_meaning_of_their_own_find_nobody(open_login, slapd, how, name):
    assert open_login(slapd, **how).check(name, PASSWORD) is None


@pytest.mark.parametrize("how", [{}, DIRECT], ids=["search", "person"])
def test_strange_signs_in_a_name_are_only_signs(open_login, own_slapd, how):
    names = ["Jos\u00e9", "a*b", "x(y)", "back\\slash", "plus+one", "com,ma", "\u7ba1\u7406"]
    for number, name in enumerate(names):
        shown = base64.b64encode(name.encode()).decode()
        escaped = "".join(f"\\{byte:02x}" for byte in name.encode())
        own_slapd.change(
            f"dn: uid={escaped},{PEOPLE}\nobjectClass: inetOrgPerson\nuid:: {shown}\n"
            f"cn: {number}\nsn: {number}\nuserPassword: {PASSWORD}-{number}\n"
        )
    login = open_login(own_slapd, **how)

    for number, name in enumerate(names):
        assert login.check(name, f"{PASSWORD}-{number}").name == name
        with pytest.raises(WrongPassword):
            login.check(name, PASSWORD)


def test_an_entry_with_a_comma_in_its_name_is_found_and_bound(open_login, own_slapd):
    own_slapd.add_person("grace", dn=f"cn=Hopper\\, Grace,{PEOPLE}")
    own_slapd.join("lab", f"cn=Hopper\\, Grace,{PEOPLE}")

    grace = open_login(own_slapd).check("grace", PASSWORD)

    assert grace.groups == {"cn=lab,ou=groups,dc=example,dc=org"}


def test_the_key_outlives_a_new_name(open_login, own_slapd):
    login = open_login(own_slapd)
    before = login.check("ada", PASSWORD)
    own_slapd.change(
        f"dn: uid=ada,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=lovelace\ndeleteoldrdn: 1\n"
    )

    after = login.check("lovelace", PASSWORD)

    assert after.key == before.key
    assert login.refresh(before.key).name == "lovelace"
    assert login.check("ada", PASSWORD) is None


def test_of_two_who_fit_nobody_comes_in(open_login, own_slapd, caplog):
    own_slapd.add_person("second", dn=f"uid=ada+sn=second,{PEOPLE}")

    with pytest.raises(WrongPassword) as refused:
        open_login(own_slapd).check("ada", PASSWORD)

    assert str(refused.value) == "unknown name or wrong password"
    assert "several people called ada" in caplog.text


@pytest.mark.parametrize("empty", ["", "\0", "\0\0"], ids=repr)
@pytest.mark.parametrize("how", [{}, {**DIRECT, "bind_dn": "", "bind_password": ""}])
def test_nothing_is_no_password(open_login, slapd, how, empty):
    """An empty password is an unauthenticated bind, which many servers answer with a success."""
    login = open_login(slapd, **how)

    try:
        assert login.check("ada", empty) is None
    except WrongPassword as refused:
        assert str(refused) == "unknown name or wrong password"


def test_somebody_without_a_password_has_none(open_login, own_slapd):
    own_slapd.change(f"dn: uid=ada,{PEOPLE}\nchangetype: modify\ndelete: userPassword\n")

    with pytest.raises(WrongPassword):
        open_login(own_slapd).check("ada", PASSWORD)


class TestWithoutServiceAccount:
    """Only people themselves may look at their entry."""

    @pytest.fixture
    def login(self, open_login, slapd):
        return open_login(slapd, **DIRECT, bind_dn="", bind_password="")

    def test_people_come_in_with_their_groups(self, login):
        ada = login.check("ada", PASSWORD)

        assert (ada.name, ada.groups) == ("ada", {"cn=lab,ou=groups,dc=example,dc=org"})

    def test_a_wrong_password_and_an_unknown_name_are_left_to_the_next_way(self, login):
        assert login.check("ada", "wrong") is None
        assert login.check("nobody", PASSWORD) is None

    def test_nobody_can_be_asked_for_later(self, login):
        assert not login.can_refresh


def test_a_filter_keeps_people_out_at_the_login_and_later(open_login, own_slapd):
    login = open_login(own_slapd, filter="(&(uid={name})(!(description=locked)))")
    ada = login.check("ada", PASSWORD)
    own_slapd.change(
        f"dn: uid=ada,{PEOPLE}\nchangetype: modify\nadd: description\ndescription: locked\n"
    )

    assert login.check("ada", PASSWORD) is None
    assert login.refresh(ada.key) is None


def test_who_was_removed_is_nobody_and_the_others_stay(open_login, own_slapd):
    login = open_login(own_slapd)
    ada, bob = login.check("ada", PASSWORD), login.check("bob", PASSWORD)
    own_slapd.remove(f"uid=ada,{PEOPLE}")

    assert login.refresh(ada.key) is None
    assert login.refresh(bob.key) == bob


def test_a_directory_that_shows_nobody_any_more_has_not_lost_everybody(open_login, own_slapd):
    """A right that was taken from the service account must not shut all people out."""
    key = open_login(own_slapd).check("ada", PASSWORD).key
    blind = open_login(own_slapd, filter="(&(uid={name})(description=whatever))")
    elsewhere = open_login(own_slapd, base="ou=nowhere,dc=example,dc=org")

    for login in (blind, elsewhere):
        with pytest.raises(LoginUnavailable):
            login.refresh(key)


def test_a_mail_address_may_be_the_name_that_is_typed(open_login, slapd):
    login = open_login(slapd, filter="(|(uid={name})(mail={name}))")

    assert login.check("ADA@example.org", PASSWORD) == login.check("ada", PASSWORD)


def test_an_entry_without_the_key_is_no_way_in(open_login, slapd, caplog):
    with pytest.raises(WrongPassword):
        open_login(slapd, key_attribute="objectGUID").check("ada", PASSWORD)

    assert f"uid=ada,{PEOPLE} shows no objectGUID" in caplog.text


def test_nobody_logs_in_as_the_service_account(open_login, slapd):
    assert open_login(slapd).check("registry", "what only the registry knows") is None
    assert open_login(slapd).check(SERVICE, "what only the registry knows") is None
