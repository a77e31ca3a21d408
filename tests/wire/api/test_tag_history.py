"""The history of tags: what each pointed at, since when, and who moved it."""

import hashlib
from datetime import timedelta

import pytest

from sregistry_core.testing.sif_files import make_sif

CONTAINER = "/api/v1/containers/ada/lab/blast"
HISTORY = f"{CONTAINER}/tags/stable/history"
ONE, TWO = make_sif(labels={"number": "1"}), make_sif(labels={"number": "2"})


def digest(image):
    return f"sha256:{hashlib.sha256(image).hexdigest()}"


@pytest.fixture
def later(registry):
    """Lets a minute pass."""
    return lambda: registry.clock.move(timedelta(minutes=1))


def told(actor, path=HISTORY):
    return [
        (one["arch"], one["digest"], one["moved_by"], one["is_here"])
        for one in actor.get(path, status=200).json["items"]
    ]


def test_every_move_is_told_the_newest_first(registry, ada, meet, later):
    bob = meet("bob", is_admin=True)
    ada.push("ada/lab/blast:stable", ONE)
    later()
    bob.push("ada/lab/blast:stable", TWO)
    later()
    ada.delete(f"{CONTAINER}/tags/stable", status=204)

    assert told(ada) == [
        ("amd64", None, "ada", False),
        ("amd64", digest(TWO), "bob", True),
        ("amd64", digest(ONE), "ada", True),
    ]


def test_setting_a_tag_where_it_is_already_is_no_move(ada, later):
    ada.push("ada/lab/blast:stable", ONE)
    later()
    ada.put(f"{CONTAINER}/tags/stable", {"digest": digest(ONE)}, status=200)

    assert len(told(ada)) == 1


def test_the_history_outlives_the_image(ada, later):
    ada.push("ada/lab/blast:stable", ONE)
    later()
    ada.delete(f"{CONTAINER}/images/stable", status=204)

    assert told(ada) == [("amd64", None, "ada", False), ("amd64", digest(ONE), "ada", False)]


def test_each_architecture_has_its_own_moves(ada, later):
    arm = make_sif(arch="arm64")
    ada.push("ada/lab/blast:stable", ONE)
    later()
    ada.push("ada/lab/blast:stable", arm, arch="arm64")
    later()
    ada.delete(f"{CONTAINER}/tags/stable?arch=amd64", status=204)

    assert told(ada) == [
        ("amd64", None, "ada", False),
        ("arm64", digest(arm), "ada", True),
        ("amd64", digest(ONE), "ada", True),
    ]


def test_the_history_comes_in_pages(ada, later):
    for image in (ONE, TWO, ONE):
        ada.push("ada/lab/blast:stable", image)
        later()

    first = ada.get(f"{HISTORY}?limit=2", status=200).json
    rest = ada.get(f"{HISTORY}?limit=2&after={first['next_after']}", status=200).json

    digests = [one["digest"] for one in first["items"] + rest["items"]]
    assert digests == [digest(ONE), digest(TWO), digest(ONE)]
    assert rest["next_after"] is None
    assert ada.get(f"{HISTORY}?after=nothing", status=200).json["items"] == []


def test_a_tag_that_never_was_has_no_history(ada):
    ada.push("ada/lab/blast:stable", ONE)

    refused = ada.get(f"{CONTAINER}/tags/other/history", status=404)

    assert refused.json["error"]["message"] == "ada/lab/blast:other does not exist"


def test_hidden_history_is_as_absent(registry, ada, bob):
    ada.push("ada/lab/blast:stable", ONE)
    registry.hide("ada/lab")

    bob.get(HISTORY, status=404)
