"""A push to a repository of Git becomes an image that the client pulls by shub://."""

import shlex
import subprocess
import time
from pathlib import Path

import pytest

from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.git_forge import GitForge
from sregistry_core.testing.live import free_address

RECIPE = """Bootstrap: localimage
From: {base}

%files
    greeting.txt /greeting.txt

%post
    cat /greeting.txt

%labels
    built.from git
"""
HOOK = """#!/bin/sh
# What is written in docs/protocols/webhooks.md.
cd {place}
body='{{}}'
digits=$(printf %s "$body" | openssl dgst -sha256 -hmac "$(cat hook-secret)" | sed 's/.* //')
curl --fail --silent --show-error --data "$body" --header 'Content-Type: application/json' \\
    --header "X-Hub-Signature-256: sha256=$digits" "$(cat hook-url)"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory, apptainer_root):
    """A directory that the client in its root and the registry see alike."""
    return Apptainer(apptainer_root, tmp_path_factory.mktemp("git"))


@pytest.fixture
def forge(tmp_path):
    made = GitForge(tmp_path / "forge")
    made.directory.mkdir()
    yield made
    made.close()


@pytest.fixture
def registry(make_live_registry, place):
    """A registry that builds in the root of the client."""
    enter = place.place / "enter"
    enter.write_text(f'#!/bin/sh\nexec {shlex.join(place.entering())} "$@"\n')
    enter.chmod(0o755)
    return make_live_registry(
        listen=f"{free_address()}:80",
        settings={
            "sregistry.plugins": "filesystem local-builder",
            "sregistry.builder": "local-builder",
            "sregistry.build_directory": str(place.place / "work"),
            "sregistry.git_allow_private": "true",
            "sregistry.protocols": "discovery transfer library shub webhooks",
            "local-builder.enter": str(enter),
            "local-builder.user": place.user,
        },
    )


class Transcript:
    """What was typed, and what was answered."""

    def __init__(self):
        self.lines = []

    def note(self, command, said):
        self.lines += [f"$ {command}", *said.strip().splitlines()]
        return said


def test_a_push_is_built_and_pulled_by_shub(registry, place, forge):
    typed = Transcript()
    registry.make_user("ada")
    registry.admin("collection", "add", "ada/lab")
    base = place.build_runnable_image("base.sif", "cat")
    repository = forge.repository("ada/recipes")
    said = typed.note(
        f"sregistry-admin repository connect ada/lab {repository.url}",
        registry.admin("repository", "connect", "ada/lab", repository.url),
    )
    shown = dict(line.split(":", 1) for line in said.splitlines())
    (repository.bare / "hook-url").write_text(shown["webhook"].strip())
    (repository.bare / "hook-secret").write_text(shown["secret"].split()[0])
    hook = Path(repository.bare, "hooks", "post-receive")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(place=shlex.quote(str(repository.bare))))
    hook.chmod(0o755)
    for name, text in {
        "hello/Singularity.1.0": RECIPE.format(base=base),
        "hello/greeting.txt": "hello from the repository\n",
    }.items():
        path = repository.work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "A recipe")
    pushed = subprocess.run(
        ["git", "push", "origin", "main"],
        cwd=repository.work,
        check=True,
        capture_output=True,
        text=True,
    )
    typed.note("git push origin main", pushed.stdout + pushed.stderr)
    assert "the repository will be looked at" in pushed.stderr

    build = _ended(registry)

    typed.note("sregistry-admin builds list ada/lab", registry.admin("builds", "list", "ada/lab"))
    log = typed.note(f"sregistry-admin builds log {build}", registry.admin("builds", "log", build))
    assert "hello from the repository" in log
    host = registry.url.removeprefix("http://")
    reference = f"shub://{host}/ada/lab/hello:1.0"
    typed.note(
        f"apptainer pull --no-https pulled.sif {reference}",
        place.must("pull", "--no-https", "--force", "pulled.sif", reference),
    )
    labels = typed.note("apptainer inspect pulled.sif", place.must("inspect", "pulled.sif"))
    assert "built.from: git" in labels
    commit = repository.git("rev-parse", "HEAD")
    state = typed.note(
        "sregistry-admin repository show ada/lab", registry.admin("repository", "show", "ada/lab")
    )
    assert f"commit: {commit} " in " ".join(state.split())
    assert shown["secret"].split()[0] not in registry.log
    print("\n".join(typed.lines))


def _ended(registry, seconds=200):
    """Wait for the build, and give its number."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        listed = registry.admin("builds", "list", "ada/lab")
        if "succeeded" in listed:
            (line,) = [one for one in listed.splitlines() if "succeeded" in one]
            return line.split()[0]
        assert "failed" not in listed, registry.log
        time.sleep(0.5)
    raise AssertionError(f"nothing was built: {registry.admin('repository', 'show', 'ada/lab')}")
