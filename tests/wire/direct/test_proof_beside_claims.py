"""Bytes that we have hashed win over bytes that are only claimed, whatever the client."""

import hashlib
import json

import pytest

from sregistry_core.testing.sif_files import make_sif

from .pushing import Push, fetch
from .test_claims import lie, same_size

IMAGE = make_sif(labels={"org.example": "proof"})
CONFIG = b"{}"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def described(media_type, content):
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def push_by_oci(actor, image, tag):
    """Push as oras does; all of it is acknowledged."""
    for content in (CONFIG, image):
        digest = hashlib.sha256(content).hexdigest()
        path = f"/v2/{actor.name}/lab/blast/blobs/uploads/?digest=sha256:{digest}"
        actor.post(path, content, status=201)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described("application/vnd.sylabs.sif.config.v1+json", CONFIG),
        "layers": [described("application/vnd.sylabs.sif.layer.v1.sif", image)],
    }
    path = f"/v2/{actor.name}/lab/blast/manifests/{tag}"
    headers = {"Content-Type": MANIFEST}
    actor.put(path, json.dumps(manifest).encode(), headers=headers, status=201)


def test_an_oci_push_beside_a_lie_is_there_afterwards(registry, ada, stranger):
    lie(ada, IMAGE, same_size(IMAGE))

    push_by_oci(ada, IMAGE, "2")
    registry.run_jobs()

    assert fetch(stranger.pull("ada/lab/blast:2", status=303)).body == IMAGE
    digest = hashlib.sha256(IMAGE).hexdigest()
    answer = stranger.get(f"/v2/ada/lab/blast/blobs/sha256:{digest}", status=307)
    assert fetch(answer).body == IMAGE


def test_what_comes_by_the_registry_replaces_a_claim_for_oci_clients_too(registry, ada, stranger):
    lie(ada, IMAGE, same_size(IMAGE))
    digest = hashlib.sha256(IMAGE).hexdigest()

    path = f"/v2/ada/lab/blast/blobs/uploads/?digest=sha256:{digest}"
    ada.post(path, IMAGE, status=201)

    found = fetch(stranger.get(f"/v2/ada/lab/blast/blobs/sha256:{digest}", status=307))
    assert found.body == IMAGE


@pytest.fixture
def looking(make_direct):
    """A registry that looks at images before anybody sees them."""
    return make_direct(require_sif="true")


def test_an_oci_client_sees_no_tag_of_an_image_that_is_not_looked_at_yet(looking):
    ada = looking.user("ada")
    Push(ada, IMAGE).whole()

    ada.get("/v2/ada/lab/blast/manifests/1", status=404)
    assert ada.get("/v2/ada/lab/blast/tags/list").json["tags"] == []
    looking.run_jobs()
    shown = ada.get("/v2/ada/lab/blast/manifests/1", status=200)

    assert shown.json["layers"][0]["size"] == len(IMAGE)
    assert ada.get("/v2/ada/lab/blast/tags/list").json["tags"] == ["1"]
