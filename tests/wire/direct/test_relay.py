"""All bytes through us, from a store that no client can reach: ranges, memory, and who leaves."""

import hashlib
import http.client
import json
import os
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.network import Passage
from sregistry_core.testing.s3_fixtures import as_ini
from sregistry_core.testing.sif_files import make_sif
from sregistry_s3 import sregistry_storage

from .pushing import MIB, Push, objects

IMAGE = make_sif(payload_size=6 * MIB)


@pytest.fixture
def relayed(make_direct):
    return make_direct(cloud__relay="true")


def test_a_pull_comes_from_us_with_ranges(relayed):
    ada = relayed.user("ada")
    ada.push("ada/lab/blast:1", IMAGE)

    whole = ada.pull("ada/lab/blast:1", status=200)
    part = ada.pull("ada/lab/blast:1", headers={"Range": "bytes=1000-1999"}, status=206)
    end = ada.pull("ada/lab/blast:1", headers={"Range": "bytes=-10"}, status=206)
    ada.pull("ada/lab/blast:1", headers={"Range": f"bytes={len(IMAGE)}-"}, status=416)

    assert whole.body == IMAGE
    assert part.body == IMAGE[1000:2000]
    assert end.body == IMAGE[-10:]
    assert objects(relayed)[1] == []


@pytest.mark.parametrize("relay", ["true", "false"])
def test_the_size_is_told_at_once_whoever_has_the_bytes(make_direct, relay):
    registry = make_direct(cloud__relay=relay)
    ada = registry.user("ada")
    if relay == "true":
        ada.push("ada/lab/blast:1", IMAGE)
    else:
        Push(ada, IMAGE).in_parts()
    address = ada.shub("ada/lab/blast:1").json["image"]

    for answer in (
        ada.head("/v1/imagefile/ada/lab/blast:1?arch=amd64"),
        registry.stranger.head(address),
        ada.head(f"/v2/ada/lab/blast/blobs/sha256:{sha256(IMAGE)}"),
    ):
        assert answer.status_int == 200
        assert answer.content_length == len(IMAGE)
        assert "Location" not in answer.headers


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def passage(s3_server):
    with Passage(urlsplit(s3_server.url).port) as passage:
        yield passage


@pytest.fixture
def live(make_live_registry, cloud, passage):
    """A real server, whose way to the store can be looked at."""
    through = {
        **cloud,
        "endpoint": f"http://127.0.0.1:{passage.port}",
        "relay": "true",
        "part_size": "5M",
        "at_once": "1",
        "attempts": "4",
    }
    settings = {
        "sregistry.plugins": "s3",
        "sregistry.storage": "cloud",
        "filesystem.root": "",
        "sregistry.parallel_download_above": "0",
        **as_ini("cloud", through),
    }
    return make_live_registry(settings=settings)


class Client:
    """Speaks to a real server."""

    def __init__(self, server):
        self.server = server
        self.name = "ada"
        self.token = server.make_user(self.name)

    def ask(self, method, path, body=None):
        """Give status and body; JSON where it is some."""
        path = path.removeprefix(self.server.url)
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection = self.connection()
        try:
            connection.request(method, path, raw, self.headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(content) if is_json else content

    def connection(self):
        host, _, port = self.server.listen.rpartition(":")
        return http.client.HTTPConnection(host, int(port), timeout=120)

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def sent(self, image):
        """All of a push but its end; give the identifier of the image and of the container."""
        _, entity = self.ask("GET", f"/v1/entities/{self.name}")
        _, lab = self.ask("POST", "/v1/collections", named("lab", entity=entity["data"]["id"]))
        wanted = named("blast", collection=lab["data"]["id"])
        _, container = self.ask("POST", "/v1/containers", wanted)
        wanted = {"hash": f"sha256.{sha256(image)}", "container": container["data"]["id"]}
        _, announced = self.ask("POST", "/v1/images", wanted)
        path = f"/v2/imagefile/{announced['data']['id']}"
        _, begun = self.ask("POST", path, {"filesize": len(image), "sha256sum": sha256(image)})
        assert self.ask("PUT", begun["data"]["uploadURL"], image)[0] == 200
        return announced["data"]["id"], container["data"]["id"]

    def push(self, image):
        image_id, container = self.sent(image)
        assert self.ask("PUT", f"/v2/imagefile/{image_id}/_complete", {})[0] == 200
        tag = {"Arch": "amd64", "Tag": "1", "ImageID": image_id}
        assert self.ask("POST", f"/v2/tags/{container}", tag)[0] == 200


def named(name, **more):
    return {"name": name, **more}


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_who_leaves_in_the_middle_ends_the_transfer_from_the_store(live, passage):
    ada, image = Client(live), os.urandom(64 * MIB)
    ada.push(image)
    until(lambda: passage.connections <= 2)
    passed, idle = passage.passed, passage.connections

    connection = ada.connection()
    connection.request("GET", "/v1/imagefile/ada/lab/blast:1?arch=amd64", headers=ada.headers)
    answer = connection.getresponse()
    answer.read(100_000)
    assert passage.connections >= 1
    answer.close()
    connection.close()

    until(lambda: passage.connections <= idle)
    assert passage.passed - passed < len(image)


def test_images_pass_by_and_are_never_whole_in_memory(live):
    ada, image = Client(live), os.urandom(150 * MIB)
    ada.ask("GET", "/readyz")
    before = live.peak_memory()

    ada.push(image)
    status, pulled = ada.ask("GET", "/v1/imagefile/ada/lab/blast:1?arch=amd64")

    assert (status, sha256(pulled)) == (200, sha256(image))
    assert live.peak_memory() - before < 60 * MIB


def test_a_connection_to_the_store_that_breaks_is_not_the_clients_concern(live, passage):
    ada, image = Client(live), os.urandom(20 * MIB)
    ada.push(image)
    passage.break_off_after = 7 * MIB

    status, pulled = ada.ask("GET", "/v1/imagefile/ada/lab/blast:1?arch=amd64")

    assert passage.break_off_after is None
    assert (status, sha256(pulled)) == (200, sha256(image))


def test_a_server_that_is_killed_while_it_sends_to_the_store_goes_on_afterwards(live, cloud):
    ada, image = Client(live), os.urandom(80 * MIB)
    image_id, _ = ada.sent(image)
    finishing = threading.Thread(target=finish_in_vain, args=(ada, image_id))
    finishing.start()
    until(lambda: live.log_file.exists() and has_unfinished(cloud))

    live.kill()
    finishing.join()
    live.start()

    assert ada.ask("GET", f"/v1/images/ada/lab/blast:sha256.{sha256(image)}")[0] == 404
    assert ada.ask("PUT", f"/v2/imagefile/{image_id}/_complete", {})[0] == 200
    path = f"/v1/imagefile/ada/lab/blast:sha256.{sha256(image)}"
    assert sha256(ada.ask("GET", path)[1]) == sha256(image)
    assert not has_unfinished(cloud)


def finish_in_vain(ada, image_id):
    try:
        ada.ask("PUT", f"/v2/imagefile/{image_id}/_complete", {})
    except (OSError, http.client.HTTPException):
        return


def has_unfinished(cloud):
    storage = sregistry_storage("s3", PluginSettings("cloud", {**cloud}, Path(), {}))
    return bool(list(storage.unfinished()))
