"""Remote builds by the real client of Sylabs: files sent along, live output, Ctrl-C, the image."""

import hashlib
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from sregistry_core.models import Build, BuildState
from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.components import leave_out
from sregistry_core.testing.live import LiveRegistry

DEFINITION = """Bootstrap: localimage
From: {base}

%files
    data.txt /opt/data.txt

%post
    echo the file says: $(cat /opt/data.txt)
"""
SCRIPT = Path(__file__).parents[1] / "components/scs-build.sh"
# The client orders no definition without files.
RECIPE = """%files
    data.txt /opt/data.txt
%post
{lines}
"""


@pytest.fixture(scope="module")
def program():
    """The client; without it the test is skipped, but on CI it fails."""
    made = subprocess.run(["bash", SCRIPT], capture_output=True, text=True, check=False)
    if made.returncode:
        leave_out(f"no build client: {made.stderr.strip()}")
    return made.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    settings = {
        "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
        "sregistry.builder": "toy",
        "sregistry.protocols": "discovery transfer library remotebuild api",
    }
    with LiveRegistry(tmp_path_factory.mktemp("registry") / "live", settings=settings) as live:
        yield live
    assert "Traceback" not in live.log


class Terminal:
    """Ada's directory, with a recipe and the file that it copies."""

    def __init__(self, program, registry, place, token):
        self.place = place
        self._program, self._registry, self._token = program, registry, token
        (place / "data.txt").write_text("a text of mine")
        (place / "tmp").mkdir()

    def start(self, lines, *words, token=None):
        text = lines if lines.startswith("Bootstrap") else RECIPE.format(lines=lines)
        (self.place / "blast.def").write_text(text)
        command = [self._program, "build", "--url", self._registry.url, "blast.def", *words]
        return subprocess.Popen(
            command,
            cwd=self.place,
            env={
                **os.environ,
                "SYLABS_AUTH_TOKEN": token or self._token,
                "TMPDIR": str(self.place / "tmp"),
                "no_proxy": "*",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def build(self, lines, *words, token=None):
        process = self.start(lines, *words, token=token)
        said, errors = process.communicate(timeout=120)
        return process.returncode, said, errors


@pytest.fixture
def ada(program, registry, tmp_path, request):
    name = f"ada{abs(hash(request.node.name)) % 10**6}"
    terminal = Terminal(program, registry, tmp_path, registry.make_user(name))
    terminal.name = name
    return terminal


def state_of_the_last(registry):
    with registry.services() as services:
        return services.db.scalars(select(Build).order_by(Build.ordered_at.desc())).first().state


def test_an_image_is_built_with_files_of_the_author_and_fetched(ada, registry):
    data = str(ada.place / "data.txt").lstrip("/")

    code, said, errors = ada.build(f"copy {data}\nlabel made=remotely", "blast.sif")

    assert code == 0, errors
    assert "a text of mine\n" in said
    assert "Image checksum verified successfully" in errors
    image = (ada.place / "blast.sif").read_bytes()
    with registry.services() as services:
        build = services.db.scalars(
            select(Build).where(Build.image_digest == f"sha256:{hashlib.sha256(image).hexdigest()}")
        ).one()
        assert build.unnamed
        assert build.collection.private


def test_an_image_goes_to_the_collection_that_was_named(ada, registry):
    code, _, errors = ada.build("say hello", f"library:{ada.name}/lab/blast:7")

    assert code == 0, errors
    assert f"{ada.name}/lab/blast:7" in registry.admin("builds", "list", f"{ada.name}/lab")


def test_lines_come_while_it_builds_and_ctrl_c_cancels(ada, registry):
    process = ada.start("say begun\nwait 100", f"library:{ada.name}/lab/blast:1")
    try:
        lines = iter(process.stdout.readline, "")
        assert "begun\n" in lines
        assert state_of_the_last(registry) is BuildState.RUNNING
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 1
    deadline = time.monotonic() + 60
    while state_of_the_last(registry) is not BuildState.CANCELLED:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_screen_says_why_there_is_no_image(ada):
    code, said, errors = ada.build("say trying\nfail no such package", "blast.sif")

    assert code == 1
    assert said.endswith("trying\nthe build has ended without an image: no such package\n")
    assert "failed to build image" in errors
    assert not (ada.place / "blast.sif").exists()


def test_a_wrong_token_and_a_collection_of_others_are_refused_in_words(ada, registry):
    registry.make_user(f"{ada.name}x")

    assert "401" in ada.build("say x", "x.sif", token="sregistry_wrong")[2]
    code, _, errors = ada.build("say x", f"library:{ada.name}x/lab/blast:1")
    assert code == 1
    assert "403 Forbidden" in errors and "may not push" in errors


def test_apptainer_builds_with_the_files_of_the_author(
    program, make_live_registry, apptainer_root, tmp_path_factory, tmp_path
):
    place = Apptainer(apptainer_root, tmp_path_factory.mktemp("builds"))
    base = place.build_runnable_image("base.sif", "cat")
    enter = place.place / "enter"
    enter.write_text(f'#!/bin/sh\nexec {shlex.join(place.entering())} "$@"\n')
    enter.chmod(0o755)
    registry = make_live_registry(
        settings={
            "sregistry.plugins": "filesystem local-builder",
            "sregistry.builder": "local-builder",
            "sregistry.build_directory": str(place.place / "work"),
            "sregistry.protocols": "discovery transfer library remotebuild api",
            "local-builder.enter": str(enter),
            "local-builder.user": place.user,
        }
    )
    ada = Terminal(program, registry, tmp_path, registry.make_user("ada"))

    code, said, errors = ada.build(DEFINITION.format(base=base), "blast.sif")

    assert code == 0, said + errors
    assert "the file says: a text of mine\n" in said
    place.put(tmp_path / "blast.sif")
    assert "a text of mine" in place.must("exec", "blast.sif", "cat", "/opt/data.txt")
