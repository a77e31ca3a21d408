"""buildah: container images made from nothing, pushed, pulled and built upon."""

import json
from pathlib import Path

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real


@pytest.fixture
def ada(ada):
    ada.log_in("buildah")
    (ada.place / "table.csv").write_text("1,2,3\n")
    ada.must("buildah", "from", "--name", "work", "scratch")
    ada.must("buildah", "copy", "work", "table.csv", "/table.csv")
    return ada


def content(person, image):
    """What the file in an image says."""
    container = person.must("buildah", "from", image).strip().splitlines()[-1]
    mounted = person.must("buildah", "mount", container).strip()
    text = Path(mounted, "table.csv").read_text()
    person.must("buildah", "umount", container)
    return text


def test_an_image_is_committed_pushed_and_pulled_by_anybody(ada, nobody):
    ada.must("buildah", "commit", "work", "tool")
    ada.must("buildah", "push", "tool", ada.docker("lab/tool:1"))

    nobody.must("buildah", "pull", ada.at("lab/tool:1"))

    assert content(nobody, ada.at("lab/tool:1")) == "1,2,3\n"


def test_an_image_is_committed_straight_into_the_registry(ada, nobody):
    ada.must("buildah", "commit", "work", ada.docker("lab/tool:1"))

    nobody.must("buildah", "pull", ada.at("lab/tool:1"))

    assert content(nobody, ada.at("lab/tool:1")) == "1,2,3\n"


def test_an_image_is_built_upon_one_of_the_registry(ada, nobody, answered):
    ada.must("buildah", "commit", "work", ada.docker("lab/base:1"))
    (ada.place / "more.csv").write_text("4,5,6\n")
    recipe = f"FROM {ada.at('lab/base:1')}\nCOPY more.csv /more.csv\n"
    (ada.place / "Containerfile").write_text(recipe)

    ada.must("buildah", "build", "--layers=false", "-t", "more", ".")
    ada.must("buildah", "push", "more", ada.docker("lab/more:1"))

    shown = json.loads(nobody.must("skopeo", "inspect", "--raw", ada.docker("lab/more:1")))
    base = json.loads(nobody.must("skopeo", "inspect", "--raw", ada.docker("lab/base:1")))
    assert len(shown["layers"]) == len(base["layers"]) + 1


def test_a_list_of_images_is_pushed_with_all_that_it_names(ada, nobody):
    ada.must("buildah", "commit", "work", "tool")
    ada.must("buildah", "manifest", "create", "many")
    ada.must("buildah", "manifest", "add", "--os", "linux", "--arch", "arm64", "many", "tool")

    ada.must("buildah", "manifest", "push", "--all", "many", ada.docker("lab/many:1"))

    shown = json.loads(nobody.must("skopeo", "inspect", "--raw", ada.docker("lab/many:1")))
    assert [one["platform"]["architecture"] for one in shown["manifests"]] == ["arm64"]


def test_a_login_may_be_given_with_the_command(ada, nobody, make_private):
    make_private(f"{ada.name}/secret")
    ada.must("buildah", "commit", "work", ada.docker("secret/tool:1"))
    name = ada.at("secret/tool:1")

    assert "unauthorized" in nobody.refused("buildah", "pull", name)
    assert "invalid username/password" in nobody.refused(
        "buildah", "pull", "--creds", f"{ada.name}:wrong password", name
    )
    nobody.must("buildah", "pull", "--creds", f"{ada.name}:{ada.password}", name)


def test_the_digest_of_a_push_is_the_one_of_the_registry(ada, nobody):
    ada.must("buildah", "commit", "work", "tool")
    words = ["--digestfile", "digest", "tool", ada.docker("lab/tool:1")]
    ada.must("buildah", "push", *words)

    digest = (ada.place / "digest").read_text().strip()

    nobody.must("skopeo", "copy", f"docker://{ada.at('lab/tool')}@{digest}", "dir:pulled")
    assert f"sha256:{sha256_of(nobody.place / 'pulled/manifest.json')}" == digest
