"""How an image was built, as oras discovers, fetches and copies it."""

import json
import time

import pytest

pytestmark = pytest.mark.real

KIND = ["--artifact-type", "application/vnd.in-toto+json"]


def statements(person, address):
    found = person.must("oras", "discover", address, "--format", "json", *KIND)
    return json.loads(found)["referrers"]


@pytest.fixture
def built(ada, server):
    """The address of an image that the registry has built for Ada."""
    ada.log_in("oras")
    recipe = server.directory / "recipe.def"
    recipe.write_text("Bootstrap: docker\nFrom: alpine@sha256:" + "a" * 64 + "\nsay hello\n")
    name = f"{ada.name}/lab/built:1"
    server.admin("build", str(recipe), name)
    deadline = time.monotonic() + 30
    # The statement is made by a job of its own.
    while not statements(ada, ada.at("lab/built:1")) and time.monotonic() < deadline:
        time.sleep(0.2)
    return ada.at("lab/built:1")


def test_it_is_discovered_and_fetched(nobody, server, built):
    (found,) = statements(nobody, built)

    assert found["annotations"]["vnd.sregistry.builder"] == server.url
    manifest = json.loads(nobody.must("oras", "manifest", "fetch", found["reference"]))
    (layer,) = manifest["layers"]
    repository = found["reference"].partition("@")[0]
    blob = nobody.must("oras", "blob", "fetch", "-o", "-", f"{repository}@{layer['digest']}")
    predicate = json.loads(blob)["predicate"]
    assert predicate["runDetails"]["builder"]["version"]["toy"] == "toy 1.0"
    (base,) = predicate["buildDefinition"]["resolvedDependencies"]
    assert base["digest"] == {"sha256": "a" * 64}


def test_a_copy_takes_it_along_and_nobody_makes_one_up(ada, nobody, server, built):
    ada.must("oras", "cp", "-r", built, ada.at("lab/copy:1"))

    (original,), (copied,) = statements(nobody, built), statements(nobody, ada.at("lab/copy:1"))
    assert copied["digest"] == original["digest"]
    (ada.place / "lie.json").write_text("{}")
    named = ["--annotation", f"vnd.sregistry.builder={server.url}"]
    lie = ["lie.json:application/vnd.in-toto+json"]
    refused = ada.run("oras", "attach", built, *KIND, *named, *lie)
    assert refused.code != 0
    assert "says itself" in refused.screen
