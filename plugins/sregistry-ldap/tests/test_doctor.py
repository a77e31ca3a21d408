"""The doctor tells an administrator each step to somebody, with the command and the real server."""

import pytest

from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.slapd import GROUPS, PASSWORD, SERVICE_PASSWORD


@pytest.fixture
def doctor(tmp_path, keys_of, open_login, slapd):
    """Runs the doctor; keywords are ini keys of the login that differ. Its lines and its code."""

    def doctor(*words, stdin="", **differing):
        keys = {
            **keys_of(slapd, **differing),
            "teams": f"lab: cn=lab,{GROUPS}",
            "administrators": f"cn=chiefs,{GROUPS}",
            "allow": f"cn=lab,{GROUPS}",
        }
        registry = LiveRegistry(
            tmp_path / "registry",
            settings={
                "sregistry.plugins": "filesystem ldap",
                "sregistry.login": "passwords ldap",
                **{f"ldap.{key}": text for key, text in keys.items()},
            },
        )
        ran = registry.try_admin("doctor", *words, stdin=stdin)
        assert PASSWORD not in ran.stdout + ran.stderr
        assert SERVICE_PASSWORD not in ran.stdout + ran.stderr
        return ran.stdout.splitlines(), ran.returncode

    return doctor


def test_every_step_and_what_somebody_would_be_here(doctor, slapd):
    lines, code = doctor("--login", "ldap", "--user", "ada", "--password-stdin", stdin=PASSWORD)

    key = lines[5].partition("; key ")[2]
    assert lines == [
        f"ok    {slapd.tls_url} is reached",
        "ok    TLS holds, TLS1.2, the certificate is trusted",
        "ok    the directory is asked as cn=registry,dc=example,dc=org",
        "ok    found uid=ada,ou=people,dc=example,dc=org",
        "ok    the password is theirs",
        f"ok    is ada here, Ada, ada@example.org; key {key}",
        "ok    group cn=lab,ou=groups,dc=example,dc=org",
        "ok    teams: lab",
        "ok    administrator: no",
        "ok    may log in",
    ]
    assert code == 0


@pytest.mark.parametrize(
    ("words", "stdin", "last"),
    [
        (["--user", "nobody"], "", "FAIL  nobody is found for (uid=nobody)"),
        (
            ["--user", "ada", "--password-stdin"],
            "wrong\n",
            "FAIL  the password is not theirs: INVALID_CREDENTIALS",
        ),
        (["--user", "eve"], "", "FAIL  may not log in: is in no group of the setting allow"),
    ],
)
def test_what_fails_is_the_last_line(doctor, words, stdin, last):
    lines, code = doctor("--login", "ldap", *words, stdin=stdin)

    assert (lines[-1], code) == (last, 1)


def test_a_directory_that_is_gone(doctor):
    lines, code = doctor("--login", "ldap", "--user", "ada", url="ldaps://127.0.0.1:1")

    assert lines == ["FAIL  ldaps://127.0.0.1:1 cannot be reached: Connection refused"]
    assert code == 1


def test_a_login_that_explains_nothing_and_one_that_is_not_there(doctor):
    assert doctor("--login", "passwords", "--user", "ada") == (
        ["warn  this login tells nothing of how it finds people"],
        0,
    )
    assert doctor("--login", "ldpa", "--user", "ada") == (
        ["FAIL  sregistry.login names no ldpa, but passwords, ldap"],
        1,
    )
    assert doctor("--login", "ldap") == ([], 2)


def test_the_whole_examination_asks_the_directory_for_a_stranger(doctor):
    lines, _ = doctor()

    assert "ok    login ldap: answers, and does not know a stranger" in lines
