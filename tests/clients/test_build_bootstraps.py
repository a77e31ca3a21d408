"""What a definition may start from, built by the site's own Apptainer for users of the registry."""

import json
import re
import shlex
import time
from base64 import b64encode
from urllib.error import HTTPError

import pytest
from sqlalchemy import select

from sregistry_core.models import Token
from sregistry_core.services.authentication import digest_of
from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.components import leave_out
from sregistry_core.testing.live import LiveRegistry, free_address

from .building_site import BUSYBOX, Site, push_docker, push_sif, scratch


@pytest.fixture(scope="module")
def place(tmp_path_factory, apptainer_root):
    """A directory that the client in its root and the registry see alike."""
    if not BUSYBOX.exists():
        leave_out("no busybox that is linked statically")
    place = Apptainer(apptainer_root, tmp_path_factory.mktemp("bootstraps"))
    place.put(BUSYBOX, "busybox")
    return place


@pytest.fixture(scope="module")
def base(place):
    """A small image with a shell, which builds start from."""
    recipe = place.write("base.def", scratch(place))
    place.must("build", "base.sif", recipe)
    return place.place / "base.sif"


@pytest.fixture(scope="module")
def site(tmp_path_factory, place, base):
    """The registry, with a public and a private collection of Ada's that hold images."""
    enter = place.place / "enter"
    enter.write_text(f'#!/bin/sh\nexec {shlex.join(place.entering())} "$@"\n')
    enter.chmod(0o755)
    settings = {
        "sregistry.plugins": "filesystem local-builder",
        "sregistry.builder": "local-builder",
        "sregistry.build_directory": str(place.place / "work"),
        "local-builder.enter": str(enter),
        "local-builder.options": "--no-https",
        "local-builder.user": place.user,
        "sregistry.protocols": "discovery transfer library oci api",
    }
    directory = tmp_path_factory.mktemp("registry")
    with LiveRegistry(directory, listen=f"{free_address()}:80", settings=settings) as registry:
        tokens = {name: registry.make_user(name) for name in ("ada", "bob")}
        site = Site(registry, place, tokens)
        for collection in ("lab", "secret"):
            made = {"entity": "ada", "collection": collection, "private": collection == "secret"}
            site.ask("ada", "/api/v1/collections", json.dumps(made).encode())
            push_sif(site, base, f"ada/{collection}/base")
            push_docker(site, f"ada/{collection}/docker")
        yield site
    assert "Traceback" not in registry.log


BOOTSTRAPS = {
    "docker": "Bootstrap: docker\nFrom: HOST/ada/COLLECTION/docker:1\n",
    "oras": "Bootstrap: oras\nFrom: HOST/ada/COLLECTION/base:1\n",
    "library": "Bootstrap: library\nFrom: ada/COLLECTION/base:1\n",
}


@pytest.mark.parametrize("agent", BOOTSTRAPS)
def test_whoever_may_read_a_private_image_builds_upon_it(site, agent):
    definition = BOOTSTRAPS[agent].replace("COLLECTION", "secret")

    log = site.must_build("ada", f"{definition}\n%post\n    echo from $(ls /bin/busybox)\n")

    assert "from /bin/busybox" in log


@pytest.mark.parametrize("agent", BOOTSTRAPS)
def test_nobody_else_builds_upon_a_private_image(site, agent):
    private, public = (BOOTSTRAPS[agent].replace("COLLECTION", name) for name in ("secret", "lab"))

    refused = site.build("bob", private)

    assert refused.state == "failed"
    assert refused.reason == "apptainer build ended with status 255"
    assert re.search("FATAL.*(not found|does not exist|not exist|denied|unknown)", refused.log)
    site.must_build("bob", public)


def test_the_token_of_a_build_is_in_no_log_and_no_image_and_ends_with_it(site):
    definition = (
        "Bootstrap: library\nFrom: ada/secret/base:1\n\n"
        # What is copied by such words is none of the build's own files.
        "%files\n    . /all\n\n"
        "%setup\n    cat $HOME/.apptainer/*.json $HOME/.apptainer/*.yaml\n"
        "%post\n    grep -r sregistry_ / --exclude-dir=proc 2>/dev/null | head -n 1 || true\n"
        "    env\n    cat /proc/*/environ\n    sleep 4\n"
    )
    build = site.order("ada", definition)
    secret = _wait_for(lambda: _secret_in(site, build))

    token = _token_of(site, build)
    assert (token.digest, token.scope) == (digest_of(secret), "pull")
    assert site.ask_with(secret, "/api/v1/collections/ada/secret")
    with pytest.raises(HTTPError, match=r"40[13]"):
        site.ask_with(secret, "/api/v1/collections/ada/secret", method="DELETE")
    built = site.end_of("ada", build)

    assert built.state == "succeeded", built.log
    assert '"Token": "***"' in built.log
    assert secret not in built.log
    assert b64encode(f"ada:{secret}".encode()).decode() not in built.log
    assert _token_of(site, build) is None
    with pytest.raises(HTTPError, match="401"):
        site.ask_with(secret, "/api/v1/collections/ada/lab")
    unpacked = site.look_into("ada")
    files = [path for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 5
    assert not any(secret.encode() in path.read_bytes() for path in files)


def _token_of(site, build):
    with site.registry.services() as services:
        return services.db.scalar(select(Token).where(Token.name == f"of the build {build}"))


def _secret_in(site, build):
    """Read it where the program does."""
    path = site.place.place / "work" / build / "work/home/.apptainer/remote.yaml"
    return json.loads(path.read_text())["Remotes"]["registry"]["Token"] if path.exists() else ""


def _wait_for(look):
    deadline = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return found
