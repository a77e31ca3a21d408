"""The `remote` commands: adding the registry, logging in and out, and what they show."""

import re

import pytest

from sregistry_core import __version__

pytestmark = pytest.mark.real

SERVICES = ("Consent", "Keyserver", "Library", "Token")
WRONG_TOKEN = "sregistry_" + "wrong" * 40


def test_the_registry_is_added_without_a_login(stranger, server, host):
    screen = stranger.must("remote", "add", "--insecure", "--no-login", "r", server.url)

    assert screen == 'INFO:    Remote "r" added.\n'
    # The tick is in the column DEFAULT?: a remote that was just added is the one in use.
    assert re.search(rf"^r +{re.escape(host)} +✓ +✗!$", stranger.must("remote", "list"), re.M)


def test_http_must_be_asked_for(stranger, server):
    screen = stranger.must_fail("remote", "add", "--no-login", "r", server.url)

    assert "FATAL:   http URI requires --insecure" in screen


def test_status_shows_every_service_with_our_version(stranger, server):
    stranger.add_remote("r", server.url)

    screen = stranger.must("remote", "status")

    rows = [line.split() for line in screen.splitlines() if server.url in line]
    assert rows == [[service, "OK", __version__, server.url] for service in SERVICES]
    assert "No authentication token set (logged out)." in screen
    assert "Logged in as" not in screen


def test_a_login_with_a_good_token_is_verified(stranger, server, ada):
    stranger.add_remote("r", server.url)
    stranger.write("token", f"{ada.token}\n")

    screen = stranger.must("remote", "login", "--tokenfile", "token", "r")

    assert "INFO:    Access Token Verified!" in screen
    assert "INFO:    Token stored in /home/tester/.apptainer/remote.yaml" in screen


def test_a_login_with_a_wrong_token_is_refused(stranger, server):
    stranger.add_remote("r", server.url)
    stranger.write("token", f"{WRONG_TOKEN}\n")

    screen = stranger.must_fail("remote", "login", "--tokenfile", "token", "r")

    assert "while verifying token: error response from server: Invalid Credentials" in screen
    assert "(logged out)" in stranger.must("remote", "status")


def test_the_token_can_be_given_when_the_registry_is_added(stranger, server, ada):
    assert stranger.add_remote("good", server.url, token=ada.token).screen.splitlines() == [
        'INFO:    Remote "good" added.',
        "INFO:    Access Token Verified!",
        "INFO:    Token stored in /home/tester/.apptainer/remote.yaml",
    ]

    wrong = stranger.add_remote("wrong", server.url, token=WRONG_TOKEN)

    assert wrong.code == 255
    assert "Invalid Credentials" in wrong.screen


def test_a_token_can_be_typed(stranger, server, ada):
    stranger.add_remote("r", server.url)

    screen = stranger.must("remote", "login", "r", stdin=f"{ada.token}\n")

    assert f"Generate an access token at {server.url}/auth/tokens, and paste it here" in screen
    assert "INFO:    Access Token Verified!" in screen


def test_status_shows_who_is_logged_in(ada):
    screen = ada.must("remote", "status")

    assert f"Logged in as: {ada.name} <{ada.name}@example.org>" in screen
    assert "Valid authentication token set (logged in)." in screen


def test_the_login_password_is_the_token(stranger, server, ada):
    stranger.add_remote("r", server.url, token=ada.token)

    assert stranger.must("remote", "get-login-password").strip() == ada.token


def test_without_a_login_there_is_no_login_password(stranger, server):
    stranger.add_remote("r", server.url)

    # The client ends with 0 all the same.
    screen = stranger.must("remote", "get-login-password")

    assert screen == "ERROR:   error: must be logged in to retrieve user data\n"


def test_after_a_logout_status_shows_nobody(ada):
    assert ada.must("remote", "logout", "r") == "INFO:    Logout succeeded\n"

    screen = ada.must("remote", "status")

    assert "No authentication token set (logged out)." in screen
    assert "Logged in as" not in screen
    assert screen.count(" OK ") == len(SERVICES)


def test_a_token_that_was_revoked_is_told_by_status(ada, server):
    (identifier,) = re.findall(r"[0-9a-f]{32}", server.admin("token", "list", ada.name))
    server.admin("token", "revoke", identifier)

    screen = ada.must_fail("remote", "status")

    assert "Authentication token is invalid (please login again)." in screen
    assert "FATAL:   error response from server: Invalid Credentials" in screen


def test_two_logins_are_kept_apart(ada, bob, server):
    bob.add_remote("other", server.url, token=ada.token)

    assert bob.must("remote", "use", "r") == 'INFO:    Remote "r" now in use.\n'
    assert f"Logged in as: {bob.name} " in bob.must("remote", "status")

    bob.must("remote", "use", "other")
    assert f"Logged in as: {ada.name} " in bob.must("remote", "status")

    assert bob.must("remote", "remove", "other") == 'INFO:    Remote "other" removed.\n'
    assert "other" not in bob.must("remote", "list")
