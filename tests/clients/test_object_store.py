"""Images in an object store: every client pushes and pulls, by way of the store and through us."""

import json
import re
import time
from urllib.request import urlopen

import pytest

from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.live import LiveRegistry, free_address
from sregistry_core.testing.s3_fixtures import as_ini

from .test_every_pair import everybody
from .ways import WAYS_IN, WAYS_OUT

pytestmark = pytest.mark.real

__all__ = ["everybody"]


@pytest.fixture(scope="module", params=["direct", "relay"])
def server(apptainer_root, s3_server, request, tmp_path_factory):
    """The real server on port 80 of an address of its own, with its images on a real store."""
    cloud = {**s3_server.make_bucket(), "relay": str(request.param == "relay").lower()}
    settings = {
        "sregistry.protocols": "discovery transfer library oci sregistry shub api ui",
        "sregistry.plugins": "s3",
        "sregistry.storage": "cloud",
        "filesystem.root": "",
        **as_ini("cloud", cloud),
    }
    directory = tmp_path_factory.mktemp("server")
    with LiveRegistry(directory, listen=f"{free_address()}:80", settings=settings) as registry:
        yield registry
    assert "Traceback" not in registry.log


@pytest.fixture
def is_direct(request):
    return request.node.callspec.params["server"] == "direct"


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_what_each_client_pushes_is_pulled(everybody, way_in):
    sha256 = everybody.pushed(way_in)
    name = f"by-{way_in.replace('://', '-uri')}"

    assert WAYS_OUT["library://"](everybody.nobody, f"lab/{name}").sha256 == sha256
    assert WAYS_OUT["library://"](everybody.ada, f"secret/{name}").sha256 == sha256
    assert WAYS_OUT["library://"](everybody.bob, f"secret/{name}").sha256 is None


@pytest.mark.parametrize("way_out", WAYS_OUT)
def test_each_client_pulls_what_was_pushed(everybody, way_out):
    sha256 = everybody.pushed("library://")

    assert WAYS_OUT[way_out](everybody.nobody, "lab/by-library-uri").sha256 == sha256


def test_a_large_image_is_pushed_in_parts_and_pulled_in_ranges(
    everybody, samples, server, is_direct
):
    ada, before = everybody.ada.apptainer, brought(server)
    ada.push(samples.big, "lab/big:1")
    came_by_us = brought(server) - before

    assert ada.pull(ada.library("lab/big:1")).sha256 == sha256_of(samples.big)
    # Two parts of 64 MiB, the second one shorter, each by one PUT.
    assert came_by_us == (0 if is_direct else 2)
    until_verified(server)
    assert ada.pull(ada.library("lab/big:1")).sha256 == sha256_of(samples.big)


def brought(server):
    """How many PUTs to our own addresses of bytes were answered so far with 200."""
    with urlopen(f"{server.url}/metrics") as answer:
        text = answer.read().decode()
    counted = re.findall(r"^sregistry_requests_total\{(.*)\} (\S+)$", text, re.M)
    wanted = ('method="PUT"', 'protocol="transfer"', 'status="200"')
    return sum(float(number) for said, number in counted if all(one in said for one in wanted))


def until_verified(server):
    deadline = time.monotonic() + 60
    while "blobs.verify" in server.admin("jobs", "list"):
        assert time.monotonic() < deadline, server.admin("jobs", "list")
        time.sleep(0.5)


def test_the_registry_is_ready(server):
    with urlopen(f"{server.url}/readyz") as answer:
        assert json.load(answer)["checks"]["storage cloud"] == "ok"
    assert "storage cloud: kept, gave back and removed" in server.try_admin("doctor").stdout
