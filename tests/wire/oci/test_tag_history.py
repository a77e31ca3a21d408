"""Tags that OCI clients move have a history too, of images and of what is none."""

from datetime import timedelta

from sregistry_core.names import ContainerName
from sregistry_core.testing.sif_files import make_sif

BLAST = ContainerName("ada", "lab", "blast")


def moves(registry):
    with registry.parts.unit()() as services:
        found = services.tag_history.of(services.catalog.container(BLAST), "1")
    return [(one.arch, one.digest, one.by) for one in found]


def test_a_tag_that_goes_from_a_sif_to_another_artifact_and_away(registry, ada):
    ada.push_sif("ada/lab/blast", "1", make_sif())
    registry.clock.move(timedelta(minutes=1))
    docker = ada.push_artifact("ada/lab/blast", "1")
    registry.clock.move(timedelta(minutes=1))
    ada.delete("/v2/ada/lab/blast/manifests/1", status=202)

    away, *change, first = moves(registry)

    assert away == (None, None, "ada")
    assert sorted(change, key=str) == [("amd64", None, "ada"), (None, docker, "ada")]
    assert first[0] == "amd64"


def test_a_manifest_pushed_once_more_is_no_move(registry, ada):
    docker = ada.push_artifact("ada/lab/blast", "1")
    registry.clock.move(timedelta(minutes=1))
    ada.push_artifact("ada/lab/blast", "1")

    assert moves(registry) == [(None, docker, "ada")]


def test_a_deleted_manifest_ends_its_tag(registry, ada):
    docker = ada.push_artifact("ada/lab/blast", "1")
    registry.clock.move(timedelta(minutes=1))
    ada.delete(f"/v2/ada/lab/blast/manifests/{docker}", status=202)

    assert moves(registry) == [(None, None, "ada"), (None, docker, "ada")]
