"""Listening, waiting, and what the application and the client get to see."""

import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sregistry_core.errors import ConfigurationError
from sregistry_core.server import ServerSettings, run_from_ini, serve

from .conftest import REPOSITORY, eventually


def test_waitress_is_the_version_that_our_parts_were_made_for():
    pinned = re.search(r'"waitress==([\d.]+)"', (REPOSITORY / "setup.py").read_text())

    assert importlib.metadata.version("waitress") == pinned[1] == "3.0.2"


def test_an_address_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(ConfigurationError) as caught:
            serve(lambda environ, start_response: [], ServerSettings(listen=(address,)))

    assert str(caught.value) == f"cannot listen on {address}: address already in use"


def test_an_address_that_is_not_ours_is_one_line():
    with pytest.raises(ConfigurationError, match=r"^cannot listen on 192\.0\.2\.1:80: cannot"):
        serve(lambda environ, start_response: [], ServerSettings(listen=("192.0.2.1:80",)))


def test_a_mistake_in_the_ini_file_stops_the_start():
    with pytest.raises(ConfigurationError, match="server:main knows no setting thread"):
        run_from_ini(lambda environ, start_response: [], {}, thread="4")


def test_the_server_listens_on_every_address(start_server):
    server = start_server("listen=127.0.0.1:0 127.0.0.2:0")

    assert [host for host, _ in server.addresses] == ["127.0.0.1", "127.0.0.2"]
    for address in server.addresses:
        server.addresses = [address]
        with server.connect() as client:
            client.send("GET", "/ping")
            assert client.answer()[2] == b"pong"
    server.signal()
    assert server.ended() == 0


def test_the_ini_file_starts_the_server_and_stops_the_application(tmp_path):
    script = (
        "import sys\n"
        "from sregistry_core.server import run_from_ini\n"
        "class Application:\n"
        "    def __call__(self, environ, start_response):\n"
        "        start_response('204 No Content', [])\n"
        "        return []\n"
        "    def stop(self):\n"
        "        print('the application stops', flush=True)\n"
        "run_from_ini(Application(), {}, listen='127.0.0.1:0', spool=sys.argv[1])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "spool"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        started = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert re.fullmatch(r"serving on http://127\.0\.0\.1:\d+\n", started)
    assert rest == "the application stops\n"
    assert process.returncode == 0


def test_without_a_spool_bodies_go_to_a_temporary_directory_that_vanishes(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    script = (
        "from pathlib import Path\n"
        "from sregistry_core.server import ServerSettings, serve\n"
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [environ['wsgi.input'].name.encode()]\n"
        "serve(application, ServerSettings(listen=('127.0.0.1:0',)))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            size = 1 << 20
            client.sendall(b"PUT / HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
            with client.makefile("rb") as incoming:
                name = Path(incoming.read().splitlines()[-1].decode())
        process.send_signal(signal.SIGTERM)

    assert name.is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_crash_are_gone_after_the_next_start(start_server, tmp_path):
    spool = tmp_path / "shared-spool"
    crashing = start_server(f"spool={spool}")
    with crashing.connect() as client:
        client.send("PUT", "/upload", "Content-Length: 8000000")
        client.send_zeros(4000000)
        (body,) = eventually(crashing.bodies)
        eventually(lambda: body.stat().st_size == 4000000)
        os.utime(body, (0, 0))
        running_beside = start_server(f"spool={spool}")
        assert running_beside.bodies() == [body]
        crashing.end()

    start_server(f"spool={spool}")

    assert running_beside.bodies() == []


def test_answers_name_no_server_and_no_version(server):
    with server.connect() as client:
        client.send("GET", "/ping")
        _, headers, _ = client.answer()
    with server.connect() as client:
        client.send("GET", "/environ")
        environ = json.loads(client.answer()[2])

    assert "server" not in headers
    assert environ["SERVER_SOFTWARE"] == "sregistry-core"
    assert environ["has None"] == []


def test_only_the_trusted_proxy_says_who_the_client_is(start_server):
    forwarded = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https")
    seen = []
    for settings in ((), ("trusted_proxy=127.0.0.1",), ("trusted_proxy=192.0.2.1",)):
        with start_server(*settings).connect() as client:
            client.send("GET", "/environ", *forwarded, "X-Forwarded-Host: evil")
            environ = json.loads(client.answer()[2])
        seen.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]))
        assert "HTTP_X_FORWARDED_HOST" not in environ

    assert seen == [
        ("127.0.0.1", "http", "registry"),
        ("203.0.113.9", "https", "registry"),
        ("127.0.0.1", "http", "registry"),
    ]


@pytest.mark.parametrize("kind", ["file", "pieces"])
def test_clients_that_do_not_read_their_answer_are_let_go(start_server, kind):
    server = start_server("threads=1", "channel_timeout=1s")
    with (server.room / "image").open("wb") as image:
        image.truncate(64 * 1024 * 1024)
    with server.connect() as stalled, server.connect() as other:
        stalled.send("GET", f"/{kind}")
        stalled.head()
        other.send("GET", "/ping")
        assert other.answer()[2] == b"pong"

        eventually(lambda: server.open_sockets() <= 2)


def test_a_slow_client_is_not_timed_out(start_server):
    server = start_server("channel_timeout=1s")
    with server.connect() as client:
        client.send("PUT", "/upload", "Content-Length: 20")
        for _ in range(20):
            time.sleep(0.15)
            client.socket.sendall(b"x")
        assert client.answer()[2] == b"20"


def test_a_slow_application_is_not_timed_out(start_server):
    server = start_server("channel_timeout=1s")
    with server.connect() as client:
        client.send("GET", "/work")
        time.sleep(2.5)
        (server.room / "worked").touch()
        assert client.answer()[2] == b"worked"


def test_urgent_data_ends_the_connection_and_not_the_server(server):
    with server.connect() as client:
        client.socket.send(b"!", socket.MSG_OOB)
        assert client.at_end()
    with server.connect() as client:
        client.send("GET", "/ping")
        assert client.answer()[0] == 200


def test_exactly_as_many_connections_as_allowed_are_served_at_once(start_server):
    server = start_server("connection_limit=2")
    with server.connect() as first, server.connect() as second, server.connect() as third:
        for client in (first, second, third):
            client.send("GET", "/ping")
        assert (first.answer()[0], second.answer()[0]) == (200, 200)
        third.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            third.socket.recv(1)

        first.close()

        third.socket.settimeout(10)
        assert third.socket.recv(15) == b"HTTP/1.1 200 OK"


def test_more_connections_than_select_can_count_are_served(start_server):
    server = start_server("connection_limit=1500")
    clients = [server.connect() for _ in range(1200)]
    try:
        clients[-1].send("GET", "/ping")
        assert clients[-1].answer()[2] == b"pong"
    finally:
        for client in clients:
            client.close()


def test_a_request_costs_no_more_with_many_clients_at_once_than_with_a_few(start_server):
    server = start_server("connection_limit=1000")

    def cost(clients, times):
        """Have each client ask so often, all at once; gives ticks of the processor."""
        before = server.processor_ticks()
        for _ in range(times):
            for client in clients:
                client.send("GET", "/ping")
            assert {client.answer()[2] for client in clients} == {b"pong"}
        return server.processor_ticks() - before

    clients = [server.connect() for _ in range(400)]
    cost(clients, 1)
    few, many = cost(clients[:8], 500), cost(clients, 10)
    for client in clients:
        client.close()

    assert many < 2 * few


def test_header_and_body_of_a_small_answer_leave_in_one_packet(server):
    with socket.create_connection(server.addresses[0], timeout=20) as client:
        for _ in range(50):
            client.sendall(b"GET /ping HTTP/1.1\r\nHost: here\r\n\r\n")
            said = client.recv(65536)
            assert said.startswith(b"HTTP/1.1 200 OK\r\n") and said.endswith(b"\r\n\r\npong")
