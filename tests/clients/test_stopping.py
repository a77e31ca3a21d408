"""A client that is killed halfway: nothing half is left, and the next one is served as ever."""

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real

SETTINGS = {"sregistry.part_size": "8M", "sregistry.parallel_download_above": "2M"}


def test_a_push_stopped_halfway_leaves_nothing_and_may_be_repeated(ada, bob, samples, answered):
    image = ada.put(samples.big)
    sent = answered()["transfer PUT 200"]

    ada.kill_when(
        lambda: answered()["transfer PUT 200"] > sent,
        *("push", "-U", image, ada.library("lab/big:v1")),
    )

    assert answered()["transfer PUT 200"] - sent < 9, "all parts have arrived"
    assert "does not exist in the library" in bob.pull_in_vain(ada.library("lab/big:v1"))
    ada.push(image, "lab/big:v1")
    assert bob.pull(ada.library("lab/big:v1")).sha256 == sha256_of(samples.big)


def test_a_pull_stopped_halfway_does_the_server_no_harm(ada, bob, samples, answered):
    ada.push(samples.big, "lab/big:v1")
    fetched = answered()["transfer GET 206"]

    bob.kill_when(
        lambda: answered()["transfer GET 206"] > fetched + 20,
        *("pull", "big.sif", ada.library("lab/big:v1")),
        environment={"APPTAINER_DOWNLOAD_PART_SIZE": "100000"},
    )

    assert not (bob.place / "big.sif").exists()
    pulled = bob.pull(ada.library("lab/big:v1"))
    assert "Downloading library image" in pulled.screen, "what is half is not in the cache"
    assert pulled.sha256 == sha256_of(samples.big)
