"""Pulling by `library://`: every way to name an image, the cache, and downloads in ranges."""

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real

# So that the small images take one stream, and the big one goes in ranges.
SETTINGS = {"sregistry.parallel_download_above": "2M"}

UNSIGNED = "WARNING: integrity: signature not found for object group 1"
EIGHT_MEBIBYTES = 8 * 1024**2


def test_an_image_is_pulled_by_its_tag(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")

    pulled = bob.pull(ada.library("lab/blast:v1"))

    size = samples.small.stat().st_size
    first, second, *rest = pulled.screen.splitlines()
    assert first == "INFO:    Downloading library image"
    assert second.startswith(f"INFO:    Downloaded {size} bytes in ")
    assert rest == [UNSIGNED, "WARNING: Skipping container verification"]
    assert pulled.sha256 == sha256_of(samples.small)


def test_a_signed_image_is_pulled_also_without_its_key(ada, bob, samples):
    ada.push(samples.signed, "lab/signed:v1")

    pulled = bob.pull(ada.library("lab/signed:v1"))

    assert "WARNING: failed to get key material: 404 Not Found" in pulled.screen
    assert "openpgp: signature made by unknown entity" in pulled.screen
    assert pulled.sha256 == sha256_of(samples.signed)


def test_a_file_is_called_after_the_image(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1,latest")

    bob.must("pull", ada.library("lab/blast:v1"))
    bob.must("pull", ada.library("lab/blast"))

    for name in ("blast_v1.sif", "blast_latest.sif"):
        assert sha256_of(bob.place / name) == sha256_of(samples.small)


def test_without_a_tag_latest_is_meant(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.push(samples.signed, "lab/blast")

    assert bob.pull(ada.library("lab/blast")).sha256 == sha256_of(samples.signed)


def test_an_image_is_pulled_by_its_digest(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    ada.push(samples.signed, "lab/blast:v1")

    digest = sha256_of(samples.small)

    assert bob.pull(ada.library(f"lab/blast:sha256.{digest}")).sha256 == digest


def test_short_names_belong_to_the_registry_itself(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")
    here = f"library://tacc/{ada.name}/blast:v1"
    ada.must("push", "-U", ada.put(samples.signed), here)
    ada.must("push", "-U", ada.put(samples.arm64), f"library://tacc/library/{ada.name}:v1")

    of_two_parts = bob.pull(f"library://{ada.name}/blast:v1")
    of_one_part = bob.pull(f"library://{ada.name}:v1", "--arch", "arm64")

    assert of_two_parts.sha256 == sha256_of(samples.signed)
    assert of_one_part.sha256 == sha256_of(samples.arm64)


def test_capital_letters_of_a_name_are_folded(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")

    pulled = bob.pull(f"library://{ada.name.upper()}/Lab/BLAST:V1")

    assert pulled.sha256 == sha256_of(samples.small)


def test_a_stranger_names_the_host_in_the_address(ada, stranger, samples, host):
    ada.push(samples.small, "lab/blast:v1")

    pulled = stranger.pull(f"library://{host}/{ada.name}/lab/blast:v1", "--no-https")

    assert pulled.sha256 == sha256_of(samples.small)


def test_a_stranger_names_the_library_beside_the_address(ada, stranger, samples, server):
    ada.push(samples.small, "lab/blast:v1")

    pulled = stranger.pull(ada.library("lab/blast:v1"), "--library", server.url)

    assert pulled.sha256 == sha256_of(samples.small)


def test_a_stranger_without_either_is_told_by_the_client(ada, stranger, samples):
    ada.push(samples.small, "lab/blast:v1")

    assert "remote has no library client" in stranger.pull_in_vain(ada.library("lab/blast:v1"))


def test_an_image_in_the_cache_is_not_fetched_again(ada, bob, samples, answered):
    ada.push(samples.small, "lab/blast:v1")
    bob.pull(ada.library("lab/blast:v1"))
    before = answered()

    pulled = bob.pull(ada.library("lab/blast:v1"))

    assert pulled.screen.splitlines()[0] == "INFO:    Using cached image"
    assert pulled.sha256 == sha256_of(samples.small)
    assert (answered() - before)["library GET 200"] == 1, "the description alone"


def test_without_a_cache_every_pull_fetches(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")

    for _ in range(2):
        pulled = bob.pull(ada.library("lab/blast:v1"), "--disable-cache")
        assert "Downloading library image" in pulled.screen
        assert pulled.sha256 == sha256_of(samples.small)
    assert not list((bob.cache / "library").glob("sha256.*"))


@pytest.mark.parametrize(
    ("part_size", "ranges"), [("", 2), ("500000", 17)], ids=["usual parts", "small parts"]
)
@pytest.mark.parametrize("options", [[], ["--disable-cache"]], ids=["cache", "no cache"])
def test_a_large_image_comes_in_ranges(ada, bob, answered, part_size, ranges, options):
    image = ada.build_image("large.sif", size_bytes=EIGHT_MEBIBYTES)
    ada.push(image, "lab/large:v1")
    environment = {"APPTAINER_DOWNLOAD_PART_SIZE": part_size} if part_size else {}
    before = answered()

    pulled = bob.pull(ada.library("lab/large:v1"), *options, environment=environment)

    assert f"INFO:    Downloaded {image.stat().st_size} bytes" in pulled.screen
    assert pulled.sha256 == sha256_of(image)
    asked = answered() - before
    assert (asked["library GET 303"], asked["transfer GET 206"]) == (1, ranges)


def test_a_private_large_image_comes_in_ranges_to_its_owner(ada, bob, server, answered):
    image = ada.build_image("large.sif", size_bytes=EIGHT_MEBIBYTES)
    server.admin("collection", "add", f"{ada.name}/secret", "--private")
    ada.push(image, "secret/large:v1")
    before = answered()

    assert ada.pull(ada.library("secret/large:v1")).sha256 == sha256_of(image)
    assert (answered() - before)["transfer GET 206"] == 2
    assert "does not exist" in bob.pull_in_vain(ada.library("secret/large:v1"))


def test_what_was_pushed_is_what_inspect_shows(ada, bob, samples):
    ada.push(samples.small, "lab/blast:v1")

    pulled = bob.pull(ada.library("lab/blast:v1"))

    shown = bob.must("inspect", "--json", pulled.file)
    assert '"maintainer": "ada"' in shown
    assert shown == ada.must("inspect", "--json", ada.put(samples.small))
