"""Pushing to `library://`: what the user reads, and what becomes of the image."""

import re

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real


@pytest.fixture
def own(ada):
    """An image that nobody has pushed before."""
    return ada.build_image("own.sif", labels={"maintainer": "ada"})


@pytest.fixture
def signed(ada, samples):
    """A signed image that nobody has pushed before, and its key in the keyring."""
    ada.adopt_keys(samples.keyring)
    image = ada.build_image("signed.sif")
    ada.sign(image)
    return image


def test_an_unsigned_image_is_pushed_when_that_is_wished(ada, bob, own, server):
    screen = ada.must("push", "-U", own, ada.library("lab/blast:v1"))

    assert screen.splitlines()[0] == "WARNING: Skipping container verification"
    # The time is nonsense: the client stops its clock before the upload.
    assert re.search(rf"^INFO:    Uploaded {own.stat().st_size} bytes in \S+s$", screen, re.M)
    assert "Library storage: using 1.00 MiB out of unlimited quota\n" in screen
    assert f"Container URL: {server.url}/{ada.name}/lab/blast\n" in screen
    assert bob.pull(ada.library("lab/blast:v1")).sha256 == sha256_of(own)


def test_an_unsigned_image_is_held_back_by_the_client(ada, own, answered):
    before = answered()

    screen = ada.must_fail("push", own, ada.library("lab/blast:v1"))

    assert "You can push unsigned images with 'apptainer push -U" in screen
    assert "FATAL:   Unable to upload container: unable to verify signature" in screen
    assert set(answered() - before) == {"discovery GET 200", "operation GET 200"}


def test_a_signed_image_is_pushed_with_its_signature(ada, bob, signed, samples):
    screen = ada.must("push", signed, ada.library("lab/signed:v1"))

    assert "WARNING" not in screen
    assert f"INFO:    Uploaded {signed.stat().st_size} bytes" in screen
    pulled = bob.pull(ada.library("lab/signed:v1"))
    assert pulled.sha256 == sha256_of(signed)
    bob.adopt_keys(samples.keyring)
    assert samples.fingerprint in bob.must("verify", "--local", pulled.file)


def test_a_signature_without_its_key_is_not_pushed(ada, bob, signed):
    # The key is in ada's keyring only; the key server has none.
    screen = bob.must_fail("push", bob.put(signed), bob.library("lab/signed:v1"))

    assert "WARNING: failed to get key material: 404 Not Found" in screen
    assert "FATAL:   Unable to upload container: unable to verify signature" in screen


def test_several_tags_are_set_at_once_and_the_description_is_kept(ada, bob, own):
    ada.must("push", "-U", "-D", "finds genes", own, ada.library("lab/blast:v1,latest"))

    for uri in ("lab/blast:v1", "lab/blast:latest", "lab/blast"):
        assert bob.pull(ada.library(uri)).sha256 == sha256_of(own)
    shown = ada.must("search", ada.name)
    assert f"\tlibrary://{ada.name}/lab/blast:latest,v1\n\t\tfinds genes\n" in shown


def test_what_is_there_is_not_sent_again(ada, own, answered):
    ada.push(own, "lab/blast:v1")
    before = answered()

    screen = ada.push(own, "lab/blast:v1")

    # The client says no word of success, only that it did not verify.
    assert screen == "WARNING: Skipping container verification\n"
    asked = answered() - before
    assert not [request for request in asked if "PUT" in request]
    assert asked["library POST 200"] == 1, "the tag, and nothing else"


def test_what_somebody_else_has_pushed_is_not_sent_again(ada, bob, own, answered):
    ada.push(own, "lab/blast:v1")
    before = answered()

    bob.push(own, "other/name:v1")

    assert not [request for request in answered() - before if "PUT" in request]
    assert ada.pull(bob.library("other/name:v1")).sha256 == sha256_of(own)


def test_a_tag_moves_to_the_image_that_was_pushed_last(ada, bob, own):
    ada.push(own, "lab/blast:v1")
    newer = ada.build_image("newer.sif")
    assert bob.pull(ada.library("lab/blast:v1")).sha256 == sha256_of(own)

    ada.push(newer, "lab/blast:v1")

    assert bob.pull(ada.library("lab/blast:v1")).sha256 == sha256_of(newer)
    older = ada.library(f"lab/blast:sha256.{sha256_of(own)}")
    assert bob.pull(older).sha256 == sha256_of(own)


def test_a_big_image_goes_in_parts(ada, bob, samples, answered):
    before = answered()

    screen = ada.push(samples.big, "lab/big:v1")

    assert f"INFO:    Uploaded {samples.big.stat().st_size} bytes" in screen
    assert "Library storage: using 70.05 MiB out of unlimited quota\n" in screen
    asked = answered() - before
    assert asked["transfer PUT 200"] == 2, "64 MiB, and the rest"
    assert asked["library PUT 200"] == 3, "two addresses, and the end"
    assert bob.pull(ada.library("lab/big:v1")).sha256 == sha256_of(samples.big)


def test_an_image_for_another_architecture_stands_beside_under_the_same_tag(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.push(samples.arm64, "lab/blast:v1")

    uri = ada.library("lab/blast:v1")
    assert bob.pull(uri).sha256 == sha256_of(samples.small)
    assert bob.pull(uri, "--arch", "amd64").sha256 == sha256_of(samples.small)
    assert bob.pull(uri, "--arch", "arm64").sha256 == sha256_of(samples.arm64)
    assert "does not exist in the library" in bob.pull_in_vain(uri, "--arch", "s390x")


def test_capital_letters_of_a_tag_are_folded(ada, bob, own):
    ada.push(own, "lab/blast:V1.Upper_x")

    assert bob.pull(ada.library("lab/blast:v1.upper_X")).sha256 == sha256_of(own)
