"""Logging in: every client finds out by our challenge where, and does what its login is for."""

import time
from datetime import timedelta

import pytest

from sregistry_core.contracts import Scope

pytestmark = pytest.mark.real

READS = {
    "oras": ("manifest", "fetch"),
    "crane": ("manifest",),
    "skopeo": ("inspect", "--raw"),
    "buildah": ("pull", "--policy", "always"),
}
COPIES = {
    "oras": ("cp",),
    "crane": ("copy",),
    "skopeo": ("copy",),
}
WRONG = "unknown name or wrong password"
EXPIRED = "this token expired on"
REFUSALS = [
    ("oras", WRONG, EXPIRED),
    # These two have words of their own for both.
    ("skopeo", "invalid username/password", "invalid username/password"),
    ("buildah", "invalid username/password", "invalid username/password"),
]
every_client = pytest.mark.parametrize("client", READS)
every_copying_client = pytest.mark.parametrize("client", COPIES)


def spelled(client, address):
    return f"docker://{address}" if client == "skopeo" else address


def read(person, client, address):
    return person.must(client, *READS[client], spelled(client, address))


def read_in_vain(person, client, address):
    """Read what is not there for this person; the screen, without the name."""
    screen = person.refused(client, *READS[client], spelled(client, address))
    return without_names(screen, address)


def copy_words(client, source, target):
    return [*COPIES[client], spelled(client, source), spelled(client, target)]


def without_names(screen, address):
    repository, _, tag = address.partition("/")[2].rpartition(":")
    lines = screen.replace(repository, "REPOSITORY").replace(f"/{tag}", "/TAG").splitlines()
    # Skopeo and buildah tell the time, and buildah at times what it thinks of our networks.
    said = [line.partition("level=")[2] or line for line in lines]
    return [line for line in said if "CNI config" not in line]


@every_client
def test_a_password_opens_what_is_private(ada, secret, answered, client):
    before = answered()

    ada.log_in(client)
    read(ada, client, secret)

    assert (answered() - before)["oci GET 401"] >= 1, "it was told where to log in"


@every_client
def test_a_token_does_in_place_of_the_password(ada, secret, with_token, client):
    at_work = with_token(ada, Scope.PULL)

    at_work.log_in(client)

    read(at_work, client, secret)


@every_client
def test_after_logging_out_it_is_closed_again(ada, secret, client):
    ada.log_in(client)
    read(ada, client, secret)

    ada.must(client, *(["auth"] if client == "crane" else []), "logout", ada.host)

    read_in_vain(ada, client, secret)


@every_client
def test_to_others_what_is_private_is_like_what_is_not_there(
    ada, bob, nobody, secret, server, client
):
    bob.log_in(client)

    for person in (bob, nobody):
        hidden = read_in_vain(person, client, secret)
        assert hidden == read_in_vain(person, client, ada.at("secret/other:1"))
        assert hidden == read_in_vain(person, client, ada.at("absent/tool:1"))


@pytest.mark.parametrize(("client", "wrong", "expired"), REFUSALS)
def test_a_wrong_login_is_refused(ada, with_token, client, wrong, expired):
    too_late = with_token(ada, Scope.PULL, timedelta(seconds=1))
    words = ["login", "-u", ada.name, "--password-stdin", ada.host]

    assert wrong in ada.refused(client, *words, stdin="wrong password")
    time.sleep(1)
    assert expired in too_late.refused(client, *words, stdin=too_late.password)

    assert ada.auth_file().get("auths", {}) == too_late.auth_file().get("auths", {}) == {}


def test_a_wrong_login_is_noticed_by_crane_when_it_is_used(ada, make_terminal, with_token, secret):
    mistaken = make_terminal("with", name=ada.name, password="wrong password")
    too_late = with_token(ada, Scope.PULL, timedelta(seconds=1))

    # It only writes down what it is told.
    assert "logged in via" in mistaken.log_in("crane")
    assert "logged in via" in too_late.log_in("crane")

    assert WRONG in mistaken.refused("crane", "manifest", secret)
    time.sleep(1)
    assert EXPIRED in too_late.refused("crane", "manifest", secret)


@every_copying_client
def test_a_token_for_pulling_pulls_and_does_not_push(ada, secret, with_token, client):
    reader = with_token(ada, Scope.PULL)
    reader.log_in(client)

    screen = reader.refused(client, *copy_words(client, secret, ada.at("lab/copy:1")))

    assert "this token is for pull only" in screen
    read(reader, client, secret)
    writer = with_token(ada, Scope.PUSH)
    writer.log_in(client)
    writer.must(client, *copy_words(client, secret, ada.at("lab/copy:1")))


@every_copying_client
def test_nobody_pushes_to_the_name_of_another_user(ada, bob, nobody, push_container, client):
    push_container(ada, "lab/tool:1")
    bob.log_in(client)

    screen = bob.refused(client, *copy_words(client, ada.at("lab/tool:1"), ada.at("lab/copy:1")))
    assert f"{bob.name} may not" in screen
    screen = nobody.refused(client, *copy_words(client, ada.at("lab/tool:1"), ada.at("lab/copy:1")))
    assert "unauthorized" in screen.lower()
