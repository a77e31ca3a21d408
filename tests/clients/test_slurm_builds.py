"""The registry builds on a real Slurm: a server that was stopped or killed finds its job again."""

import time
from pathlib import Path

import pytest

from sregistry_core.models import BuildState
from sregistry_core.testing.live import free_address
from sregistry_core.testing.slurm_apptainer import BuildingSlurm

SOON_SECONDS = 8
RECIPE = """Bootstrap: localimage
From: {base}

%post
    echo "the token is $TOKEN"
    for n in 1 2 3 4 5 6; do echo "step $n"; sleep 1; done

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


@pytest.fixture
def registry(make_live_registry, cluster):
    return make_live_registry(
        listen=f"{free_address()}:80",
        settings={
            "sregistry.plugins": "filesystem slurm-builder",
            "sregistry.builder": "slurm-builder",
            "sregistry.build_directory": str(cluster.place / "builds"),
            "sregistry.job_lease": "2s",
            "slurm-builder.command": " ".join(cluster.command),
            "slurm-builder.options": "--ignore-fakeroot-command",
            "slurm-builder.user": f"{cluster.user}:{cluster.group}",
            "slurm-builder.slurm_conf": str(cluster.slurm.config),
            "slurm-builder.collections": "ada/* partition=urgent",
            "slurm-builder.pause": "1s",
        },
    )


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_server_that_has_gone_finds_its_job_again_and_the_image_is_pulled(
    registry, cluster, base, end
):
    registry.make_user("ada")
    registry.admin("collection", "add", "ada/lab")
    registry.admin("secret", "set", "ada/lab", "TOKEN", "-", stdin="swordfish\n")
    recipe = Path(registry.directory, "recipe.def")
    recipe.write_text(RECIPE.format(base=base))
    build = registry.admin("build", "--detach", str(recipe), "ada/lab/blast:1").strip()
    _wait_until(lambda: "step 2" in _said(registry, build))

    gone_at = time.monotonic()
    getattr(registry, end)()
    assert time.monotonic() - gone_at < SOON_SECONDS
    assert _build(registry, build).state is BuildState.RUNNING
    assert _states_of_jobs(cluster)[f"sregistry-build-{build}"] == ["urgent", "RUNNING"]
    registry.start()

    _wait_until(lambda: _build(registry, build).ended_at is not None)
    ended = _build(registry, build)
    assert ended.state is BuildState.SUCCEEDED, ended.reason
    assert "apptainer version 1." in ended.built_with
    said = _said(registry, build)
    assert [line for line in said if line.startswith("step")] == [f"step {n}" for n in range(1, 7)]
    assert len([line for line in said if line.startswith("the job ")]) == 1
    assert "the token is ***" in said
    assert not any("swordfish" in line for line in said)
    assert _states_of_jobs(cluster)[f"sregistry-build-{build}"] == ["urgent", "COMPLETED"]
    host = registry.url.removeprefix("http://")
    client = cluster.client
    client.must("pull", "--no-https", "--force", "pulled.sif", f"shub://{host}/ada/lab/blast:1")
    assert "built.by: slurm" in client.must("inspect", "pulled.sif")
    assert list((cluster.place / "builds").iterdir()) == []


def _states_of_jobs(cluster):
    said = cluster.slurm.run("squeue", "--noheader", "--states=all", "--format=%j %P %T")
    lines = [line.split() for line in said.splitlines()]
    assert len({line[0] for line in lines}) == len(lines), "a build was submitted twice"
    return {line[0]: line[1:] for line in lines}


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
