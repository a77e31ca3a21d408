"""Keys that the real client sends to the registry, finds there and verifies images with."""

import shutil

import pytest

pytestmark = pytest.mark.real

SETTINGS = {"sregistry.protocols": "discovery transfer library shub hkp"}


@pytest.fixture
def key(ada):
    """A key of Ada's, in her keyring only."""
    return ada.new_key(f"{ada.name} Lovelace", f"{ada.name}@example.org")


@pytest.fixture
def sent(ada, key, server):
    """The key, sent to the registry."""
    assert "Key server response: key" in ada.must("key", "push", key)
    return key


def signed_image(ada, name="signed.sif"):
    image = ada.build_image(name)
    ada.sign(image)
    return image


def test_a_key_is_pushed_and_the_client_prints_our_answer(ada, key):
    screen = ada.must("key", "push", key)

    assert f"key {key} was added" in screen
    assert "public key `" in screen


def test_a_new_key_is_pushed_at_once(ada, bob):
    screen = ada.must(
        *("key", "newpair", "--push=true", "--name", "New", "--email", f"{ada.name}@new.test"),
        *("--comment", "", "--password", ""),
    )

    assert "was added" in screen
    assert "New" in bob.must("key", "search", f"{ada.name}@new.test")


def test_a_stranger_pushes_no_key(stranger, ada, key, server):
    stranger.adopt_keys(ada.keyring)

    ran = stranger.run("key", "push", "--url", server.url, key)

    assert ran.code == 2
    assert "unauthorized or missing token" in ran.screen


def test_a_key_is_pulled_by_its_fingerprint_and_by_its_short_id(bob, sent):
    for search in (sent, sent[-8:]):
        bob.must("key", "pull", search)
        assert sent in bob.must("key", "list")
        shutil.rmtree(bob.keyring)


def test_a_key_that_is_not_there_is_told(bob):
    ran = bob.run("key", "pull", "0" * 40)

    assert ran.code == 2
    assert "no matching keys found" in ran.screen


@pytest.mark.parametrize("long", [[], ["--long-list"]])
def test_a_key_is_searched_by_name_mail_and_id(ada, bob, sent, long):
    shown = sent if long else sent[-8:]
    for text in (ada.name, f"{ada.name}@example.org", sent, sent.lower(), sent[-16:], sent[-8:]):
        screen = bob.must("key", "search", *long, text)
        assert "Showing 1 results" in screen
        assert shown in screen.upper()
        assert f"{ada.name} Lovelace (for tests) <{ada.name}@example.org>" in screen
    if long:
        assert "RSA" in screen
        assert "[enabled]" in screen


def test_an_image_is_verified_by_who_has_no_key(ada, bob, sent):
    image = bob.put(signed_image(ada))

    screen = bob.must("verify", "--all", image)

    assert "[REMOTE]" in screen
    assert sent in screen


def test_a_pull_verifies_with_the_key_server(ada, bob, sent):
    ada.must("push", signed_image(ada), ada.library("lab/signed:v1"))

    screen = bob.must("pull", "got.sif", ada.library("lab/signed:v1"))

    assert "WARNING" not in screen


def test_an_image_whose_key_nobody_has_is_not_verified(ada, bob, key):
    image = bob.put(signed_image(ada))

    screen = bob.must_fail("verify", "--all", image)

    assert "signature made by unknown entity" in screen


def test_a_signed_image_is_found_by_who_looks_for_signed_ones(ada, bob, sent):
    ada.must("push", signed_image(ada), ada.library("lab/signed:v1"))

    screen = bob.must("search", "--signed", ada.name)

    assert f"Signed by: {sent}" in screen
