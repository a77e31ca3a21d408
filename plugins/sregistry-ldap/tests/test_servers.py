"""TLS that cannot be talked out of, servers that are gone or silent, and the time that it takes."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from sregistry_core.contracts import LoginUnavailable, Secret, Step, WrongPassword
from sregistry_core.testing.certificates import make_certificate
from sregistry_core.testing.slapd import PASSWORD, SERVICE_PASSWORD, Slapd

NOBODY_LISTENS = "ldaps://127.0.0.1:1"


def steps(login, name="ada", password=PASSWORD):
    told = login.explain(name, Secret(password))
    return [(one.text, one.works) for one in told if isinstance(one, Step)]


def failing(login, **asked):
    [(text, works)] = steps(login, **asked)[-1:]
    assert not works
    return text


@contextmanager
def silent_server():
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def listen():
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in kept:
            one.close()


@pytest.mark.parametrize("scheme", ["tls_url", "url"])
def test_a_certificate_of_somebody_else_is_not_trusted(open_login, slapd, tmp_path, scheme):
    other = tmp_path / "other.crt"
    make_certificate(other, tmp_path / "other.key", names=["127.0.0.1"])
    login = open_login(slapd, url=getattr(slapd, scheme), ca_file=str(other))

    with pytest.raises(LoginUnavailable):
        login.check("ada", PASSWORD)
    assert failing(login).startswith("TLS fails")


def test_a_certificate_for_another_name_is_not_trusted(open_login, slapd):
    another_name = slapd.tls_url.replace("127.0.0.1", "127.0.0.2")

    with pytest.raises(LoginUnavailable):
        open_login(slapd, url=another_name.replace("127.0.0.2", "localhost")).check("ada", PASSWORD)


@pytest.mark.parametrize("scheme", ["tls_url", "url"])
def test_an_older_tls_than_the_least_is_refused(open_login, slapd, scheme):
    """Our slapd speaks TLS 1.2 only."""
    url = getattr(slapd, scheme)

    assert open_login(slapd, url=url, tls_minimum="1.2").check("ada", PASSWORD)
    with pytest.raises(LoginUnavailable):
        open_login(slapd, url=url, tls_minimum="1.3").check("ada", PASSWORD)


def test_the_newest_tls_is_spoken(open_login, tmp_path):
    with Slapd(tmp_path / "modern", tls_13_only=True) as modern:
        login = open_login(modern, tls_minimum="1.3")

        assert login.check("ada", PASSWORD)
        assert any("TLS1.3" in text or "TLSv1.3" in text for text, _ in steps(login))


def test_without_encryption_only_on_demand_and_the_doctor_says_so(open_login, slapd):
    login = open_login(slapd, url=slapd.url, start_tls="false", ca_file="")

    assert login.check("ada", PASSWORD)
    assert ("nothing is encrypted", False) in steps(login)


def test_the_next_server_is_asked_when_one_is_gone(open_login, slapd):
    login = open_login(slapd, url=f"{NOBODY_LISTENS} {slapd.tls_url}")

    assert login.check("ada", PASSWORD)
    assert steps(login)[0] == (f"{NOBODY_LISTENS} cannot be reached: Connection refused", False)
    assert ("the password is theirs", True) in steps(login)


def test_a_server_that_has_failed_is_not_waited_for_each_time(open_login, slapd):
    with silent_server() as silent:
        login = open_login(
            slapd, url=f"ldaps://{silent} {slapd.tls_url}", timeout="1s", connections="0"
        )
        login.check("ada", PASSWORD)

        began = time.monotonic()
        login.check("ada", PASSWORD)

    assert time.monotonic() - began < 0.9


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_a_silent_server_is_given_up_in_time(open_login, slapd, scheme):
    with silent_server() as silent:
        login = open_login(slapd, url=f"{scheme}://{silent}", timeout="1s")
        began = time.monotonic()

        with pytest.raises(LoginUnavailable, match=r"^the directory ldap does not answer$"):
            login.check("ada", PASSWORD)

    assert time.monotonic() - began < 5


def test_a_server_that_was_started_anew_is_asked_over_new_connections(open_login, own_slapd):
    login = open_login(own_slapd)
    ada = login.check("ada", PASSWORD)

    own_slapd.stop()
    with pytest.raises(LoginUnavailable):
        login.check("ada", PASSWORD)
    with pytest.raises(LoginUnavailable):
        login.refresh(ada.key)
    own_slapd.start()

    assert login.check("ada", PASSWORD) == ada
    assert login.refresh(ada.key) == ada


def test_a_wrong_password_is_not_shown_to_the_next_server(open_login, slapd):
    """One no is enough: servers that count failures would count each."""
    login = open_login(slapd, url=f"{slapd.tls_url} {NOBODY_LISTENS}")

    with pytest.raises(WrongPassword):
        login.check("ada", "wrong")


def test_a_service_account_with_a_wrong_password_is_our_trouble_alone(open_login, slapd, caplog):
    login = open_login(slapd, bind_password="wrong")

    with pytest.raises(LoginUnavailable, match=r"^the directory ldap does not answer$"):
        login.check("ada", PASSWORD)

    assert "cn=registry,dc=example,dc=org may not ask: Invalid credentials" in caplog.text
    assert failing(login) == (
        "the directory does not let cn=registry,dc=example,dc=org in: Invalid credentials"
    )


def test_each_step_is_told_and_no_password(open_login, slapd):
    told = steps(open_login(slapd))

    assert [text for text, works in told if works] == [
        f"{slapd.tls_url} is reached",
        "TLS holds, TLS1.2, the certificate is trusted",
        "the directory is asked as cn=registry,dc=example,dc=org",
        "found uid=ada,ou=people,dc=example,dc=org",
        "the password is theirs",
    ]
    assert PASSWORD not in str(told)
    assert SERVICE_PASSWORD not in str(told)


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        ({"name": "nobody"}, "nobody is found for (uid=nobody)"),
        ({"name": "a*"}, "nobody is found for (uid=a\\2a)"),
        ({"name": "\0"}, "nobody can be called '\\x00'"),
        ({"password": "wrong"}, "the password is not theirs: INVALID_CREDENTIALS"),
        ({"password": ""}, "the password is not theirs: it is none"),
    ],
)
def test_the_step_that_fails_is_the_last(open_login, slapd, asked, failure):
    assert failing(open_login(slapd), **asked) == failure
