"""Starts the example server as a process, and talks to it over real sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sregistry_core.testing.components import mounted

REPOSITORY = Path(__file__).parents[3]
PATIENCE = 20.0  # seconds


def eventually(question, patience=PATIENCE):
    """Wait until a question has a true answer, and give that."""
    end = time.monotonic() + patience
    while not (answer := question()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return answer


class RunningServer:
    """The example server as a process of its own, and the directory it works in."""

    def __init__(self, room, *settings):
        self.room = room
        self.spool = room / "spool"
        for setting in settings:
            if setting.startswith("spool="):
                self.spool = Path(setting.removeprefix("spool="))
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("example_server.py"), room, *settings],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        eventually(lambda: (room / "ready").exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()
        self.addresses = [tuple(address) for address in json.loads((room / "ready").read_text())]
        self.port = self.addresses[0][1]

    def connect(self, **options):
        return Client(socket.create_connection(self.addresses[0], timeout=PATIENCE, **options))

    def refuses(self):
        try:
            socket.create_connection(self.addresses[0], timeout=PATIENCE).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # in the moment of closing
            return False
        return False

    def bodies(self):
        return sorted(self.spool.iterdir())

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def ended(self):
        """Wait for the end; give the exit code."""
        return self.process.wait(PATIENCE)

    def memory_peak(self):
        """Give the most memory that was ever in use, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def processor_ticks(self):
        """Give the processor time that was used, in the kernel's ticks."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def open_sockets(self):
        """Count the sockets of the server, the listening one included."""
        count = 0
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                count += str(entry.readlink()).startswith("socket:")
        return count

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.output, self.errors = self.process.communicate()


class Client:
    """One connection, byte by byte as the test wants it."""

    def __init__(self, connected):
        self.socket = connected
        self._incoming = connected.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self._incoming.close()
        self.socket.close()

    def send(self, method, path, *headers, body=b""):
        lines = [f"{method} {path} HTTP/1.1", "Host: registry", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def send_zeros(self, size):
        piece = bytes(1 << 20)
        while size > 0:
            self.socket.sendall(piece[:size])
            size -= len(piece)

    def head(self):
        """Give the status and the headers of the next answer."""
        status = int(self._incoming.readline().split()[1])
        headers = {}
        while line := self._incoming.readline().strip():
            name, value = line.decode().split(": ", 1)
            headers[name.lower()] = value
        return status, headers

    def answer(self):
        """Give the status, the headers and the body of the next answer."""
        status, headers = self.head()
        return status, headers, self.read(int(headers["content-length"]))

    def read(self, size):
        return self._incoming.read(size)

    def at_end(self):
        try:
            return self._incoming.read(1) == b""
        except ConnectionResetError:
            return True


@pytest.fixture
def start_server(tmp_path):
    servers = []

    def start(*settings):
        room = tmp_path / f"room{len(servers)}"
        room.mkdir()
        servers.append(RunningServer(room, *settings))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB."""
    with mounted(tmp_path / "small", "8m") as directory:
        yield directory
