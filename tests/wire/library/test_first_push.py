"""The first push and pull, as a story."""

from sregistry_core.testing.sif_files import make_sif


def test_what_one_pushes_a_stranger_pulls_by_two_protocols(ada, stranger):
    image = make_sif(labels={"org.example": "blast"})

    ada.push("ada/lab/blast:1", image)

    assert stranger.pull("ada/lab/blast:1").body == image
    manifest = stranger.shub("ada/lab/blast:1").json
    assert stranger.get(manifest["image"]).body == image
