"""A SIF is an OCI artifact and the other way round: what one protocol does the other one sees."""

import hashlib
import json

import pytest

from sregistry_core.testing.oci import (
    DOCKER_MANIFEST,
    EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    SIF_CONFIG,
    SIF_LAYER,
    descriptor,
    digest_of,
    index_of,
    manifest_of,
)
from sregistry_core.testing.sif_files import make_sif

LABELS = {"org.opencontainers.image.title": "Blast", "org.label-schema.usage": "run it"}
IMAGE = make_sif(labels=LABELS, payload_size=3000)
ARM = make_sif(arch="arm64", payload_size=2000)
ACCEPT_MANIFEST = {"Accept": OCI_MANIFEST}


def layer_of(answer):
    [layer] = json.loads(answer.body)["layers"]
    return layer


def test_an_image_pushed_by_oras_is_pulled_by_library_and_shub(registry, ada, stranger):
    ada.push_sif("ada/lab/blast", "1", IMAGE)

    assert stranger.pull("ada/lab/blast:1").body == IMAGE
    shown = stranger.get("/v1/images/ada/lab/blast:1?arch=amd64").json["data"]
    assert shown["hash"] == f"sha256.{hashlib.sha256(IMAGE).hexdigest()}"
    assert shown["tags"] == ["1"]
    assert stranger.shub("ada/lab/blast:1").json["version"]


def test_an_image_pushed_by_oras_is_inspected(registry, ada, stranger):
    ada.push_sif("ada/lab/blast", "1", IMAGE)

    registry.run_jobs()

    with registry.parts.unit()() as services:
        from sregistry_core.models import Image

        image = services.db.query(Image).one()
        assert (image.kind, image.arch) == ("sif", "amd64")
        assert image.inspection["labels"] == LABELS


def test_the_architecture_is_that_of_the_file(ada, stranger):
    ada.push_sif("ada/lab/blast", "1", ARM)

    assert stranger.pull("ada/lab/blast:1", arch="arm64").body == ARM
    stranger.pull("ada/lab/blast:1", arch="amd64", status=404)


@pytest.mark.parametrize(
    ("layer_type", "config_type", "config", "media_type"),
    [
        (SIF_LAYER, SIF_CONFIG, EMPTY, OCI_MANIFEST),
        (SIF_LAYER, SIF_CONFIG, EMPTY, DOCKER_MANIFEST),
        ("appliciation/vnd.sylabs.sif.layer.tar", SIF_CONFIG, b"", OCI_MANIFEST),
        ("application/vnd.sylabs.sif.layer.tar", SIF_CONFIG, b"", OCI_MANIFEST),
        (SIF_LAYER, "application/vnd.sylabs.sif.config.v1", b"", OCI_MANIFEST),
        (SIF_LAYER, "application/vnd.unknown.config.v1+json", EMPTY, OCI_MANIFEST),
    ],
)
@pytest.mark.parametrize("says_its_type", [True, False])
def test_whatever_clients_have_ever_called_a_sif_is_one(
    ada, stranger, layer_type, config_type, config, media_type, says_its_type
):
    ada.push_blob("ada/lab/blast", IMAGE)
    ada.push_blob("ada/lab/blast", config)
    document = {
        "schemaVersion": 2,
        "config": descriptor(config, config_type),
        "layers": [descriptor(IMAGE, layer_type)],
    }
    if says_its_type:
        document["mediaType"] = media_type
    body = json.dumps(document).encode()
    ada.push_manifest("ada/lab/blast", "1", body, media_type=media_type)

    assert stranger.pull("ada/lab/blast:1").body == IMAGE
    assert stranger.manifest("ada/lab/blast", "1").body == body


def test_an_image_pushed_by_library_has_a_manifest(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)

    answer = stranger.manifest("ada/lab/blast", "1", status=200)

    document = json.loads(answer.body)
    assert answer.content_type == OCI_MANIFEST
    assert answer.headers["Docker-Content-Digest"] == digest_of(answer.body)
    assert document["config"] == descriptor(EMPTY, SIF_CONFIG) | {
        "digest": digest_of(EMPTY), "size": 2
    }  # fmt: skip
    assert layer_of(answer) == descriptor(
        IMAGE, SIF_LAYER, annotations={"org.opencontainers.image.title": "blast.sif"}
    )
    assert document["annotations"] == LABELS
    assert stranger.blob("ada/lab/blast", digest_of(IMAGE)).body == IMAGE
    assert stranger.blob("ada/lab/blast", digest_of(EMPTY)).body == EMPTY


def test_the_manifest_of_an_image_is_made_once_and_found_by_its_digest(registry, ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)

    first = stranger.manifest("ada/lab/blast", "1")
    registry.run_jobs()
    again = stranger.manifest("ada/lab/blast", "1")
    by_digest = stranger.manifest("ada/lab/blast", digest_of(first.body))

    assert first.body == again.body == by_digest.body
    assert stranger.head("/v2/ada/lab/blast/manifests/1").headers["Content-Length"] == str(
        len(first.body)
    )


def test_equal_images_have_equal_manifests_in_containers_of_one_name(ada, bob, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    bob.push("bob/lab/blast:1", IMAGE)
    first = stranger.manifest("ada/lab/blast", "1")
    second = stranger.manifest("bob/lab/blast", "1")

    assert first.body == second.body
    ada.delete(f"/v2/ada/lab/blast/manifests/{digest_of(first.body)}", status=202)

    stranger.manifest("ada/lab/blast", "1", status=404)
    stranger.manifest("bob/lab/blast", "1", status=200)
    stranger.manifest("bob/lab/blast", digest_of(second.body), status=200)


def test_a_tag_of_two_architectures_is_an_index(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("ada/lab/blast:1", ARM, arch="arm64")

    answer = stranger.manifest("ada/lab/blast", "1")

    assert answer.content_type == OCI_INDEX
    amd64, arm64 = json.loads(answer.body)["manifests"]
    assert amd64["platform"] == {"architecture": "amd64", "os": "linux"}
    assert arm64["platform"] == {"architecture": "arm64", "os": "linux"}
    child = stranger.manifest("ada/lab/blast", arm64["digest"])
    assert layer_of(child)["digest"] == digest_of(ARM)
    assert arm64["size"] == len(child.body)


def test_a_client_that_takes_no_index_gets_the_usual_architecture(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("ada/lab/blast:1", ARM, arch="arm64")

    answer = stranger.manifest("ada/lab/blast", "1", headers=ACCEPT_MANIFEST)

    assert answer.content_type == OCI_MANIFEST
    assert layer_of(answer)["digest"] == digest_of(IMAGE)


def test_a_tag_that_library_moves_moves_for_oci(ada, stranger):
    ada.push_sif("ada/lab/blast", "1", IMAGE)
    other = make_sif(payload_size=77)

    ada.push("ada/lab/blast:1", other)

    assert layer_of(stranger.manifest("ada/lab/blast", "1"))["digest"] == digest_of(other)


def test_a_tag_that_oci_moves_moves_for_library(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("ada/lab/blast:1", ARM, arch="arm64")
    other = make_sif(payload_size=77)

    ada.push_sif("ada/lab/blast", "1", other)

    assert stranger.pull("ada/lab/blast:1").body == other
    stranger.pull("ada/lab/blast:1", arch="arm64", status=404)


def test_an_artifact_takes_a_tag_from_an_image(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)

    digest = ada.push_artifact("ada/lab/blast", "1")

    stranger.pull("ada/lab/blast:1", status=404)
    assert stranger.manifest("ada/lab/blast", "1").headers["Docker-Content-Digest"] == digest
    assert stranger.tags("ada/lab/blast") == ["1"]


def test_an_image_takes_a_tag_from_an_artifact(ada, stranger):
    ada.push_artifact("ada/lab/blast", "1")

    ada.push("ada/lab/blast:1", IMAGE)

    assert stranger.pull("ada/lab/blast:1").body == IMAGE
    assert layer_of(stranger.manifest("ada/lab/blast", "1"))["digest"] == digest_of(IMAGE)


def test_an_index_of_sifs_is_a_tag_of_several_architectures(ada, stranger):
    children = []
    for arch, image in (("amd64", IMAGE), ("arm64", ARM)):
        ada.push_blob("ada/lab/blast", image)
        ada.push_blob("ada/lab/blast", EMPTY)
        body = manifest_of(descriptor(EMPTY, SIF_CONFIG), [descriptor(image, SIF_LAYER)])
        ada.push_manifest("ada/lab/blast", digest_of(body), body)
        platform = {"architecture": arch, "os": "linux"}
        children.append(descriptor(body, OCI_MANIFEST, platform=platform))
    index = index_of(children)

    ada.push_manifest("ada/lab/blast", "1", index)

    assert stranger.pull("ada/lab/blast:1", arch="arm64").body == ARM
    assert stranger.pull("ada/lab/blast:1", arch="amd64").body == IMAGE
    assert stranger.manifest("ada/lab/blast", "1").body == index


def test_an_image_deleted_by_library_is_gone_for_oci(ada, stranger):
    digest = ada.push_sif("ada/lab/blast", "1", IMAGE)

    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=200)

    stranger.manifest("ada/lab/blast", "1", status=404)
    stranger.manifest("ada/lab/blast", digest, status=404)
    stranger.blob("ada/lab/blast", digest_of(IMAGE), status=404)
    assert stranger.tags("ada/lab/blast") == []


def test_the_generated_manifest_goes_with_its_image(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    digest = stranger.manifest("ada/lab/blast", "1").headers["Docker-Content-Digest"]

    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=200)

    stranger.manifest("ada/lab/blast", digest, status=404)
    stranger.manifest("ada/lab/blast", "1", status=404)


def test_one_architecture_deleted_leaves_the_manifest_of_the_other(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("ada/lab/blast:1", ARM, arch="arm64")
    stranger.manifest("ada/lab/blast", "1")

    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=200)

    assert layer_of(stranger.manifest("ada/lab/blast", "1"))["digest"] == digest_of(ARM)


def test_a_manifest_deleted_by_oci_takes_its_image_with_it(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    digest = stranger.manifest("ada/lab/blast", "1").headers["Docker-Content-Digest"]

    ada.delete(f"/v2/ada/lab/blast/manifests/{digest}", status=202)

    stranger.pull("ada/lab/blast:1", status=404)
    stranger.manifest("ada/lab/blast", "1", status=404)
    stranger.get(f"/v1/images/ada/lab/blast:sha256.{digest_of(IMAGE)[7:]}", status=404)


def test_a_tag_deleted_by_oci_is_gone_for_library_and_its_image_stays(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)

    ada.delete("/v2/ada/lab/blast/manifests/1", status=202)

    stranger.pull("ada/lab/blast:1", status=404)
    stranger.manifest("ada/lab/blast", "1", status=404)
    stranger.get(f"/v1/images/ada/lab/blast:sha256.{digest_of(IMAGE)[7:]}", status=200)


def test_a_blob_deleted_by_oci_takes_its_image_with_it(ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)

    ada.delete(f"/v2/ada/lab/blast/blobs/{digest_of(IMAGE)}", status=202)

    stranger.blob("ada/lab/blast", digest_of(IMAGE), status=404)
    stranger.pull("ada/lab/blast:1", status=404)


def test_a_frozen_tag_is_frozen_for_every_client(registry, ada):
    from sregistry_core.names import ContainerName

    ada.push("ada/lab/blast:1", IMAGE)
    ada.push_artifact("ada/lab/blast", "2")
    digest = ada.manifest("ada/lab/blast", "1").headers["Docker-Content-Digest"]
    with registry.parts.unit()() as services:
        container = services.catalog.container(ContainerName("ada", "lab", "blast"))
        for tag in ("1", "2"):
            services.tags.freeze(container, tag)

    other = manifest_of(descriptor(EMPTY), [])
    ada.push_blob("ada/lab/blast", EMPTY)
    for tag in ("1", "2"):
        refused = ada.push_manifest("ada/lab/blast", tag, other, status=409)
        assert refused.json["errors"][0]["code"] == "DENIED"
        ada.delete(f"/v2/ada/lab/blast/manifests/{tag}", status=409)
    ada.delete(f"/v2/ada/lab/blast/manifests/{digest}", status=409)
    ada.delete(f"/v2/ada/lab/blast/blobs/{digest_of(IMAGE)}", status=409)


def test_nothing_is_pushed_to_a_frozen_container(registry, ada):
    from sregistry_core.names import ContainerName

    digest = ada.push_artifact("ada/lab/blast", "1")
    place = ada.begin("ada/lab/blast")
    with registry.parts.unit()() as services:
        container = services.catalog.container(ContainerName("ada", "lab", "blast"))
        services.catalog.change_container(container, frozen=True)

    ada.post("/v2/ada/lab/blast/blobs/uploads/", status=409)
    ada.patch(place, b"bytes", status=409)
    ada.put(f"{place}?digest={digest_of(b'bytes')}", b"bytes", status=409)
    ada.push_manifest("ada/lab/blast", "2", manifest_of(descriptor(EMPTY), []), status=409)
    ada.delete(f"/v2/ada/lab/blast/manifests/{digest}", status=409)
    ada.delete("/v2/ada/lab/blast/manifests/1", status=409)
    ada.delete(f"/v2/ada/lab/blast/blobs/{digest_of(EMPTY)}", status=409)


def test_a_pull_of_a_sif_counts_once(registry, ada, stranger):
    ada.push_sif("ada/lab/blast", "1", IMAGE)

    stranger.head("/v2/ada/lab/blast/manifests/1")
    stranger.manifest("ada/lab/blast", "1")
    stranger.head(f"/v2/ada/lab/blast/blobs/{digest_of(IMAGE)}")
    stranger.blob("ada/lab/blast", digest_of(IMAGE))
    stranger.blob("ada/lab/blast", digest_of(EMPTY))

    assert sum(registry.parts.facilities.tally.drain().pulls.values()) == 1


def test_a_pull_of_an_artifact_counts_once(registry, ada, stranger):
    ada.push_artifact("ada/lab/blast", "1", b"a layer")

    stranger.head("/v2/ada/lab/blast/manifests/1")
    stranger.manifest("ada/lab/blast", "1")
    stranger.blob("ada/lab/blast", digest_of(b"a layer"))
    stranger.blob("ada/lab/blast", digest_of(EMPTY))

    assert sum(registry.parts.facilities.tally.drain().pulls.values()) == 1


def test_the_bytes_of_equal_blobs_are_kept_once(registry, ada, bob):
    ada.push("ada/lab/blast:1", IMAGE)
    bob.push_sif("bob/lab/blast", "1", IMAGE)

    kept = [path for path in (registry.directory / "images").rglob("*") if path.is_file()]

    assert sorted(path.stat().st_size for path in kept) == [len(EMPTY), len(IMAGE)]


def test_only_a_sif_passes_for_one_where_nothing_else_is_taken(make_registry):
    from sregistry_core.testing.oci import OciClient

    registry = make_registry(protocols="library oci", require_sif="true")
    made = registry.user("ada")
    ada = OciClient(made.app, "ada", made.token)
    ada.push_blob("ada/lab/blast", b"no sif at all")
    ada.push_blob("ada/lab/blast", EMPTY)
    body = manifest_of(descriptor(EMPTY), [descriptor(b"no sif at all", SIF_LAYER)])

    ada.push_manifest("ada/lab/blast", "1", body, status=400)
    ada.push_blob("ada/lab/blast", b"a layer")
    other = manifest_of(descriptor(EMPTY), [descriptor(b"a layer")])
    refused = ada.push_manifest("ada/lab/blast", "1", other, status=400)
    assert refused.json["errors"][0]["code"] == "MANIFEST_INVALID"
    ada.push_sif("ada/lab/blast", "1", IMAGE)
    digest = ada.manifest("ada/lab/blast", "1").headers["Docker-Content-Digest"]
    signature = manifest_of(
        descriptor(EMPTY),
        [descriptor(b"a layer")],
        subject={"mediaType": OCI_MANIFEST, "digest": digest, "size": 1},
    )
    ada.push_manifest("ada/lab/blast", digest_of(signature), signature)
