"""Who of a machine comes in: nobody by a right password alone, and root never."""

import grp
import pwd
import re
import time
from pathlib import Path

import pytest

import sregistry_pam
from sregistry_core.contracts import (
    ConfigurationError,
    LoginUnavailable,
    PluginSettings,
    WrongPassword,
)
from sregistry_core.errors import LoginRequired

from .conftest import PASSWORD

pytest_plugins = ["sregistry_core.testing.fixtures"]


def test_a_user_of_the_machine_has_its_groups_and_a_key_of_number_and_name(pwdfile, open_login):
    subject = open_login(pwdfile("nobody")).check("nobody", PASSWORD)

    entry = pwd.getpwnam("nobody")
    assert subject.key == f"{entry.pw_uid}:nobody"
    assert grp.getgrgid(entry.pw_gid).gr_name in subject.groups
    assert subject.full_name == (entry.pw_gecos.partition(",")[0] or None)


@pytest.mark.parametrize("name", ["root", "daemon"])
def test_root_and_daemons_stay_out_even_with_the_right_password(pwdfile, open_login, name):
    service = pwdfile(name)

    assert open_login(service).check(name, PASSWORD) is None
    assert open_login(service, system_users="no").check(name, PASSWORD) is None


def test_whom_the_machine_does_not_know_stays_out_unless_the_ini_file_lets_them(
    pwdfile, open_login
):
    service = pwdfile("ada")

    assert open_login(service).check("ada", PASSWORD) is None
    subject = open_login(service, system_users="no").check("ada", PASSWORD)
    assert (subject.key, subject.groups) == ("name:ada", frozenset())


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ("account required pam_deny.so", "unknown name or wrong password"),
        ("account required pam_debug.so acct=acct_expired", "locked or expired"),
        ("account required pam_debug.so acct=perm_denied", "locked or expired"),
        ("account required pam_debug.so acct=new_authtok_reqd", "has expired: change it first"),
    ],
)
def test_a_right_password_of_a_locked_or_expired_account_lets_nobody_in(
    pwdfile, open_login, account, reason
):
    login = open_login(pwdfile("nobody", account=account))

    with pytest.raises(LoginRequired, match=reason):
        login.check("nobody", PASSWORD)
    with pytest.raises(WrongPassword):
        login.check("nobody", "wrong")


def test_a_service_that_asks_for_no_password_does_not_take_an_empty_one(service, open_login):
    login = open_login(service("auth required pam_permit.so", "account required pam_permit.so"))

    with pytest.raises(WrongPassword):
        login.check("nobody", "")


def test_a_module_that_hangs_is_left_and_its_thread_comes_back(service, open_login, caplog):
    name = service("auth required pam_exec.so quiet /bin/sleep 4", "account required pam_permit.so")
    login = open_login(name, timeout="1s", at_once="2")

    for reason in ("no answer in 1 s", "no answer in 1 s", "2 questions are not answered yet"):
        begun = time.monotonic()
        with pytest.raises(LoginUnavailable):
            login.check("nobody", PASSWORD)
        assert time.monotonic() - begun < 2
        assert caplog.messages[-1].endswith(reason)
    time.sleep(3)
    with pytest.raises(LoginUnavailable):
        login.check("nobody", PASSWORD)
    assert caplog.messages[-1].endswith("no answer in 1 s")


def test_it_is_explained_step_by_step(pwdfile, open_login):
    login = open_login(pwdfile("nobody"))

    known, stranger = list(login.explain("nobody")), list(login.explain("daemon"))

    assert known[-1] == login.check("nobody", PASSWORD)
    assert [step.works for step in stranger] == [False]


@pytest.mark.parametrize(
    ("service", "complaint"),
    [
        ("absent-service", "pam.service: there is no /etc/pam.d/absent-service"),
        ("../passwd", "pam.service = ../passwd is no name of a service"),
    ],
)
def test_a_service_that_is_not_there_stops_the_start(open_login, service, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        open_login(service)


def test_the_readme_tells_every_key(pwdfile, tmp_path):
    settings = PluginSettings("pam", {"service": pwdfile("ada")}, tmp_path, {})
    sregistry_pam.sregistry_login("pam", settings)
    readme = (Path(__file__).parents[1] / "README.md").read_text()

    assert set(re.findall(r"^\| `(\w+)`", readme, re.MULTILINE)) == settings.known()


def test_other_kinds_are_not_ours(tmp_path):
    assert sregistry_pam.sregistry_login("ldap", None) is None


def test_a_user_of_the_machine_logs_in_to_a_whole_registry(pwdfile, make_registry):
    group = grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
    registry = make_registry(
        plugins="filesystem pam",
        login="passwords pam",
        pam__service=pwdfile("nobody"),
        pam__teams=f"lab: {group}",
    )

    me = registry.with_password("nobody", PASSWORD).get("/v1/rbac/users/current").json
    registry.with_password("nobody", "wrong").get("/v1/rbac/users/current", status=401)

    assert me["username"] == "nobody"
    with registry.parts.unit()() as services:
        assert [one.user.name for one in services.teams.members("lab")] == ["nobody"]
