"""The registry builds on a real Slurm: a server that was stopped or killed finds its job again."""

import time
from pathlib import Path

import pytest

from sregistry_core.models import BuildState
from sregistry_core.testing.live import LiveRegistry, free_address
from sregistry_core.testing.slurm_apptainer import BuildingSlurm

SOON_SECONDS = 10
RECIPE = """Bootstrap: localimage
From: {base}

%setup
    for step in 1 2; do
        echo "step $step"
        until test -e {place}/past-$step; do sleep 0.2; done
    done

%post
    echo "the token is $TOKEN"

%labels
    built.by slurm
"""


@pytest.fixture(scope="module")
def cluster(apptainer_root):
    with BuildingSlurm(apptainer_root) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def base(cluster):
    return cluster.client.build_runnable_image("base.sif", "sleep")


@pytest.fixture(scope="module")
def registry(tmp_path_factory, cluster):
    settings = {
        "sregistry.plugins": "filesystem slurm-builder",
        "sregistry.builder": "slurm-builder",
        "sregistry.protocols": "discovery transfer library oci shub api",
        "sregistry.build_directory": str(cluster.place / "builds"),
        "sregistry.job_lease": "2s",
        "slurm-builder.command": " ".join(cluster.command),
        "slurm-builder.options": "--ignore-fakeroot-command --no-https",
        "slurm-builder.user": f"{cluster.user}:{cluster.group}",
        "slurm-builder.slurm_conf": str(cluster.slurm.config),
        "slurm-builder.collections": "ada/* partition=urgent",
        "slurm-builder.pause": "1s",
    }
    place = tmp_path_factory.mktemp("registry") / "live"
    with LiveRegistry(place, listen=f"{free_address()}:80", settings=settings) as live:
        live.make_user("ada")
        yield live


def test_a_server_that_was_stopped_and_then_killed_finds_its_job_again_and_the_image_is_pulled(
    registry, cluster, base
):
    registry.admin("collection", "add", "ada/lab")
    registry.admin("secret", "set", "ada/lab", "TOKEN", "-", stdin="swordfish\n")
    build = _order(registry, RECIPE.format(base=base, place=cluster.place), "ada/lab/blast:1")
    _wait_until(lambda: "step 1" in _said(registry, build))

    stopped_at = time.monotonic()
    registry.stop()
    assert time.monotonic() - stopped_at < SOON_SECONDS
    assert _build(registry, build).state is BuildState.RUNNING
    assert _job(cluster, build) == ["urgent", "RUNNING"]
    (cluster.place / "past-1").touch()
    registry.start()
    _wait_until(lambda: "step 2" in _said(registry, build))
    registry.kill()
    (cluster.place / "past-2").touch()
    registry.start()

    ended = _ended(registry, build)
    assert ended.state is BuildState.SUCCEEDED, ended.reason
    assert "apptainer version 1." in ended.built_with
    said = _said(registry, build)
    assert [line for line in said if line.startswith("step")] == ["step 1", "step 2"]
    assert len([line for line in said if line.startswith("the job ")]) == 1
    assert "the token is ***" in said
    assert not any("swordfish" in line for line in said)
    assert _job(cluster, build) == ["urgent", "COMPLETED"]
    host = registry.url.removeprefix("http://")
    client = cluster.client
    client.must("pull", "--no-https", "--force", "pulled.sif", f"shub://{host}/ada/lab/blast:1")
    assert "built.by: slurm" in client.must("inspect", "pulled.sif")
    _wait_until(lambda: list((cluster.place / "builds").iterdir()) == [])


def test_what_a_job_has_fetched_to_start_from_is_told_by_its_digest(registry, base):
    recipe = f"Bootstrap: localimage\nFrom: {base}\n"
    first = _ended(registry, _order(registry, recipe, "ada/lab/base:1"))
    # With its port it is not spelled as the registry calls itself: the builder alone knows it.
    origin = f"oras://{registry.url.removeprefix('http://')}:80/ada/lab/base:1"
    recipe = f"Bootstrap: oras\nFrom: {origin.removeprefix('oras://')}\n"

    second = _ended(registry, _order(registry, recipe, "ada/lab/more:1"))

    assert second.state is BuildState.SUCCEEDED, "\n".join(_said(registry, second.id))
    assert second.facts[f"base:{origin}"] == first.image_digest


def _order(registry, recipe, name):
    path = Path(registry.directory, "recipe.def")
    path.write_text(recipe)
    return registry.admin("build", "--detach", str(path), name).strip()


def _ended(registry, build):
    _wait_until(lambda: _build(registry, build).ended_at is not None)
    return _build(registry, build)


def _job(cluster, build):
    """The partition and the state of the one job of a build."""
    said = cluster.slurm.run("squeue", "--noheader", "--states=all", "--format=%j %P %T")
    (found,) = [line.split() for line in said.splitlines() if line.split()[0].endswith(build)]
    assert found[0] == f"sregistry-build-{build}"
    return found[1:]


def _build(registry, build):
    with registry.services() as services:
        found = services.builds.find(build)
        services.db.expunge(found)
        return found


def _said(registry, build):
    with registry.services() as services:
        return [line.text for line in services.builds.lines(services.builds.find(build))]


def _wait_until(happened, seconds=100):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
