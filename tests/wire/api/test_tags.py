"""Tags: set, moved, frozen, removed."""

import hashlib

import pytest

from sregistry_core.testing.sif_files import make_sif

TAGS = "/api/v1/containers/ada/lab/blast/tags"
ONE, TWO = make_sif(labels={"number": "1"}), make_sif(labels={"number": "2"})
ARM = make_sif(arch="arm64")


def digest(image):
    return f"sha256:{hashlib.sha256(image).hexdigest()}"


@pytest.fixture
def tags(ada):
    ada.push("ada/lab/blast:1", ONE)
    ada.push("ada/lab/blast:2", TWO)
    ada.push("ada/lab/blast:arm", ARM, arch="arm64")
    return TAGS


def test_a_tag_is_set_moved_and_shown(registry, ada, tags):
    first = ada.put(f"{tags}/Stable", {"digest": digest(ONE)}, status=200).json
    again = ada.put(f"{tags}/stable", {"digest": digest(ONE)}, status=200).json

    assert first == again
    assert first["tag"] == "stable"
    assert [(one["arch"], one["digest"]) for one in first["images"]] == [("amd64", digest(ONE))]

    moved = ada.put(f"{tags}/stable", {"digest": digest(TWO)}, status=200).json
    assert moved["images"][0]["digest"] == digest(TWO)
    both = ada.put(f"{tags}/stable", {"digest": digest(ARM), "arch": "arm64"}, status=200).json
    assert [one["arch"] for one in both["images"]] == ["amd64", "arm64"]
    assert ada.get(f"{tags}/stable", status=200).json == both


def test_tags_are_listed_by_name(ada, tags, stranger):
    listed = stranger.get(tags, status=200).json

    assert [one["tag"] for one in listed["items"]] == ["1", "2", "arm"]
    assert listed["next_after"] is None


def test_a_frozen_tag_neither_moves_nor_goes(ada, tags, refusal):
    frozen = ada.patch(f"{tags}/1", {"frozen": True}, status=200).json
    assert frozen["frozen"] and frozen["frozen_at"]

    refused = [
        ada.put(f"{tags}/1", {"digest": digest(TWO)}, status=409),
        ada.put(f"{tags}/1", {"digest": digest(ARM)}, status=409),
        ada.delete(f"{tags}/1", status=409),
        ada.delete(f"/api/v1/containers/ada/lab/blast/images/{digest(ONE)}", status=409),
        ada.delete("/api/v1/containers/ada/lab/blast", status=409),
    ]

    assert refusal(refused[0]) == (409, "conflict", "the tag 1 of ada/lab/blast is frozen")
    assert ada.patch(f"{tags}/1", {"frozen": False}, status=200).json["frozen"] is False
    ada.put(f"{tags}/1", {"digest": digest(TWO)}, status=200)


def test_a_tag_is_removed_for_one_architecture_or_for_all(ada, tags):
    for image in (ONE, ARM):
        ada.put(f"{tags}/stable", {"digest": digest(image)}, status=200)

    ada.delete(f"{tags}/stable?arch=s390x", status=404)
    ada.delete(f"{tags}/stable?arch=ARM64", status=204)
    left = ada.get(f"{tags}/stable", status=200).json["images"]
    assert [one["arch"] for one in left] == ["amd64"]

    ada.delete(f"{tags}/stable", status=204)
    ada.get(f"{tags}/stable", status=404)
    ada.delete(f"{tags}/stable", status=404)
    ada.get(f"/api/v1/containers/ada/lab/blast/images/{digest(ONE)}", status=200)


def test_what_no_tag_can_be_says_the_rule(ada, tags, refusal):
    bad = ada.put(f"{tags}/.x", {"digest": digest(ONE)}, status=400)
    like_a_digest = ada.put(f"{tags}/sha256.{'a' * 64}", {"digest": digest(ONE)}, status=400)
    other_arch = ada.put(f"{tags}/3", {"digest": digest(ONE), "arch": "arm64"}, status=400)
    no_digest = ada.put(f"{tags}/3", {"digest": "latest"}, status=400)

    assert "1 to 128 letters" in refusal(bad)[2]
    assert "reads as a digest" in refusal(like_a_digest)[2]
    assert refusal(other_arch)[2] == "the image is for amd64, not for arm64"
    assert "not a SHA-256" in refusal(no_digest)[2]
    ada.put(f"{tags}/3", {"digest": f"sha256:{'0' * 64}"}, status=404)
    ada.get(f"{tags}/3", status=404)
