"""`search` and `delete`: what is shown, and what is gone afterwards."""

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real

NOT_FOUND = "FATAL:   Unable to delete image from library: couldn't delete requested image: "


def test_an_image_is_found_with_its_tags_and_its_signer(ada, bob, samples):
    ada.must("push", "-U", "-D", "finds genes", ada.put(samples.signed), ada.library("lab/a:v1,v2"))

    assert bob.must("search", ada.name) == (
        f'Found 1 container images for amd64 matching "{ada.name}":\n'
        "\n"
        f"\tlibrary://{ada.name}/lab/a:v1,v2\n"
        "\t\tfinds genes\n"
        f"\t\tSigned by: {samples.fingerprint}\n"
        "\n"
    )


def test_the_uri_that_a_search_shows_can_be_pulled(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")

    (shown,) = [word for word in bob.must("search", ada.name).split() if "library://" in word]

    assert bob.pull(shown).sha256 == sha256_of(samples.small)


def test_a_stranger_searches_by_naming_the_library(ada, stranger, samples, server):
    ada.push(samples.small, "lab/blast:v1")

    screen = stranger.must("search", "--library", server.url, ada.name)

    assert f"\tlibrary://{ada.name}/lab/blast:v1\n" in screen


def test_a_name_with_slashes_is_found(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.push(samples.small, "lab/clustal:v1")

    screen = bob.must("search", f"{ada.name}/lab/blast")

    assert "Found 1 container images" in screen
    assert f"\tlibrary://{ada.name}/lab/blast:v1\n" in screen


def test_a_label_is_found(ada, bob):
    ada.push(ada.build_image("own.sif", labels={"organism": ada.name.upper()}), "lab/blast:v1")

    assert "lab/blast:v1" in bob.must("search", f"organism={ada.name}")


def test_signed_images_only(ada, bob, samples):
    ada.push(samples.small, "lab/plain:v1")
    ada.push(samples.signed, "lab/signed:v1")

    screen = bob.must("search", "--signed", ada.name)

    assert "Found 1 container images" in screen
    assert "lab/signed:v1" in screen
    assert "lab/plain" not in screen


def test_images_of_one_architecture(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.push(samples.arm64, "lab/raspberry:v1")

    amd64 = bob.must("search", ada.name)
    arm64 = bob.must("search", "--arch", "arm64", ada.name)

    assert ("lab/blast" in amd64, "lab/raspberry" in amd64) == (True, False)
    assert ("lab/blast" in arm64, "lab/raspberry" in arm64) == (False, True)
    assert f'for arm64 matching "{ada.name}"' in arm64


def test_nothing_found_is_said_so(bob):
    screen = bob.must("search", "nothing-like-this")

    assert screen == 'No container images found for amd64 matching "nothing-like-this".\n\n'


@pytest.mark.parametrize("text", ["100%_", "a&b=c#d", "ä ö/ü", "'; drop"])
def test_odd_signs_find_nothing_and_break_nothing(bob, text):
    assert f'matching "{text}"' in bob.must("search", text)


def test_two_letters_are_refused_by_the_client(bob):
    screen = bob.must_fail("search", "ab")

    assert "bad query 'ab'. You must search for at least 3 characters" in screen


def test_private_images_are_found_by_their_owner_only(ada, bob, server, samples):
    server.admin("collection", "add", f"{ada.name}/secret", "--private")
    ada.push(samples.small, "secret/blast:v1")

    assert "secret/blast:v1" in ada.must("search", ada.name)
    assert "No container images found" in bob.must("search", ada.name)


def test_a_deleted_image_is_gone_with_all_its_tags(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1,v2")
    uri = ada.library("lab/blast:v1")

    screen = ada.must("delete", "-F", uri)

    assert screen == f"INFO:    Image {ada.name}/lab/blast:v1 (amd64) deleted.\n"
    for tag in ("v1", "v2"):
        assert "does not exist in the library" in bob.pull_in_vain(ada.library(f"lab/blast:{tag}"))
    assert "No container images found" in bob.must("search", ada.name)
    assert ada.must_fail("delete", "-F", uri) == f"{NOT_FOUND}not found\n"


def test_what_is_deleted_can_be_pushed_again(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.must("delete", "-F", ada.library("lab/blast:v1"))

    ada.push(samples.small, "lab/blast:v1")

    assert bob.pull(ada.library("lab/blast:v1")).sha256 == sha256_of(samples.small)


def test_the_client_asks_before_it_deletes(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    uri = ada.library("lab/blast:v1")

    screen = ada.must("delete", uri, stdin="n\n")

    assert f"Are you sure you want to delete {ada.name}/lab/blast:v1 (amd64) [y/N]" in screen
    assert bob.pull(uri).sha256 == sha256_of(samples.small)
    assert "deleted." in ada.must("delete", uri, stdin="y\n")


def test_an_image_is_deleted_by_its_digest(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.push(samples.signed, "lab/blast:v2")

    ada.must("delete", "-F", ada.library(f"lab/blast:sha256.{sha256_of(samples.small)}"))

    assert "does not exist" in bob.pull_in_vain(ada.library("lab/blast:v1"))
    assert bob.pull(ada.library("lab/blast:v2")).sha256 == sha256_of(samples.signed)


def test_the_image_of_one_architecture_is_deleted(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.push(samples.arm64, "lab/blast:v1")
    uri = ada.library("lab/blast:v1")

    screen = ada.must("delete", "-F", "--arch", "arm64", uri)

    assert screen == f"INFO:    Image {ada.name}/lab/blast:v1 (arm64) deleted.\n"
    assert "does not exist" in bob.pull_in_vain(uri, "--arch", "arm64")
    assert bob.pull(uri).sha256 == sha256_of(samples.small)
    assert ada.must_fail("delete", "-F", "--arch", "arm64", uri) == f"{NOT_FOUND}not found\n"
