"""The build log as a process of its own, and within the server: followed, ended, started again."""

import json
import os
import signal
import socket
import subprocess
from contextlib import ExitStack
from urllib.request import Request, urlopen

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from sregistry_core.testing.live import LiveRegistry, free_port

SETTINGS = {
    "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
    "sregistry.builder": "toy",
    "sregistry.protocols": "discovery transfer library remotebuild api",
}
DEFINITION = "say begun\nwait 100\nsay never"


def order(registry, token):
    wish = json.dumps({"name": "ada/lab/blast:1", "definition": DEFINITION}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{registry.url}/api/v1/builds", wish, headers), timeout=60) as answer:
        return json.load(answer)["id"]


@pytest.fixture
def following():
    with ExitStack() as stack:

        def follow(address, build, token, query=""):
            connecting = connect(
                f"ws://{address}/v1/build-ws/{build}{query}",
                additional_headers={"Authorization": f"Bearer {token}"},
                proxy=None,
            )
            return stack.enter_context(connecting)

        yield follow


def cancel(registry, build):
    with registry.services() as services:
        services.builds.cancel(services.builds.find(build))


def end_of(client):
    """What comes until the end, and its code."""
    said = ""
    while True:
        try:
            said += client.recv(timeout=60)
        except ConnectionClosed as end:
            return said, end.rcvd.code


def start(registry, address):
    process = subprocess.Popen(
        registry.command("buildlog"),
        cwd=registry.directory,
        env=registry.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == f"the build log of Live Registry is at {address}\n"
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "stopping\n")


def test_whoever_follows_is_told_that_it_ends_and_goes_on_where_it_was(tmp_path, following):
    address = f"127.0.0.1:{free_port()}"
    settings = {**SETTINGS, "sregistry.build_log": address}
    with LiveRegistry(tmp_path / "live", settings=settings) as registry:
        token = registry.make_user("ada")
        build = order(registry, token)
        process = start(registry, address)
        try:
            client = following(address, build, token)
            assert client.recv(timeout=60) == "begun\n"
            stop(process)
            assert end_of(client) == ("", 1001)
            process = start(registry, address)
            client = following(address, build, token, "?after=1")
            cancel(registry, build)
            last = "the build has ended without an image: it was cancelled\n"
            assert end_of(client) == (last, 1000)
            stop(process)
        finally:
            process.kill()
        assert "Traceback" not in registry.log


def test_within_the_server_it_is_reached_at_the_same_address_and_ends_with_it(tmp_path, following):
    with LiveRegistry(tmp_path / "live", settings=SETTINGS) as registry:
        token = registry.make_user("ada")
        build = order(registry, token)
        client = following(registry.listen, build, token)
        idle = [following(registry.listen, build, token) for _ in range(20)]
        assert client.recv(timeout=60) == "begun\n"

        # They take none of its threads, of which there are eight.
        with urlopen(f"{registry.url}/version", timeout=60) as answer:
            assert answer.status == 200
        cancel(registry, build)
        assert [end_of(one)[1] for one in [client, *idle]] == [1000] * 21
        client = following(registry.listen, order(registry, token), token)
        assert client.recv(timeout=60) == "begun\n"
        # It waits for the build afterwards, and nobody who follows it needs to.
        os.kill(registry.pid, signal.SIGTERM)
        assert end_of(client) == ("", 1001)
        registry.kill()
        assert "Traceback" not in registry.log


def test_the_command_wants_an_address(tmp_path):
    registry = LiveRegistry(tmp_path / "live", settings=SETTINGS)
    registry.admin("init")

    refusal = registry.try_admin("buildlog")

    assert (refusal.returncode, refusal.stdout) == (1, "")
    assert "sregistry.build_log = embedded" in refusal.stderr


def test_an_address_that_is_taken_is_said_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        registry = LiveRegistry(
            tmp_path / "live", settings={**SETTINGS, "sregistry.build_log": address}
        )
        registry.admin("init")

        refusal = registry.try_admin("buildlog")

    assert refusal.returncode == 1
    assert refusal.stderr.strip().endswith(f"build_log = {address}: address already in use")
