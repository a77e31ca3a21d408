"""Pulling by `shub://`, the protocol without logins: public images, and shared private ones."""

import time

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real

NOT_FOUND = "the requested manifest was not found in singularity hub"


@pytest.fixture
def home(ada, samples):
    """A collection of the registry's own entity with an image `blast`; gives its name."""
    ada.must("push", "-U", ada.put(samples.small), f"library://tacc/{ada.name}/blast:latest,1")
    return ada.name


@pytest.fixture
def secret(ada, server, samples):
    """A private image with the tags 1 and 2; gives its full name."""
    server.admin("collection", "add", f"{ada.name}/secret", "--private")
    ada.push(samples.small, "secret/blast:1,2")
    return f"{ada.name}/secret/blast"


def test_a_public_image_of_the_registry_itself(stranger, samples, host, home):
    pulled = stranger.pull(f"shub://{host}/{home}/blast", "--no-https")

    assert pulled.screen == "INFO:    Downloading shub image\n"
    assert pulled.sha256 == sha256_of(samples.small)


def test_a_file_is_called_after_the_image(stranger, samples, host, home):
    stranger.must("pull", "--no-https", f"shub://{host}/{home}/blast:1")

    assert sha256_of(stranger.place / "blast_1.sif") == sha256_of(samples.small)


def test_a_public_image_of_a_user(ada, stranger, samples, host):
    ada.push(samples.small, "lab/blast:1")

    pulled = stranger.pull(f"shub://{host}/{ada.name}/lab/blast:1", "--no-https")

    assert pulled.sha256 == sha256_of(samples.small)


@pytest.mark.parametrize("digits", [40, 32])
@pytest.mark.parametrize("tag", ["", ":1"])
def test_an_image_by_the_beginning_of_its_digest(ada, stranger, samples, host, home, digits, tag):
    ada.must("push", "-U", ada.put(samples.signed), f"library://tacc/{home}/blast:latest,1")
    digest = sha256_of(samples.small)

    uri = f"shub://{host}/{home}/blast{tag}@{digest[:digits]}"

    assert stranger.pull(uri, "--no-https").sha256 == digest


def test_the_whole_digest_is_refused_by_the_client(stranger, samples, host, home):
    uri = f"shub://{host}/{home}/blast@{sha256_of(samples.small)}"

    assert "FATAL:   Invalid shub URI" in stranger.pull_in_vain(uri, "--no-https")


def test_a_port_is_refused_by_the_client(stranger, host, home):
    uri = f"shub://{host}:80/{home}/blast"

    assert "FATAL:   Invalid shub URI" in stranger.pull_in_vain(uri, "--no-https")


def test_two_images_with_one_cache_do_not_mix(ada, stranger, samples, host, home):
    ada.must("push", "-U", ada.put(samples.signed), f"library://tacc/{home}/other")

    for _ in ("cold cache", "warm cache"):
        blast = stranger.pull(f"shub://{host}/{home}/blast", "--no-https")
        other = stranger.pull(f"shub://{host}/{home}/other", "--no-https")
        assert blast.sha256 == sha256_of(samples.small)
        assert other.sha256 == sha256_of(samples.signed)

    assert other.screen == "INFO:    Use cached image\n"


def test_a_tag_that_has_moved_is_not_taken_from_the_cache(ada, stranger, samples, host, home):
    uri = f"shub://{host}/{home}/blast"
    assert stranger.pull(uri, "--no-https").sha256 == sha256_of(samples.small)

    ada.must("push", "-U", ada.put(samples.signed), f"library://tacc/{home}/blast")

    assert stranger.pull(uri, "--no-https").sha256 == sha256_of(samples.signed)


def test_missing_and_private_look_the_same(ada, stranger, host, secret):
    private = f"shub://{host}/{secret}:1"
    missing = f"shub://{host}/{ada.name}/secret/missing:1"

    told_of_private = stranger.pull_in_vain(private, "--no-https")
    told_of_missing = stranger.pull_in_vain(missing, "--no-https")

    assert told_of_private.replace(private, "URI") == told_of_missing.replace(missing, "URI")
    assert told_of_private == (
        "FATAL:   While pulling shub image: error fetching image to cache: "
        f"failed to get manifest for: {private}: {NOT_FOUND}\n"
    )


def test_a_missing_tag_is_not_found(stranger, host, home):
    assert NOT_FOUND in stranger.pull_in_vain(f"shub://{host}/{home}/blast:2", "--no-https")


def test_a_shared_private_image_until_the_link_is_revoked(server, stranger, samples, secret):
    web, shub = server.admin("share", "add", f"{secret}:1").splitlines()

    assert stranger.pull(shub, "--no-https").sha256 == sha256_of(samples.small)
    by_web = stranger.pull(web)
    assert by_web.screen == "INFO:    Downloading network image\n"
    assert by_web.sha256 == sha256_of(samples.small)

    number = server.admin("share", "list", secret).split()[0]
    assert "revoked the share link" in server.admin("share", "revoke", number)

    assert NOT_FOUND in stranger.pull_in_vain(shub, "--no-https")
    told = stranger.pull_in_vain(web, "--disable-cache")
    assert "the requested image was not found" in told


def test_a_shared_link_opens_nothing_else(server, stranger, secret):
    _, shub = server.admin("share", "add", f"{secret}:1").splitlines()

    for other in (shub.removesuffix(":1") + ":2", shub.replace("/blast:", "/other:")):
        assert NOT_FOUND in stranger.pull_in_vain(other, "--no-https")


def test_a_digest_is_shared_and_the_link_expires(server, stranger, samples, secret):
    digest = sha256_of(samples.small)
    name = f"{secret}@sha256:{digest}"

    _, lasting = server.admin("share", "add", name, "--expires", "1h").splitlines()
    web, short = server.admin("share", "add", name, "--expires", "1s").splitlines()
    time.sleep(1)

    assert lasting.endswith(f"/secret/blast@{digest[:40]}")
    assert stranger.pull(lasting, "--no-https").sha256 == digest
    assert NOT_FOUND in stranger.pull_in_vain(short, "--no-https")
    assert "the requested image was not found" in stranger.pull_in_vain(web)


def test_a_file_pulled_by_the_web_link_has_the_last_part_as_its_name(
    server, stranger, samples, secret
):
    web, _ = server.admin("share", "add", f"{secret}:1").splitlines()

    stranger.must("pull", web)

    assert sha256_of(stranger.place / "blast:1") == sha256_of(samples.small)
