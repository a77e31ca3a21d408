"""A stranger writes a plugin: written out by a command, installed elsewhere, tested, and used."""

import base64
import hashlib
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from sregistry_core.cli.plugin_kit import KINDS
from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.sif_files import make_sif

HOME = Path(__file__).parents[2]
NAMES = {kind: f"my-{kind}" for kind in KINDS}


def run(*words, cwd, **options):
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, **options
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A directory of a stranger's: an environment with the registry, and a plugin of each kind."""
    place = tmp_path_factory.mktemp("workshop")
    run(sys.executable, "-m", "venv", place / "venv", cwd=place)
    pip = [place / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    core = [f"{HOME}[testing]", HOME / "plugins/sregistry-filesystem"]
    run(*pip, *core, cwd=place, timeout=600)
    for kind, name in NAMES.items():
        run(place / "venv/bin/sregistry-admin", "plugin", "new", name, "--kind", kind, cwd=place)
    # Their requirements are there: what is missing would be a mistake of the template.
    written = [f"./sregistry-{name}" for name in NAMES.values()]
    run(*pip, "--no-deps", *written, cwd=place, timeout=300)
    run(place / "venv/bin/pip", "check", cwd=place)
    return place


def in_workshop(workshop, *words, cwd):
    return run(workshop / "venv/bin/python", *words, cwd=cwd, timeout=300)


def test_the_registry_of_the_workshop_is_not_that_of_the_tree(workshop):
    found = in_workshop(
        workshop, "-c", "import sregistry_core; print(sregistry_core.__file__)", cwd=workshop
    )

    assert Path(found.strip()).is_relative_to(workshop)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_passes_its_tests(workshop, kind):
    said = in_workshop(workshop, "-m", "pytest", "-q", cwd=workshop / f"sregistry-{NAMES[kind]}")

    assert "passed" in said.splitlines()[-1]
    assert "failed" not in said
    assert "warning" not in said


def test_ini_lines_enable_all_four_and_an_image_goes_through_them(workshop):
    line = in_workshop(
        workshop,
        "-c",
        "from sregistry_my_login import line_of; print(line_of('grace', 'from the desk'), end='')",
        cwd=workshop,
    )
    people, events = workshop / "people", workshop / "events"
    people.write_text(line)
    settings = {
        "sregistry.plugins": f"filesystem {' '.join(NAMES.values())}",
        "sregistry.storage": "my-storage",
        "my-storage.root": str(workshop / "images"),
        "sregistry.login": "my-login passwords",
        "my-login.path": str(people),
        "sregistry.listener": "my-listener",
        "my-listener.path": str(events),
        "sregistry.builder": "my-builder",
        "my-builder.command": "true",
        "sregistry.protocols": "discovery transfer library oci api",
    }
    # Nothing of the filesystem plugin's is opened, so that no key of its own may be there.
    python = workshop / "venv/bin/python"
    registry = LiveRegistry(workshop / "registry", settings=settings, python=python)
    registry.ini.write_text(registry.ini.read_text().replace("filesystem.root = var/images\n", ""))
    image = make_sif(labels={"org.example": "through a stranger's plugins"})
    with registry:
        registry.admin("user", "add", "ada", "--password-stdin", stdin="a long enough password\n")
        ada = registry.admin("token", "add", "ada").split()[0]
        token = token_of(registry, "grace", "from the desk")

        digest = push(registry, ada, "ada/lab/blast", image)
        pulled = fetch(f"{registry.url}/v1/imagefile/ada/lab/blast:1?arch=amd64")
        told = wait_for_events(events, {"ImagePushed", "TagMoved", "UserJoined"})

    assert told >= {"ImagePushed", "TagMoved", "UserJoined"}
    assert token
    assert pulled == image
    kept = [path for path in (workshop / "images").rglob("*") if path.is_file()]
    assert digest in {hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def wait_for_events(path, wanted, patience=60.0):
    """Listeners are told by jobs, soon after; gives the names of the events that they were told."""
    end = time.monotonic() + patience
    while True:
        lines = path.read_text().splitlines() if path.exists() else []
        told = {json.loads(line)["event"] for line in lines}
        if told >= wanted or time.monotonic() > end:
            return told
        time.sleep(0.05)


def token_of(registry, name, password):
    """Log in by a name and a password; gives a token for OCI clients."""
    address = f"{registry.url}/v2/token?service=registry&scope=repository:{name}/lab/x:pull,push"
    shown = base64.b64encode(f"{name}:{password}".encode()).decode()
    request = urllib.request.Request(address, headers={"Authorization": f"Basic {shown}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["token"]


def push(registry, token, path, image):
    """Push in one piece by the library's protocol; gives the digest."""
    entity, collection, container = path.split("/")
    digest = hashlib.sha256(image).hexdigest()

    def ask(method, where, wanted=None):
        return json.loads(fetch(f"{registry.url}{where}", method, wanted, token) or "{}")["data"]

    owner = ask("GET", f"/v1/entities/{entity}")["id"]
    shelf = ask("POST", "/v1/collections", {"name": collection, "entity": owner})["id"]
    box = ask("POST", "/v1/containers", {"name": container, "collection": shelf})["id"]
    announced = ask("POST", "/v1/images", {"hash": f"sha256.{digest}", "container": box})["id"]
    begun = ask("POST", f"/v2/imagefile/{announced}", {"filesize": len(image)})
    fetch(begun["uploadURL"], "PUT", image)
    ask("PUT", f"/v2/imagefile/{announced}/_complete", {})
    ask("POST", f"/v2/tags/{box}", {"Arch": "amd64", "Tag": "1", "ImageID": announced})
    return digest


def fetch(address, method="GET", body=None, token=None):
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(address, content, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()
