"""The real client pushes to a collection that demands signatures, by library:// and by oras://."""

import json
import time
from urllib.request import urlopen

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real

SETTINGS = {"sregistry.protocols": "discovery transfer library shub hkp oci api"}
RESULT = "application/vnd.sregistry.verification.v1%2Bjson"
NOT_SIGNED = "takes only images that are signed, and this one has no signature"


@pytest.fixture
def safe(ada, server, samples):
    """A collection of Ada's that takes only what the key of the samples has signed."""
    ada.adopt_keys(samples.keyring)
    public = ada.place / "public.asc"
    ada.must("key", "export", "--armor", public, stdin="0\n")
    with server.services() as services:
        services.keys.add(public.read_bytes())
    name = f"{ada.name}/safe"
    server.admin("collection", "add", name, "--public")
    demand = ("--require", "--signer", samples.fingerprint)
    shown = server.admin("collection", "signatures", name, *demand).splitlines()
    assert shown == [f"{name} takes images signed by one key", samples.fingerprint]
    return name


@pytest.fixture
def push_by_oras(ada, host):
    """Pushes an image of Ada's by oras://, and gives what became of that."""
    login = {"APPTAINER_DOCKER_USERNAME": ada.name, "APPTAINER_DOCKER_PASSWORD": ada.token}
    return lambda image, name: ada.run(
        "push", "--no-https", image, f"oras://{host}/{name}", environment=login
    )


@pytest.fixture
def signed_by_another(ada):
    """An image with a signature by a key that the collection does not take."""
    fingerprint = ada.new_key("Eve", "eve@registry.test")
    image = ada.build_image("other.sif")
    ada.sign(image, fingerprint=fingerprint)
    return image


def test_by_library_a_signed_image_is_taken_and_others_are_not(
    ada, bob, samples, safe, signed_by_another
):
    signed, unsigned = ada.put(samples.signed), ada.put(samples.small)

    ada.must("push", signed, ada.library("safe/blast:1"))
    without = ada.must_fail("push", "-U", unsigned, ada.library("safe/blast:2"))
    by_another = ada.must_fail("push", "-U", signed_by_another, ada.library("safe/blast:3"))

    assert f"{safe} {NOT_SIGNED}" in without
    assert "the key of this one is not known to the registry" in by_another
    assert bob.pull(ada.library("safe/blast:1")).sha256 == sha256_of(signed)
    for tag in "23":
        bob.pull_in_vain(ada.library(f"safe/blast:{tag}"))


def test_by_oras_a_signed_image_is_taken_and_others_are_not(
    ada, bob, samples, safe, push_by_oras, signed_by_another
):
    signed, unsigned = ada.put(samples.signed), ada.put(samples.small)

    taken = push_by_oras(signed, f"{safe}/blast:1")
    without = push_by_oras(unsigned, f"{safe}/blast:2")
    by_another = push_by_oras(signed_by_another, f"{safe}/blast:3")

    assert taken.code == 0, taken.screen
    assert without.code != 0
    assert f"{safe} {NOT_SIGNED}" in without.screen
    assert by_another.code != 0
    assert "the key of this one is not known to the registry" in by_another.screen
    assert bob.pull(ada.library("safe/blast:1")).sha256 == sha256_of(signed)
    for tag in "23":
        bob.pull_in_vain(ada.library(f"safe/blast:{tag}"))


def test_what_one_pushes_by_library_says_by_oci_what_it_is_worth(ada, server, samples, safe):
    ada.must("push", ada.put(samples.signed), ada.library("safe/blast:1"))
    path = f"{server.url}/v2/{safe}/blast"
    with urlopen(f"{path}/manifests/1") as answer:
        digest = answer.headers["Docker-Content-Digest"]

    with urlopen(f"{path}/referrers/{digest}?artifactType={RESULT}") as answer:
        [result] = json.load(answer)["manifests"]

    assert result["annotations"] == {
        "vnd.sregistry.verifier": server.url,
        "vnd.sregistry.verification": "verified",
    }


def test_the_search_does_not_name_a_signer_whose_signature_does_not_hold(
    ada, samples, safe, server
):
    image = ada.put(samples.signed)
    changed = bytearray(image.read_bytes())
    changed[10] ^= 1
    image.write_bytes(changed)
    ada.push(image, "open/forged:1")
    ada.push(samples.signed, "open/blast:1")

    shown = ada.must("search", f"{ada.name}/open/forged")
    deadline = time.monotonic() + 30
    while samples.fingerprint in shown and time.monotonic() < deadline:
        time.sleep(0.5)
        shown = ada.must("search", f"{ada.name}/open/forged")

    assert f"library://{ada.name}/open/forged:1" in shown
    assert samples.fingerprint not in shown
    assert samples.fingerprint in ada.must("search", f"{ada.name}/open/blast")
