"""Users in step with any login that has groups: here one that is a dictionary."""

import threading
from datetime import timedelta

import pytest

from sregistry_core.contracts import LoginUnavailable, PasswordLogin, Subject, WrongPassword
from sregistry_core.errors import Conflict, LoginRequired
from sregistry_core.login_rules import LoginRules
from sregistry_core.services.outbox import SLOW
from sregistry_core.testing.registry import PASSWORD

RULES = LoginRules(
    team_of=(("crew", "lab"), ("guests", "lab"), ("chemists", "chem")),
    administrators=frozenset({"chiefs"}),
    refresh=timedelta(minutes=5),
)


class Desk(PasswordLogin):
    """Knows people and their groups by name; `is_closed` and `strange` make trouble."""

    can_refresh = True

    def __init__(self, **people):
        self.people = {name: frozenset(groups.split()) for name, groups in people.items()}
        self.is_closed = False
        self.strange = ()
        self.asked = threading.Event()

    def check(self, name, password):
        found = self.refresh(name)
        if found is not None and password != PASSWORD:
            raise WrongPassword("unknown name or wrong password")
        return found

    def refresh(self, key):
        self.asked.set()
        if self.is_closed:
            raise LoginUnavailable("the desk is closed")
        if key in self.strange:
            raise KeyError(key)
        if key not in self.people:
            return None
        return Subject("desk", key, key, f"{key}@example.org", self.people[key])


@pytest.fixture
def desk():
    return Desk(ada="crew chiefs", bob="crew chemists", eve="guests crew")


@pytest.fixture
def lab(make_registry, desk):
    """A registry with the desk, opened as a plugin's login would be."""
    registry = make_registry()
    registry.parts.plugins.logins["desk"] = desk
    registry.parts.plugins.login_rules["desk"] = RULES
    registry.parts.jobs._prompt["logins.refresh"] = RULES.refresh
    registry.parts.require_current_schema()
    return registry


@pytest.fixture
def log_in(lab):
    def log_in(name, password=PASSWORD):
        with lab.parts.unit()() as services:
            return services.authentication.log_in(name, password)

    return log_in


def time_passes(lab):
    lab.parts.jobs.look_for_work()
    lab.clock.move(RULES.refresh + timedelta(seconds=1))
    lab.parts.jobs.look_for_work()
    lab.run_jobs()


def members(lab, team="lab"):
    with lab.parts.unit()() as services:
        return {one.user.name: one.through for one in services.teams.members(team)}


def test_groups_are_teams_and_say_through_which_login(lab, log_in):
    for name in ("ada", "bob", "eve"):
        log_in(name)

    assert members(lab) == {"ada": "desk", "bob": "desk", "eve": "desk"}
    assert members(lab, "chem") == {"bob": "desk"}


def test_of_two_groups_of_a_team_one_is_enough(lab, desk, log_in):
    log_in("eve")
    desk.people["eve"] = frozenset({"guests"})

    time_passes(lab)

    assert members(lab) == {"eve": "desk"}


def test_a_login_takes_over_at_once_what_has_changed(lab, desk, log_in):
    log_in("bob")
    desk.people["bob"] = frozenset({"chiefs"})

    assert log_in("bob").is_admin
    assert members(lab) == {}


def test_a_desk_that_is_closed_changes_nothing(lab, desk, log_in):
    log_in("ada")
    desk.is_closed, desk.people = True, {}

    time_passes(lab)

    assert members(lab) == {"ada": "desk"}
    with lab.parts.unit()() as services:
        assert not services.accounts.find("ada").is_shut_out


def test_one_strange_entry_keeps_nobody_else_from_being_asked_for(lab, desk, log_in, caplog):
    for name in ("ada", "bob"):
        log_in(name)
    desk.strange, desk.people = ("ada",), {}

    time_passes(lab)

    assert members(lab) == {"ada": "desk"}
    with lab.parts.unit()() as services:
        assert services.accounts.find("bob").is_shut_out
    assert "the login desk failed at the key ada" in caplog.text


def test_more_people_than_one_handful_are_asked_for(lab, desk, log_in, monkeypatch):
    monkeypatch.setattr("sregistry_core.jobs.refreshing._BATCH", 2)
    for name in ("ada", "bob", "eve"):
        log_in(name)
    desk.people = {}

    time_passes(lab)

    with lab.parts.unit()() as services:
        assert all(user.is_shut_out for user in services.accounts.all())


def test_who_has_left_is_told_so_with_the_right_password_of_another_way(lab, desk, log_in):
    log_in("ada")
    with lab.parts.unit()() as services:
        services.accounts.set_password("ada", "another way in")
    desk.people = {}
    time_passes(lab)

    with pytest.raises(LoginRequired, match="the account ada is let in no more"):
        log_in("ada", "another way in")


def test_a_role_given_by_hand_lasts_as_long_as_the_membership(lab, desk, log_in):
    log_in("bob")
    with lab.parts.unit()() as services:
        services.teams.add_member("lab", "bob", role="owner")

    time_passes(lab)
    with lab.parts.unit()() as services:
        assert [str(one.role) for one in services.teams.members("lab")] == ["owner"]
    desk.people["bob"] = frozenset()
    time_passes(lab)

    assert members(lab) == {}


def test_a_member_through_a_login_is_not_taken_out_here(lab, log_in):
    log_in("bob")

    with lab.parts.unit()() as services, pytest.raises(Conflict, match="through desk"):
        services.teams.remove_member("lab", "bob")


def test_a_mail_address_that_is_none_keeps_nobody_out(lab, desk, log_in, monkeypatch):
    strange = Subject("desk", "ada", "ada", "not an address")
    monkeypatch.setattr(desk, "check", lambda name, password: strange)

    assert log_in("ada").email is None


def test_a_login_that_calls_itself_otherwise_is_known_by_its_name_in_the_ini_file(
    lab, desk, log_in, monkeypatch
):
    """Else its rules would not be found, and everybody would come in."""
    masked = Subject("passwords", "mallory", "mallory")
    monkeypatch.setattr(desk, "check", lambda name, password: masked)
    lab.parts.plugins.login_rules["desk"] = LoginRules(allow=frozenset({"crew"}))

    with pytest.raises(LoginRequired, match="mallory is in no group that may log in here"):
        log_in("mallory")


def test_refreshing_does_not_wait_for_long_duties(lab, desk, log_in):
    """With every ordinary thread at a duty that takes hours, people are still asked for."""
    from sregistry_core.jobs.duties import LongDuty

    log_in("ada")
    released = threading.Event()
    lab.parts.jobs._table = {
        **lab.parts.jobs._table,
        "test.long": LongDuty(lambda unit, facilities: released.wait(30)),
    }
    with lab.parts.unit()() as services:
        for _ in range(4):
            services.outbox.write("test.long", queue=SLOW)
    desk.asked.clear()
    lab.parts.jobs.look_for_work()
    lab.clock.move(RULES.refresh + timedelta(seconds=1))
    try:
        lab.parts.jobs.start()

        assert desk.asked.wait(20)
    finally:
        released.set()
        lab.parts.jobs.stop()


def test_duties_that_have_waited_are_done_by_one(lab, desk, log_in):
    log_in("ada")
    with lab.parts.unit()() as services:
        for _ in range(5):
            services.outbox.write("logins.refresh")

    lab.run_jobs()

    with lab.parts.unit()() as services:
        assert services.outbox.counts() == {"waiting": 0, "failed": 0}


def test_a_shorter_pause_in_the_ini_file_counts_at_once(lab):
    with lab.parts.unit()() as services:
        services.outbox.come_round({"logins.refresh": timedelta(days=1)})
    lab.clock.move(timedelta(seconds=1))
    with lab.parts.unit()() as services:
        services.outbox.come_round({"logins.refresh": timedelta(minutes=5)})
    lab.clock.move(timedelta(minutes=5))

    with lab.parts.unit()() as services:
        services.outbox.come_round({"logins.refresh": timedelta(minutes=5)})
        assert services.outbox.counts()["waiting"] == 1
