"""What is not allowed, and whether the user is told why in words of ours."""

import re

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real

PUSH = "FATAL:   Unable to push image to library: request did not succeed: "
TAG = "FATAL:   Unable to push image to library: creation did not succeed: "
PULL = "FATAL:   While pulling library image: error fetching image: "
DELETE = "FATAL:   Unable to delete image from library: couldn't delete requested image: "


@pytest.fixture
def secret(ada, server, samples):
    """A private image of ada's; gives its address."""
    server.admin("collection", "add", f"{ada.name}/secret", "--private")
    ada.push(samples.small, "secret/blast:v1")
    return ada.library("secret/blast:v1")


@pytest.fixture
def reader(ada, server, make_person):
    """Ada at another machine, with a token that is for pulls only."""
    token = server.admin("token", "add", ada.name, "--scope", "pull").strip()
    return make_person("reader", name=ada.name, token=token)


def push_in_vain(person, image, uri):
    """Push what is refused; give the last line of the screen."""
    return person.must_fail("push", "-U", person.put(image), uri).splitlines()[-1]


def test_nobody_pushes_to_the_name_of_another_user(ada, bob, samples):
    uri = ada.library("lab/blast:v1")
    refused = push_in_vain(bob, samples.small, uri)
    ada.push(samples.small, "lab/blast:v1")

    assert refused == (
        f"{PUSH}{bob.name} may not push to {ada.name}: "
        "it is neither your name nor that of a team of yours (403 Forbidden)"
    )
    assert push_in_vain(bob, samples.signed, uri) == (
        f"{PUSH}{bob.name} may not push {ada.name}/lab/blast (403 Forbidden)"
    )
    assert push_in_vain(bob, samples.signed, ada.library("other/blast:v1")) == (
        f"{PUSH}{bob.name} may not create {ada.name}/other (403 Forbidden)"
    )
    assert bob.pull(uri).sha256 == sha256_of(samples.small)


def test_nobody_learns_of_a_private_collection_by_pushing(ada, bob, samples, secret):
    ada.push(samples.small, "lab/blast:v1")

    private = push_in_vain(bob, samples.small, secret)
    missing = push_in_vain(bob, samples.small, ada.library("missing/blast:v1"))

    assert private == f"{PUSH}{bob.name} may not create {ada.name}/secret (403 Forbidden)"
    assert private.replace("secret", "missing") == missing


def test_a_frozen_tag_does_not_move(ada, bob, server, samples):
    ada.push(samples.small, "lab/blast:v1")
    uri = ada.library("lab/blast:v1")
    server.admin("tag", "freeze", f"{ada.name}/lab/blast:v1")

    frozen = f"the tag v1 of {ada.name}/lab/blast is frozen (409 Conflict)"

    assert push_in_vain(ada, samples.signed, uri) == f"{TAG}{frozen}"
    told = ada.must_fail("delete", "-F", uri)
    assert told == f"{DELETE}request did not succeed: {frozen}\n"
    assert bob.pull(uri).sha256 == sha256_of(samples.small)


def test_a_token_for_pulls_does_not_push(ada, reader, samples, secret):
    ada.push(samples.small, "lab/blast:v1")
    told = "this token is for pull only, not to"

    assert reader.pull(secret).sha256 == sha256_of(samples.small)
    assert push_in_vain(reader, samples.signed, ada.library("lab/blast:v2")) == (
        f"{PUSH}{told} push {ada.name}/lab/blast (403 Forbidden)"
    )
    assert push_in_vain(reader, samples.signed, ada.library("new/blast:v2")) == (
        f"{PUSH}{told} create {ada.name}/new (403 Forbidden)"
    )
    assert reader.must_fail("delete", "-F", secret) == (
        f"{DELETE}request did not succeed: {told} delete {ada.name}/secret/blast (403 Forbidden)\n"
    )


def test_a_revoked_token_is_told_by_every_command(ada, server, samples):
    image = ada.put(samples.small)
    ada.push(image, "lab/blast:v1")
    uri = ada.library("lab/blast:v1")
    (identifier,) = re.findall(r"[0-9a-f]{32}", server.admin("token", "list", ada.name))
    server.admin("token", "revoke", identifier)

    told = "request did not succeed: this token is unknown or was revoked (401 Unauthorized)"

    assert ada.pull_in_vain(uri) == f"{PULL}{told}\n"
    assert push_in_vain(ada, samples.small, uri).endswith(told)
    assert ada.must_fail("search", "blast") == f"FATAL:   Couldn't search library: {told}\n"
    assert ada.must_fail("delete", "-F", uri) == f"{DELETE}{told}\n"


def test_a_missing_image_does_not_exist(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")

    for path in ("lab/blast:v2", "lab/clustal:v1", "other/blast:v1"):
        name = f"{ada.name}/{path}"
        told = f"{PULL}image does not exist in the library: {name} (amd64)\n"
        assert bob.pull_in_vain(f"library://{name}") == told


def test_a_private_image_does_not_exist_for_others(ada, bob, stranger, server, samples, secret):
    told = f"{PULL}image does not exist in the library: {ada.name}/secret/blast:v1 (amd64)\n"

    assert bob.pull_in_vain(secret) == told
    assert stranger.pull_in_vain(secret, "--library", server.url) == told
    assert bob.must_fail("delete", "-F", secret) == f"{DELETE}not found\n"
    assert ada.pull(secret).sha256 == sha256_of(samples.small)


def test_nobody_deletes_what_is_not_theirs(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")

    assert bob.must_fail("delete", "-F", ada.library("lab/blast:v1")) == (
        f"{DELETE}request did not succeed: "
        f"{bob.name} may not delete {ada.name}/lab/blast (403 Forbidden)\n"
    )


def test_a_delete_with_the_host_in_its_address_is_anonymous_and_refused(ada, samples, host):
    ada.push(samples.small, "lab/blast:v1")
    uri = f"library://{host}/{ada.name}/lab/blast:v1"

    # Ada owns it, but the client sends no token when a host is named.
    assert ada.must_fail("delete", "-F", "--no-https", uri) == (
        f"{DELETE}request did not succeed: "
        f"log in to delete {ada.name}/lab/blast (401 Unauthorized)\n"
    )


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (
            "my_lab/blast:v1",
            "'my_lab' is no name for a collection: 1 to 39 letters and digits, "
            "with '-' only inside (400 Bad Request)",
        ),
        (
            "lab/blast:a+b",
            "'a+b' is no tag: 1 to 128 letters, digits and '_', "
            "and after the first also '.' and '-' (400 Bad Request)",
        ),
    ],
)
def test_a_name_outside_the_rule_is_refused_with_the_rule(ada, samples, path, told):
    assert push_in_vain(ada, samples.small, ada.library(path)).endswith(told)


def test_without_a_login_nothing_is_pushed(ada, stranger, samples, server):
    stranger.add_remote("r", server.url)

    # The client does not even ask the server.
    screen = stranger.must_fail("push", "-U", stranger.put(samples.small), ada.library("lab/a:v1"))

    assert screen == (
        "FATAL:   Cannot push image to library: "
        "no authentication token, log in with `apptainer remote login`\n"
    )
