"""The program oras: files of any kind, what refers to them, and everything below its commands."""

import json

import pytest

from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.oci_programs import SIF_LAYER

pytestmark = pytest.mark.real


@pytest.fixture
def ada(ada):
    ada.log_in("oras")
    (ada.place / "table.csv").write_text("1,2,3\n")
    return ada


@pytest.fixture
def data(ada):
    """A pushed file; gives its address."""
    ada.must("oras", "push", ada.at("lab/data:1"), "table.csv:text/csv")
    return ada.at("lab/data:1")


def test_a_sif_is_pushed_under_two_tags_and_pulled(ada, nobody, sif, server):
    ada.put(sif)
    ada.must("oras", "push", ada.at("lab/blast:1,latest"), f"{sif.name}:{SIF_LAYER}")

    nobody.must("oras", "pull", ada.at("lab/blast:latest"), "-o", "pulled")

    assert sha256_of(nobody.place / "pulled" / sif.name) == sha256_of(sif)
    image = f"{server.url}/api/v1/containers/{ada.name}/lab/blast/images/1"
    assert f'"digest":"sha256:{sha256_of(sif)}"' in nobody.must("curl", "-s", image)


def test_what_is_attached_is_discovered(ada, nobody, data):
    (ada.place / "note.txt").write_text("checked\n")
    kind = ["--artifact-type", "application/vnd.example.note"]
    ada.must("oras", "attach", data, *kind, "note.txt")
    ada.must("oras", "attach", data, "--artifact-type", "application/vnd.example.other", "note.txt")

    every = json.loads(nobody.must("oras", "discover", data, "--format", "json"))
    notes = json.loads(nobody.must("oras", "discover", data, "--format", "json", *kind))

    assert len(every["referrers"]) == 2
    (note,) = notes["referrers"]
    nobody.must("oras", "pull", note["reference"], "-o", "pulled")
    assert (nobody.place / "pulled/note.txt").read_text() == "checked\n"


def test_a_copy_takes_along_what_is_attached(ada, nobody, data, answered):
    ada.must("oras", "attach", data, "--artifact-type", "application/vnd.example.note", "table.csv")

    before = answered()
    screen = ada.must("oras", "cp", "-r", data, ada.at("lab/copy:1"))

    assert "Mounted" in screen
    assert (answered() - before)["oci POST 202"] == 0, "no bytes are sent again"
    shown = nobody.must("oras", "discover", ada.at("lab/copy:1"))
    assert "application/vnd.example.note" in shown
    assert nobody.must("oras", "resolve", data) == nobody.must(
        "oras", "resolve", ada.at("lab/copy:1")
    )


def test_a_tag_is_set_and_deleted(ada, nobody, data):
    ada.must("oras", "tag", data, "stable", "2")

    assert nobody.must("oras", "repo", "tags", ada.at("lab/data")).split() == ["1", "2", "stable"]
    digest = nobody.must("oras", "resolve", ada.at("lab/data:stable"))
    assert digest == nobody.must("oras", "resolve", data)

    # It deletes what the tag points at, and so every tag of it.
    ada.must("oras", "manifest", "delete", "--force", ada.at("lab/data:stable"))

    assert "not found" in nobody.refused("oras", "resolve", data)


def test_a_manifest_is_fetched_and_pushed_again(ada, nobody, data):
    text = nobody.must("oras", "manifest", "fetch", data)
    assert json.loads(text)["layers"][0]["mediaType"] == "text/csv"
    (ada.place / "manifest.json").write_text(text)

    ada.must("oras", "manifest", "push", ada.at("lab/data:again"), "manifest.json")

    digest = nobody.must("oras", "resolve", ada.at("lab/data:again"))
    assert digest == nobody.must("oras", "resolve", data)


def test_a_blob_is_pushed_fetched_and_deleted(ada, nobody):
    digest = f"sha256:{sha256_of(ada.place / 'table.csv')}"
    blob = f"{ada.at('lab/data')}@{digest}"

    ada.must("oras", "blob", "push", ada.at("lab/data"), "table.csv")
    nobody.must("oras", "blob", "fetch", blob, "--output", "fetched.csv")
    assert (nobody.place / "fetched.csv").read_text() == "1,2,3\n"

    ada.must("oras", "blob", "delete", "--force", blob)
    nobody.refused("oras", "blob", "fetch", blob, "--output", "again.csv")


def test_repositories_are_listed_to_those_who_may_see_them(ada, bob, nobody, data, make_private):
    make_private(f"{ada.name}/secret")
    ada.must("oras", "push", ada.at("secret/data:1"), "table.csv")
    bob.log_in("oras")

    own = {f"{ada.name}/lab/data", f"{ada.name}/secret/data"}
    assert own <= set(ada.must("oras", "repo", "ls", ada.host).split())
    for person in (bob, nobody):
        listed = set(person.must("oras", "repo", "ls", ada.host).split())
        assert own & listed == {f"{ada.name}/lab/data"}
    assert ada.must("oras", "repo", "ls", f"{ada.host}/{ada.name}/").split() == [
        "lab/data",
        "secret/data",
    ]


def test_a_repository_is_saved_and_restored(ada, nobody, data):
    ada.must("oras", "backup", "--output", "saved.tar", data)

    ada.must("oras", "restore", "--input", "saved.tar", ada.at("lab/restored:1"))

    digest = nobody.must("oras", "resolve", ada.at("lab/restored:1"))
    assert digest == nobody.must("oras", "resolve", data)


def test_a_frozen_tag_is_refused_with_our_words(ada, server, data):
    server.admin("tag", "freeze", f"{ada.name}/lab/data:1")
    (ada.place / "table.csv").write_text("4,5,6\n")

    screen = ada.refused("oras", "push", ada.at("lab/data:1"), "table.csv:text/csv")

    assert "is frozen" in screen


def test_a_name_that_cannot_be_is_refused_with_the_rule(ada):
    # A push begins with HEAD, whose answer has no words.
    assert "400: Bad Request" in ada.refused("oras", "push", ada.at("lab/a/b/c:1"), "table.csv")

    screen = ada.refused("oras", "repo", "tags", ada.at("lab/a/b/c"))
    assert "name invalid" in screen
