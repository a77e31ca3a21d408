"""A definition file becomes an image by the site's own Apptainer, and is pulled by the client."""

import shlex
import time
from pathlib import Path

import pytest

from sregistry_core.models import BuildState
from sregistry_core.names import ImageName
from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.live import free_address

SOON_SECONDS = 10
STOPPED = "the server was stopped: this build waits in the queue, and begins again"
DEFINITION = """Bootstrap: localimage
From: {base}

%post
    echo building on {{{{ WHERE }}}}

%labels
    built.here yes
"""
ENDLESS = """Bootstrap: localimage
From: {base}

%post
    echo begun
    sleep SECONDS
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory, apptainer_root):
    """A directory that the client in its root and the registry see alike."""
    return Apptainer(apptainer_root, tmp_path_factory.mktemp("builds"))


@pytest.fixture(scope="module")
def base(place):
    """An image with a shell, which builds start from."""
    return place.build_runnable_image("base.sif", "sleep")


@pytest.fixture(scope="module")
def build_key(place):
    """The key of the registry, in the keyring that the client keeps, with a passphrase."""
    fingerprint = place.new_key("Builds", "builds@registry.test", passphrase="open sesame")
    return fingerprint, place.keyring / "pgp-secret"


@pytest.fixture
def registry(make_live_registry, place, build_key):
    """A registry that builds in the root of the client, and signs."""
    enter = place.place / "enter"
    enter.write_text(f'#!/bin/sh\nexec {shlex.join(place.entering())} "$@"\n')
    enter.chmod(0o755)
    return make_live_registry(
        listen=f"{free_address()}:80",
        settings={
            "sregistry.plugins": "filesystem local-builder",
            "sregistry.builder": "local-builder",
            "sregistry.build_directory": str(place.place / "work"),
            "local-builder.enter": str(enter),
            "local-builder.options": "--no-https",
            "local-builder.user": place.user,
            "sregistry.protocols": "discovery transfer library oci shub hkp api ui",
            "sregistry.build_key": str(build_key[1]),
            "sregistry.build_key_passphrase": "open sesame",
        },
    )


def write(registry, base, text=DEFINITION):
    path = Path(registry.directory, "recipe.def")
    path.write_text(text.format(base=base))
    return str(path)


def test_a_build_that_is_ordered_is_followed_and_pulled_by_shub(registry, place, base):
    registry.make_user("ada")

    said = registry.admin(
        "build", write(registry, base), "ada/lab/blast:1", "--build-arg", "WHERE=a node"
    )

    assert "building on a node" in said
    host = registry.url.removeprefix("http://")
    place.must("pull", "--no-https", "--force", "pulled.sif", f"shub://{host}/ada/lab/blast:1")
    assert "built.here: yes" in place.must("inspect", "pulled.sif")
    listed = registry.admin("builds", "list", "ada/lab")
    assert "succeeded" in listed and "ada/lab/blast:1" in listed


def test_an_image_that_was_fetched_to_start_from_is_told_by_its_digest(registry, base):
    registry.make_user("ada")
    registry.admin("build", write(registry, base), "ada/lab/base:1", "--build-arg", "WHERE=here")
    with registry.services() as services:
        name = ImageName.parse("ada/lab/base:1", home="")
        digest = services.images.resolve(name).digest
    # With its port it is not spelled as the registry calls itself: the builder alone knows it.
    origin = f"{registry.url.removeprefix('http://')}:80/ada/lab/base:1"
    recipe = f"Bootstrap: oras\nFrom: {origin}\n\n%post\n    echo more > /more\n"

    registry.admin("build", write(registry, base, recipe), "ada/lab/more:1")

    with registry.services() as services:
        image = services.images.resolve(ImageName.parse("ada/lab/more:1", home=""))
        _wait_until(lambda: services.db.rollback() or services.build_statements.of(image))
        (found,) = services.build_statements.of(image)
    definition = found.statement["predicate"]["buildDefinition"]
    assert definition["resolvedDependencies"] == [
        {"uri": f"oras://{origin}", "digest": {"sha256": digest.removeprefix("sha256:")}}
    ]


def test_what_is_built_is_verified_by_the_client_with_the_key_server(
    registry, place, base, build_key, apptainer
):
    registry.make_user("ada")
    registry.admin("build", write(registry, base), "ada/lab/blast:1", "--build-arg", "WHERE=a")
    host = registry.url.removeprefix("http://")

    # A client that has never seen the key.
    apptainer.must("pull", "--no-https", "pulled.sif", f"shub://{host}/ada/lab/blast:1")
    said = apptainer.must("verify", "--url", registry.url, "pulled.sif")

    assert build_key[0] in said.replace(" ", "").upper()
    assert "Container verified" in said or "Verified" in said


def test_a_build_that_fails_ends_the_command_with_its_reason(registry, base):
    registry.make_user("ada")
    recipe = write(registry, base, "Bootstrap: localimage\nFrom: {base}\n%post\n    exit 7\n")

    done = registry.try_admin("build", recipe, "ada/lab/blast:1")

    assert done.returncode == 1
    assert "the build has failed: " in done.stderr
    assert "Running post scriptlet" in done.stdout
    assert registry.admin("builds", "list", "--state", "failed").count("ada/lab/blast:1") == 1


def test_a_build_that_is_cancelled_ends_with_all_its_processes(registry, base):
    registry.make_user("ada")
    recipe = write(registry, base, ENDLESS.replace("SECONDS", "613"))
    build = registry.admin("build", "--detach", recipe, "ada/lab/blast:1").strip()
    _wait_until(lambda: "begun" in _said(registry, build))

    registry.admin("builds", "cancel", build)

    _wait_until(lambda: _state(registry, build) is BuildState.CANCELLED)
    assert "begun" in registry.admin("builds", "log", build)
    assert not _is_running("613")


def test_a_server_that_is_killed_leaves_no_build_running(registry, base):
    registry.make_user("ada")
    recipe = write(registry, base, ENDLESS.replace("SECONDS", "617"))
    build = registry.admin("build", "--detach", recipe, "ada/lab/blast:1").strip()
    _wait_until(lambda: "begun" in _said(registry, build))

    registry.kill()

    _wait_until(lambda: not _is_running("617"))


def test_a_server_that_is_stopped_ends_its_build_and_begins_it_again(registry, place, base):
    registry.make_user("ada")
    (place.place / "again").unlink(missing_ok=True)
    text = ENDLESS.replace("%post", "%setup\n    test -e {place}/again || sleep 619\n%post")
    text = text.replace("{place}", str(place.place)).replace("SECONDS", "0")
    recipe = write(registry, base, text)
    build = registry.admin("build", "--detach", recipe, "ada/lab/blast:1").strip()
    _wait_until(lambda: _is_running("619"))
    (place.place / "again").touch()

    asked_at = time.monotonic()
    registry.stop()

    assert time.monotonic() - asked_at < SOON_SECONDS
    assert not _is_running("619")
    assert _state(registry, build) is BuildState.QUEUED
    registry.start()
    _wait_until(lambda: _state(registry, build) is BuildState.SUCCEEDED)
    said = _said(registry, build)
    assert said.count(STOPPED) == 1
    assert "begun" in said[said.index(STOPPED) :]
    _wait_until(lambda: not (place.place / "work" / build).exists())


def _said(registry, build):
    with registry.services() as services:
        return [line.text for line in services.builds.lines(services.builds.find(build))]


def _state(registry, build):
    with registry.services() as services:
        return services.builds.find(build).state


def _is_running(seconds):
    words = ("sleep", seconds)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if tuple(path.read_bytes().decode().strip("\0").split("\0")) == words:
                return True
        except OSError:
            continue
    return False


def _wait_until(happened, seconds=100):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
