"""A whole registry whose people are in a directory: who comes in, as what, and until when."""

import re
from base64 import b64encode
from datetime import timedelta

import pytest

from sregistry_core.contracts import ConfigurationError
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.slapd import GROUPS, PASSWORD, PEOPLE

MINE = "/v1/rbac/users/current"
SIF = b"what ada has pushed"


@pytest.fixture
def make_lab(make_registry, keys_of):
    """Makes a registry at a directory; keywords are ini keys of the login that differ."""

    def make_lab(server, *, login="passwords ldap", **differing):
        keys = {f"ldap__{key}": text for key, text in keys_of(server, **differing).items()}
        return make_registry(
            plugins="filesystem ldap",
            login=login,
            protocols="discovery transfer library oci shub api ui",
            **keys,
        )

    return make_lab


@pytest.fixture
def lab(make_lab, own_slapd):
    """Members of the group lab are in the team lab, those of chiefs are administrators."""
    own_slapd.add_group("chiefs", "eve")
    return make_lab(
        own_slapd,
        teams=f"lab: CN=Lab, {GROUPS}\nchem: cn=chem,{GROUPS}",
        administrators=f"cn=chiefs,{GROUPS}",
    )


def time_passes(registry, *, minutes=5):
    """Let so much time pass, with all that comes round in it."""
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(minutes=minutes, seconds=1))
    registry.parts.jobs.look_for_work()
    registry.run_jobs()


def token_of(registry, name, password=PASSWORD):
    """Somebody of the directory with a token of theirs, as a client has it after a login."""
    answer = registry.app.get(
        "/v2/token?offline_token=true",
        headers=registry.with_password(name, password).headers,
        status=200,
    )
    actor = registry.with_password(name, password)
    return type(actor)(registry.app, name, answer.json["refresh_token"])


def teams_of(registry, name):
    with registry.parts.unit()() as services:
        return {
            team.name
            for team in services.teams.mine()
            if name in {member.user.name for member in services.teams.members(team.name)}
        }


def test_somebody_of_the_directory_pushes_and_pulls(lab):
    ada = token_of(lab, "ada")

    ada.push("ada/own/blast:1", SIF)

    assert ada.pull("ada/own/blast:1").body == SIF
    assert lab.with_password("ada", PASSWORD).get(MINE).json["username"] == "ada"
    assert lab.with_password("ADA", PASSWORD).get(MINE).json["username"] == "ada"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wrong"),
        ("ada", ""),
        ("nobody", PASSWORD),
        ("*", PASSWORD),
        ("ada)(|(uid=*", PASSWORD),
    ],
)
def test_all_refusals_look_alike(lab, name, password):
    known = lab.with_password("ada", "wrong").get("/v2/token", status=401)
    answer = lab.with_password(name, password).get("/v2/token", status=401)

    assert answer.json == known.json


def test_the_browser_signs_in(lab):
    browser = Browser(lab)
    browser.sign_in("ada", "wrong", status=401)

    browser.sign_in("ada", PASSWORD, status=303)

    assert "Sign out" in browser.open("/")


def test_members_of_a_group_are_in_its_team(lab):
    for name in ("ada", "bob", "eve"):
        token_of(lab, name)

    assert [teams_of(lab, name) for name in ("ada", "bob", "eve")] == [{"lab"}, {"lab"}, set()]


def test_teams_share_what_is_theirs(lab):
    ada, bob, eve = (token_of(lab, name) for name in ("ada", "bob", "eve"))

    ada.push("lab/tools/blast:1", SIF)
    lab.hide("lab/tools")

    assert bob.pull("lab/tools/blast:1").body == SIF
    lab.stranger.pull("lab/tools/blast:1", status=404)
    assert eve.pull("lab/tools/blast:1").body == SIF, "she is an administrator"


def test_who_leaves_a_group_loses_its_rights_and_stays(lab, own_slapd):
    ada, bob = token_of(lab, "ada"), token_of(lab, "bob")
    ada.push("lab/tools/blast:1", SIF)
    lab.hide("lab/tools")
    own_slapd.leave("lab", "bob")

    time_passes(lab)

    bob.pull("lab/tools/blast:1", status=404)
    assert bob.get(MINE).json["username"] == "bob"
    assert ada.pull("lab/tools/blast:1").body == SIF
    own_slapd.join("lab", "bob")
    time_passes(lab)
    assert bob.pull("lab/tools/blast:1").body == SIF


def test_administration_comes_and_goes_with_the_group(lab, own_slapd):
    own_slapd.join("chiefs", "ada")
    ada = token_of(lab, "ada")
    with lab.parts.unit()() as services:
        assert services.accounts.find("ada").is_admin
    own_slapd.leave("chiefs", "ada")

    time_passes(lab)

    with lab.parts.unit()() as services:
        assert not services.accounts.find("ada").is_admin
    assert ada.get(MINE)


def test_who_is_removed_is_shut_out_everywhere(lab, own_slapd):
    ada, bob = token_of(lab, "ada"), token_of(lab, "bob")
    ada.push("ada/own/blast:1", SIF)
    browser = Browser(lab)
    browser.sign_in("ada", PASSWORD, status=303)
    assert "Sign out" in browser.open("/")
    own_slapd.remove(f"uid=ada,{PEOPLE}")

    time_passes(lab)

    ada.get(MINE, status=401)
    shown = b64encode(f"ada:{ada.token}".encode()).decode()
    lab.app.get("/v2/token", headers={"Authorization": f"Basic {shown}"}, status=401)
    assert "Sign out" not in browser.open("/")
    lab.with_password("ada", PASSWORD).get(MINE, status=401)
    assert teams_of(lab, "ada") == set()
    assert bob.get(MINE)


def test_a_password_of_ours_is_no_way_round_the_directory(lab, own_slapd):
    token_of(lab, "ada")
    with lab.parts.unit()() as services:
        services.accounts.set_password("ada", "a way round it")
    assert lab.with_password("ada", "a way round it").get(MINE)
    own_slapd.remove(f"uid=ada,{PEOPLE}")

    time_passes(lab)

    lab.with_password("ada", "a way round it").get(MINE, status=401)


def test_an_administrator_lets_somebody_stay_without_the_directory(lab, own_slapd):
    ada = token_of(lab, "ada")
    own_slapd.remove(f"uid=ada,{PEOPLE}")
    time_passes(lab)
    with lab.parts.unit()() as services:
        services.accounts.enable("ada")

    time_passes(lab)

    assert ada.get(MINE)


def test_a_dead_directory_stops_logins_and_nothing_else(lab, own_slapd):
    ada, bob = token_of(lab, "ada"), token_of(lab, "bob")
    ada.push("lab/tools/blast:1", SIF)
    lab.hide("lab/tools")
    root = lab.user("root", is_admin=True)
    own_slapd.stop()

    time_passes(lab, minutes=30)

    refused = lab.with_password("ada", PASSWORD).get("/v2/token", status=503)
    assert "127.0.0.1" not in refused.text
    Browser(lab).sign_in("ada", PASSWORD, status=503)
    assert bob.pull("lab/tools/blast:1").body == SIF
    assert ada.push("lab/tools/blast:2", SIF + b"2")
    assert root.get(MINE)
    assert lab.with_password("root").get(MINE), "local people are asked for first here"
    assert teams_of(lab, "ada") == {"lab"}
    own_slapd.start()
    assert lab.with_password("ada", PASSWORD).get(MINE)


class TestAllowedGroups:
    @pytest.fixture
    def club(self, make_lab, own_slapd):
        return make_lab(own_slapd, allow=f"cn=lab,{GROUPS}\ncn=guests,{GROUPS}")

    def test_only_members_come_in(self, club):
        assert token_of(club, "ada")
        club.with_password("eve", PASSWORD).get(MINE, status=401)
        with club.parts.unit()() as services:
            assert [user.name for user in services.accounts.all()] == ["ada"]

    def test_who_leaves_the_group_is_shut_out_until_they_are_back(self, club, own_slapd):
        ada = token_of(club, "ada")
        own_slapd.leave("lab", "ada")

        time_passes(club)

        ada.get(MINE, status=401)
        club.with_password("ada", PASSWORD).get(MINE, status=401)
        own_slapd.add_group("guests", "ada")
        time_passes(club)
        assert ada.get(MINE)


class TestByHand:
    """What somebody here has given is not taken by a directory, and the other way round."""

    def test_a_member_taken_in_by_hand_stays(self, lab, own_slapd):
        token_of(lab, "eve")
        with lab.parts.unit()() as services:
            services.teams.add_member("lab", "eve")

        time_passes(lab)

        assert teams_of(lab, "eve") == {"lab"}

    def test_a_member_of_the_group_is_taken_out_there_only(self, lab):
        token_of(lab, "ada")

        with lab.parts.unit()() as services, pytest.raises(Exception, match="through ldap"):
            services.teams.remove_member("lab", "ada")

    def test_an_administrator_by_hand_stays_one(self, lab):
        token_of(lab, "ada")
        with lab.parts.unit()() as services:
            services.accounts.set_admin("ada", True)

        time_passes(lab)

        with lab.parts.unit()() as services:
            assert services.accounts.find("ada").is_admin

    def test_an_administrator_of_the_group_is_taken_out_there_only(self, lab):
        token_of(lab, "eve")

        with lab.parts.unit()() as services, pytest.raises(Exception, match="through ldap"):
            services.accounts.set_admin("eve", False)


class TestChangedIniFile:
    """The registry of the same data is started with other lines."""

    def test_what_it_leads_to_no_more_ends_at_the_start(self, lab):
        for name in ("ada", "eve"):
            token_of(lab, name)
        lab.parts.plugins.login_rules.clear()

        lab.parts.require_current_schema()

        assert teams_of(lab, "ada") == set()
        with lab.parts.unit()() as services:
            assert not services.accounts.find("eve").is_admin

    def test_a_team_is_made_before_anybody_can_take_its_name(self, lab):
        with lab.parts.unit()() as services:
            assert {team.name for team in services.teams.mine()} == {"lab", "chem"}

    def test_a_team_with_the_name_of_a_user_stops_the_start(self, make_lab, own_slapd):
        registry = make_lab(own_slapd)
        registry.user("lab")
        rules = make_lab(own_slapd, teams=f"lab: cn=lab,{GROUPS}").parts.plugins.login_rules
        registry.parts.plugins.login_rules.update(rules)

        with pytest.raises(ConfigurationError, match=r"^ldap\.teams names the team lab"):
            registry.parts.require_current_schema()

    @pytest.mark.parametrize(
        ("keys", "line"),
        [
            ({"teams": "lab"}, "ldap.teams: lab is not TEAM: GROUP"),
            ({"teams": f"a_b: cn=lab,{GROUPS}"}, "ldap.teams: 'a_b' is no name for an entity"),
            ({"teams": "lab: lab"}, "ldap: a group is named wrongly: lab is no distinguished name"),
            ({"allow": "lab"}, "ldap: a group is named wrongly: lab is no distinguished name"),
            ({"refresh": "1s"}, "ldap.refresh is shorter than 10s"),
            ({"refrsh": "5m"}, "ldap knows no setting ldap.refrsh"),
        ],
    )
    def test_a_wrong_line_is_named(self, make_lab, slapd, keys, line):
        with pytest.raises(ConfigurationError, match=f"^{re.escape(line)}"):
            make_lab(slapd, **keys)


def test_names_are_folded_to_what_ours_allow(lab, own_slapd):
    own_slapd.add_person("Grace.M_Hopper")

    assert lab.with_password("Grace.M_Hopper", PASSWORD).get(MINE).json["username"] == (
        "grace-m-hopper"
    )
    own_slapd.add_person("grace-m-hopper")
    refused = lab.with_password("grace-m-hopper", PASSWORD).get(MINE, status=409)
    assert "somebody else's here" in refused.text


def test_what_the_directory_says_of_people_is_kept_in_step(lab, own_slapd):
    ada = token_of(lab, "ada")
    own_slapd.change(
        f"dn: uid=ada,{PEOPLE}\nchangetype: modify\nreplace: mail\nmail: lovelace@example.org\n-\n"
        "replace: cn\ncn: Ada Lovelace\n"
    )

    time_passes(lab)

    with lab.parts.unit()() as services:
        user = services.accounts.find("ada")
        assert (user.email, user.full_name) == ("lovelace@example.org", "Ada Lovelace")
    assert ada.get(MINE)


def test_a_pull_asks_no_directory(lab, own_slapd, monkeypatch):
    ada = token_of(lab, "ada")
    ada.push("ada/own/blast:1", SIF)

    def refuse(*_):
        raise AssertionError("the directory was asked within a request")

    login = lab.parts.plugins.logins["ldap"]
    for method in ("check", "refresh"):
        monkeypatch.setattr(login, method, refuse)

    assert ada.pull("ada/own/blast:1").body == SIF
