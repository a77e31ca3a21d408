"""crane: container images put together in the registry itself, copied, shown and deleted."""

import json

import pytest

pytestmark = pytest.mark.real


@pytest.fixture
def tool(ada, push_container):
    """A container image of ada's, who is logged in; gives its address."""
    push_container(ada, "lab/tool:1")
    ada.log_in("crane")
    return ada.at("lab/tool:1")


def test_an_image_is_appended_shown_and_valid(ada, nobody, tool, layer):
    longer = ada.at("lab/longer:1")

    ada.must("crane", "append", "-b", tool, "-f", layer, "-t", longer)

    assert len(json.loads(nobody.must("crane", "manifest", longer))["layers"]) == 2
    assert nobody.must("crane", "validate", "--remote", longer).startswith("PASS")
    assert "data" in nobody.must("crane", "export", longer, "-")


def test_a_copy_has_the_same_digest_and_sends_no_bytes(ada, nobody, tool, answered):
    before = answered()

    screen = ada.must("crane", "copy", tool, ada.at("lab/copy:1"))

    assert screen.count("mounted blob") == 2
    assert (answered() - before)["oci PATCH 202"] == 0
    assert nobody.must("crane", "digest", tool) == nobody.must(
        "crane", "digest", ada.at("lab/copy:1")
    )


def test_nobody_mounts_what_they_may_not_read(ada, bob, tool, server, make_private, answered):
    make_private(f"{ada.name}/secret")
    ada.must("crane", "copy", tool, ada.at("secret/tool:1"))
    bob.log_in("crane")
    layer = json.loads(ada.must("crane", "manifest", tool))["layers"][0]["digest"]

    hidden = bob.refused("crane", "blob", f"{ada.at('secret/tool')}@{layer}")
    absent = bob.refused("crane", "blob", f"{ada.at('secret/other')}@{layer}")

    assert hidden.replace("secret/tool", "secret/other") == absent


def test_labels_and_tags_are_changed_in_the_registry(ada, nobody, tool):
    ada.must("crane", "mutate", tool, "--label", "maintainer=ada", "-t", ada.at("lab/tool:2"))
    ada.must("crane", "tag", ada.at("lab/tool:2"), "stable")

    shown = json.loads(nobody.must("crane", "config", ada.at("lab/tool:stable")))
    assert shown["config"]["Labels"] == {"maintainer": "ada"}
    assert nobody.must("crane", "ls", ada.at("lab/tool")).split() == ["1", "2", "stable"]


def test_repositories_are_listed_also_without_a_login(ada, nobody, tool, make_private):
    make_private(f"{ada.name}/secret")
    ada.must("crane", "copy", tool, ada.at("secret/tool:1"))

    own = {f"{ada.name}/lab/tool", f"{ada.name}/secret/tool"}
    assert own <= set(ada.must("crane", "catalog", ada.host).split())
    assert own & set(nobody.must("crane", "catalog", ada.host).split()) == {f"{ada.name}/lab/tool"}


def test_a_tag_is_deleted_alone_and_an_image_with_all_its_tags(ada, nobody, tool):
    ada.must("crane", "tag", tool, "2")
    ada.must("crane", "tag", tool, "3")
    digest = ada.must("crane", "digest", tool).strip()

    nobody.refused("crane", "delete", tool)
    ada.must("crane", "delete", tool)
    assert nobody.must("crane", "ls", ada.at("lab/tool")).split() == ["2", "3"]

    ada.must("crane", "delete", f"{ada.at('lab/tool')}@{digest}")
    assert nobody.must("crane", "ls", ada.at("lab/tool")).split() == []


def test_an_index_of_two_images_is_made_and_pulled(ada, nobody, tool, layer):
    ada.must("crane", "append", "-b", tool, "-f", layer, "-t", ada.at("lab/other:1"))
    words = ["-m", tool, "-m", ada.at("lab/other:1"), "-t", ada.at("lab/many:1")]
    ada.must("crane", "index", "append", *words)

    shown = json.loads(nobody.must("crane", "manifest", ada.at("lab/many:1")))
    assert len(shown["manifests"]) == 2
    nobody.must("crane", "pull", "--format", "oci", ada.at("lab/many:1"), "pulled")
    ada.must("crane", "push", "--index", nobody.place / "pulled", ada.at("lab/again:1"))
    assert nobody.must("crane", "validate", "--remote", ada.at("lab/again:1")).startswith("PASS")
