"""What an image file says of itself is kept with the image, by a job after the push."""

import pytest

from sregistry_core.names import ImageName
from sregistry_core.testing.sif_files import make_sif

KEY = "24AEF260A88370CDCC10DDBC7471CBE1EFEE1A54"


def inspected(registry, name):
    registry.run_jobs()
    with registry.parts.unit()() as services:
        return services.images.resolve(ImageName.parse(name, home="tacc"))


def test_all_that_a_sif_says_is_kept(registry, ada):
    definition = "Bootstrap: docker\nFrom: alpine\n\n%runscript\n    blast\n"
    ada.push(
        "ada/lab/blast:1",
        make_sif(
            arch="amd64",
            labels={"version": "2.1"},
            definition=definition,
            runscript="#!/bin/sh\n",
            signed_by=[KEY],
        ),
    )

    image = inspected(registry, "ada/lab/blast:1")

    assert image.kind == "sif"
    assert image.arch == "amd64"
    assert image.signed is True
    assert image.fingerprints == [KEY]
    assert image.inspection["labels"] == {"version": "2.1"}
    assert image.inspection["definition"] == definition
    assert image.inspection["runscript"] == "#!/bin/sh\n"
    assert image.inspected_at == registry.clock.now


def test_architecture_and_signatures_are_known_before_the_job_runs(registry, ada):
    ada.push("ada/lab/blast:1", make_sif(arch="arm64", signed_by=[KEY]), arch="arm64")

    found = ada.get("/v1/images/ada/lab/blast:1").json["data"]

    assert found["arch"] == "arm64"
    assert found["fingerprints"] == [KEY]


def test_an_encrypted_image_is_told(registry, ada):
    ada.push("ada/lab/blast:1", make_sif(encrypted=True))

    assert inspected(registry, "ada/lab/blast:1").encrypted is True


@pytest.mark.parametrize(
    "broken", [b"no image at all", make_sif()[:200], make_sif()[:45] + b"\xff" * 5000]
)
def test_a_broken_file_is_opaque_with_the_reason(registry, ada, broken):
    ada.push("ada/lab/broken:1", broken)

    image = inspected(registry, "ada/lab/broken:1")

    assert image.kind == "opaque"
    assert image.opaque_because
    assert ada.pull("ada/lab/broken:1").body == broken


def test_an_image_that_was_deleted_before_its_turn_is_nothing_to_worry_about(registry, ada):
    ada.push("ada/lab/blast:1", make_sif())
    ada.delete("/v1/images/ada/lab/blast:1")

    registry.run_jobs()

    with registry.parts.unit()() as services:
        assert services.outbox.counts() == {"waiting": 0, "failed": 0}


def test_a_copy_that_needed_no_upload_knows_the_same(registry, ada, bob):
    image = make_sif(labels={"version": "2.1"})
    ada.push("ada/lab/blast:1", image)
    registry.run_jobs()

    bob.push("bob/lab/blast:1", image)

    assert inspected(registry, "bob/lab/blast:1").inspection["labels"] == {"version": "2.1"}
    found = bob.get("/v1/search?value=version%3D2.1&arch=amd64").json["data"]["image"]
    assert [one["entityName"] for one in found] == ["ada", "bob"]
