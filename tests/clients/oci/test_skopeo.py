"""skopeo: container images and SIFs from layouts, to directories, and between repositories."""

import json

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real


@pytest.fixture
def ada(ada):
    ada.log_in("skopeo")
    return ada


@pytest.fixture
def tool(ada, layer):
    """A container image in a layout of ada's; gives what skopeo calls it."""
    ada.must("crane", "append", "-f", layer, "-t", "tool:1", "-o", "tool.tar")
    ada.must("skopeo", "copy", "docker-archive:tool.tar", "oci:tool:1")
    return "oci:tool:1"


def test_a_layout_goes_to_the_registry_and_comes_back(ada, nobody, tool):
    ada.must("skopeo", "copy", tool, ada.docker("lab/tool:1"))

    nobody.must("skopeo", "copy", ada.docker("lab/tool:1"), "dir:pulled")

    index = json.loads((ada.place / "tool/index.json").read_text())
    manifest = nobody.place / "pulled/manifest.json"
    assert index["manifests"][0]["digest"] == f"sha256:{sha256_of(manifest)}"
    for layer in json.loads(manifest.read_text())["layers"]:
        digest = layer["digest"].removeprefix("sha256:")
        assert sha256_of(nobody.place / "pulled" / digest) == digest


def test_what_one_repository_has_is_mounted_in_another(ada, tool, answered):
    ada.must("skopeo", "copy", tool, ada.docker("lab/tool:1"))
    before = answered()

    ada.must("skopeo", "copy", ada.docker("lab/tool:1"), ada.docker("lab/copy:1"))

    asked = answered() - before
    assert asked["oci POST 201"] == 1, "the layer is mounted"
    assert asked["oci PATCH 202"] == 1, "the config is sent"
    ada.must("skopeo", "copy", ada.docker("lab/copy:1"), "dir:pulled")


def test_an_image_is_inspected(ada, nobody, tool):
    ada.must("skopeo", "copy", tool, ada.docker("lab/tool:1"))

    shown = json.loads(nobody.must("skopeo", "inspect", ada.docker("lab/tool:1")))

    index = json.loads((ada.place / "tool/index.json").read_text())
    assert shown["Digest"] == index["manifests"][0]["digest"]
    assert shown["RepoTags"] == ["1"]
    assert len(shown["Layers"]) == 1


def test_a_sif_is_copied_and_shown_raw(ada, nobody, sif):
    layout = ada.layout_of(sif)

    ada.must("skopeo", "copy", f"oci:{layout}", ada.docker("lab/blast:1"))

    nobody.must("skopeo", "copy", ada.docker("lab/blast:1"), "dir:pulled")
    assert (nobody.place / "pulled" / sha256_of(sif)).read_bytes() == sif.read_bytes()
    raw = nobody.must("skopeo", "inspect", "--raw", ada.docker("lab/blast:1"))
    assert raw == (nobody.place / "pulled/manifest.json").read_text()
    # It takes every image for one with a root file system.
    refused = nobody.refused("skopeo", "inspect", ada.docker("lab/blast:1"))
    assert "unsupported image-specific operation on artifact" in refused


def test_tags_are_listed_and_deleted(ada, nobody, tool):
    for tag in ("1", "2"):
        ada.must("skopeo", "copy", tool, ada.docker(f"lab/tool:{tag}"))
    listed = json.loads(nobody.must("skopeo", "list-tags", ada.docker("lab/tool")))
    assert listed["Tags"] == ["1", "2"]

    assert "401 Unauthorized" in nobody.refused("skopeo", "delete", ada.docker("lab/tool:1"))
    # It deletes what the tag points at, and so every tag of it.
    ada.must("skopeo", "delete", ada.docker("lab/tool:1"))

    listed = json.loads(nobody.must("skopeo", "list-tags", ada.docker("lab/tool")))
    assert listed["Tags"] == []


def test_a_login_may_be_given_with_the_command(ada, bob, nobody, tool, make_private):
    make_private(f"{ada.name}/secret")
    ada.must("skopeo", "copy", tool, ada.docker("secret/tool:1"))
    words = ["--src-creds", f"{ada.name}:{ada.password}"]
    words += ["--dest-creds", f"{bob.name}:{bob.password}"]

    nobody.must("skopeo", "copy", *words, ada.docker("secret/tool:1"), bob.docker("lab/tool:1"))

    nobody.must("skopeo", "inspect", bob.docker("lab/tool:1"))
    nobody.refused("skopeo", "inspect", ada.docker("secret/tool:1"))
    words = ["--src-creds", f"{ada.name}:wrong password"]
    screen = nobody.refused("skopeo", "copy", *words, ada.docker("secret/tool:1"), "dir:pulled")
    assert "unknown name or wrong password" in screen


def test_an_index_is_copied_with_all_that_it_names(ada, nobody, push_container):
    push_container(ada, "lab/tool:1")
    ada.log_in("crane")
    words = ["-m", ada.at("lab/tool:1"), "-t", ada.at("lab/many:1")]
    ada.must("crane", "index", "append", *words)

    nobody.must("skopeo", "copy", "--all", ada.docker("lab/many:1"), "dir:many")
    ada.must("skopeo", "copy", "--all", f"dir:{nobody.place}/many", ada.docker("lab/again:1"))

    before = nobody.must("skopeo", "inspect", "--raw", ada.docker("lab/many:1"))
    assert nobody.must("skopeo", "inspect", "--raw", ada.docker("lab/again:1")) == before
    assert len(json.loads(before)["manifests"]) == 1
