"""The same jobs with a real Redis: it only delivers the news, the rows are the truth."""

import socket
import subprocess
import time

import pytest

from sregistry_core.testing.components import need
from sregistry_core.testing.sif_files import make_sif


class RedisServer:
    """A Redis of the test's own, on a loopback port, that keeps nothing."""

    def __init__(self, directory):
        self._program = need("redis-server", "redis-server")
        self._directory = directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        self._process = subprocess.Popen(
            [
                self._program,
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                str(self._directory),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_for(self._answers)

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


def inspected(ada):
    image = ada.get("/v1/images/ada/lab/blast:1").json["data"]
    found = ada.get("/v1/search?value=version%3D2.1&arch=amd64").json["data"]["image"]
    return [one["id"] for one in found] == [image["id"]]


@pytest.mark.real
def test_a_worker_hears_through_redis_of_what_was_pushed(make_registry, redis):
    registry = make_registry(jobs=redis.url)
    ada = registry.user("ada")
    registry.parts.jobs.start()

    ada.push("ada/lab/blast:1", make_sif(labels={"version": "2.1"}))

    wait_for(lambda: inspected(ada))
    registry.parts.jobs.stop()


@pytest.mark.real
def test_a_push_while_redis_is_gone_is_taken_and_its_job_done_later(make_registry, redis):
    registry = make_registry(jobs=redis.url)
    ada = registry.user("ada")
    redis.stop()

    ada.push("ada/lab/blast:1", make_sif(labels={"version": "2.1"}))
    assert not inspected(ada)

    redis.start()
    registry.parts.jobs.start()
    wait_for(lambda: inspected(ada))
    registry.parts.jobs.stop()
