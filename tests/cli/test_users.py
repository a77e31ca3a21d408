"""Users, from the command line."""

import os
import pty
import sys

import pytest

from sregistry_core.app import Parts
from sregistry_core.errors import LoginRequired
from sregistry_core.ini import read_ini

PASSWORD = "correct horse battery"


@pytest.fixture
def with_ada(site):
    site.must(
        "user", "add", "ada", "--email", "ada@example.org", "--password-stdin", stdin=PASSWORD
    )
    return site


@pytest.fixture
def log_in(site):
    """Logs in as a client does; the name of who that is."""
    ini = read_ini(site.ini)
    parts = Parts.open(ini.app, here=ini.here, environ={})

    def log_in(name, password):
        with parts.unit()() as services:
            return services.authentication.log_in(name, password).name

    yield log_in
    parts.close()


def test_a_user_is_added_with_the_first_line_of_the_input_as_password(site, log_in):
    lines = site.must("user", "add", "Ada", "--password-stdin", stdin=f"{PASSWORD}\nmore\n")

    assert lines == ["added the user ada"]
    assert site.must("user", "list") == ["ada  no  -  enabled"]
    assert log_in("ada", PASSWORD) == "ada"


def test_without_a_terminal_a_password_is_made_and_printed(site, log_in):
    added, shown = site.must("user", "add", "ada", "--admin", "--email", "ada@example.org")

    assert added == "added the administrator ada"
    assert log_in("ada", shown.removeprefix("password: ")) == "ada"
    assert site.must("user", "list") == ["ada  yes  ada@example.org  enabled"]


def test_on_a_terminal_the_password_is_asked_for_twice(site, log_in):
    words = [sys.executable, "-m", "sregistry_core.cli", "-c", str(site.ini), "user", "add", "ada"]

    said, code = typed(words, [b"Password: ", b"Again: "], f"{PASSWORD}\n".encode())

    assert (said.endswith(b"added the user ada\r\n"), code) == (True, 0)
    assert PASSWORD.encode() not in said
    assert log_in("ada", PASSWORD) == "ada"


def test_a_disabled_user_is_shut_out_until_enabled(with_ada, log_in):
    assert with_ada.must("user", "disable", "ada") == ["disabled ada"]
    assert with_ada.must("user", "list") == ["ada  no  ada@example.org  disabled"]
    with pytest.raises(LoginRequired):
        log_in("ada", PASSWORD)

    assert with_ada.must("user", "enable", "ada") == ["enabled ada"]
    assert log_in("ada", PASSWORD) == "ada"


def test_a_new_password_replaces_the_old_one(with_ada, log_in):
    lines = with_ada.must("user", "passwd", "ada", "--password-stdin", stdin="another password\n")

    assert lines == ["changed the password of ada"]
    assert log_in("ada", "another password") == "ada"
    with pytest.raises(LoginRequired):
        log_in("ada", PASSWORD)


def test_a_new_password_is_made_as_well(with_ada, log_in):
    _, shown = with_ada.must("user", "passwd", "ada")

    assert log_in("ada", shown.removeprefix("password: ")) == "ada"


def test_a_user_becomes_an_administrator_and_an_ordinary_user_again(with_ada):
    assert with_ada.must("user", "admin", "ada") == ["ada is an administrator"]
    assert with_ada.must("user", "list") == ["ada  yes  ada@example.org  enabled"]
    assert with_ada.must("user", "admin", "ada", "--remove") == ["ada is an ordinary user"]


def test_more_users_than_one_page_are_listed(site, monkeypatch):
    monkeypatch.setattr("sregistry_core.cli.users._PAGE", 2)
    for name in ("eve", "bob", "ada", "dan", "cleo"):
        site.must("user", "add", name)

    assert [line.split()[0] for line in site.must("user", "list")] == [
        "ada", "bob", "cleo", "dan", "eve",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "ada"], "the name ada is taken"),
        (["add", "tacc"], "the name tacc is taken"),
        (["add", "static"], "the name static is reserved by the registry"),
        (["add", "bob", "--email", "bob"], "'bob' is no mail address"),
        (
            ["add", "a_b"],
            "'a_b' is no name for an entity: 1 to 39 letters and digits, with '-' only inside",
        ),
        (["disable", "bob"], "the user bob does not exist"),
        (["enable", "bob"], "the user bob does not exist"),
        (["passwd", "bob"], "the user bob does not exist"),
        (["admin", "bob"], "the user bob does not exist"),
    ],
)
def test_a_refusal_is_one_line(with_ada, words, line):
    assert with_ada.refusal("user", *words) == line


@pytest.mark.parametrize("typed", ["", "\n", "short\n"])
def test_a_password_that_is_too_short_is_refused(site, typed):
    line = site.refusal("user", "add", "ada", "--password-stdin", stdin=typed)

    assert line == "a password has at least 8 characters"
    assert site.must("user", "list") == []


def typed(words, prompts, answer):
    """Run a command on a terminal and type an answer to each prompt: what it said, its code."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(words[0], words)
    said = b""
    for prompt in prompts:
        while not said.endswith(prompt):
            said += os.read(terminal, 1024)
        os.write(terminal, answer)
    while True:
        try:
            more = os.read(terminal, 1024)
        except OSError:
            break
        said += more
    os.close(terminal)
    return said, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
