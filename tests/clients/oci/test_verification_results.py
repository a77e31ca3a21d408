"""What the registry found about a SIF, as oras discovers, pulls and copies it."""

import json
import time

import pytest

from sregistry_core.testing.oci_programs import SIF_LAYER
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.signed_sif import sign_sif

pytestmark = pytest.mark.real

KIND = ["--artifact-type", "application/vnd.sregistry.verification.v1+json"]


def results(person, address):
    found = person.must("oras", "discover", address, "--format", "json", *KIND)
    return json.loads(found)["referrers"]


@pytest.fixture
def verified(ada, server):
    """The address of an image whose signature the registry has verified."""
    key = Key.make("Ada <ada@registry.test>")
    with server.services() as services:
        services.keys.add(key.public.encode())
    (ada.place / "blast.sif").write_bytes(sign_sif(make_sif(labels={"a": key.fingerprint}), key))
    ada.log_in("oras")
    ada.must("oras", "push", ada.at("lab/blast:1"), f"blast.sif:{SIF_LAYER}")
    deadline = time.monotonic() + 30
    while not results(ada, ada.at("lab/blast:1")) and time.monotonic() < deadline:
        time.sleep(0.2)
    return ada.at("lab/blast:1")


def test_it_is_discovered_and_pulled(nobody, server, verified):
    (result,) = results(nobody, verified)

    assert result["annotations"] == {
        "vnd.sregistry.verifier": server.url,
        "vnd.sregistry.verification": "verified",
    }
    manifest = json.loads(nobody.must("oras", "manifest", "fetch", result["reference"]))
    (layer,) = manifest["layers"]
    repository = result["reference"].partition("@")[0]
    blob = nobody.must("oras", "blob", "fetch", "-o", "-", f"{repository}@{layer['digest']}")
    assert json.loads(blob)["predicate"]["verification"] == "verified"


def test_a_copy_takes_it_along(ada, nobody, verified):
    ada.must("oras", "cp", "-r", verified, ada.at("lab/copy:1"))

    (original,), (copied,) = results(nobody, verified), results(nobody, ada.at("lab/copy:1"))
    assert copied["digest"] == original["digest"]


def test_a_copy_reaches_a_collection_that_demands_signatures(ada, nobody, server, verified):
    with server.services() as services:
        entity = services.catalog.entity(ada.name)
        safe = services.catalog.create_collection(entity, "safe", private=False)
        services.signers.require(safe)

    ada.must("oras", "cp", "-r", verified, ada.at("safe/blast:1"))

    assert len(results(nobody, ada.at("safe/blast:1"))) == 1
    (ada.place / "note.txt").write_text("checked\n")
    note = ["--artifact-type", "application/vnd.example.note", "note.txt"]
    ada.must("oras", "attach", ada.at("safe/blast:1"), *note)
    refused = ada.run("oras", "push", ada.at("safe/data:1"), "note.txt:text/plain")
    assert refused.code != 0
    assert "takes only images that are signed" in refused.screen
