"""No connection to the database is held while bytes move, and nobody waits for them."""

import os
import signal
import threading
import time

import pytest

from sregistry_core.app import Parts, assemble
from sregistry_core.contracts import Scope
from sregistry_core.db import schema
from sregistry_core.server import ServerSettings, serve
from sregistry_core.storage import staging
from sregistry_core.testing.connections import connections_at_work
from sregistry_core.testing.live import free_port
from sregistry_core.testing.registry import PASSWORD, ini_of

from .bodies import MIB, Body
from .pushing import PATIENCE, Client

NAME = "ada/lab/blast"
LONGEST_STAGING = 30.0  # seconds, after which whatever has waited for its end goes on


class Inside:
    """A server in this process, and a view of its connections to the database."""

    def __init__(self, directory):
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        ini = {**ini_of(directory), "sregistry.public_url": self.url}
        ini["sregistry.parallel_download_above"] = "0"
        self.parts = Parts.open(ini, here=directory, environ={})
        schema.upgrade(self.parts.database.writing)
        # Without jobs, which have connections of their own.
        self.router = assemble(self.parts)
        self.staging = directory / "staging"

    @property
    def held(self):
        """How many connections are in use."""
        return connections_at_work(self.parts.database)

    def user(self, name):
        with self.parts.unit()() as services:
            user = services.accounts.create(
                name, password=PASSWORD, email=f"{name}@example.org", is_admin=False
            )
            return Client(self.url, services.tokens.issue(user, scope=Scope.ADMIN).secret, name)

    def while_serving(self, story):
        """Serve as long as a story lasts, which runs beside: the server wants the main thread."""
        raised = []

        def tell():
            try:
                story()
            except BaseException as error:
                raised.append(error)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        teller = threading.Thread(target=tell)
        settings = ServerSettings(listen=(self.address,), spool=self.staging / "spool")
        serve(self.router, settings, ready=lambda _addresses: teller.start())
        teller.join()
        if raised:
            raise raised[0]


@pytest.fixture
def inside(tmp_path):
    made = Inside(tmp_path)
    yield made
    made.parts.close()


def most_held(inside, seconds):
    end, most = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        most = max(most, inside.held)
        time.sleep(0.002)
    return most


def test_slow_transfers_hold_no_connection(inside):
    ada = inside.user("ada")
    old, new = Body(b"old", 32 * MIB), Body(b"new", 8 * MIB)

    def story():
        ada.push(f"{NAME}:1", old)
        image_id = ada.announce(ada.container(NAME), new.digest)["id"]
        address = ada.begin(image_id, new.size)
        pulls = [ada.raw("GET", f"/v1/imagefile/{NAME}:1?arch=amd64") for _ in range(3)]
        pushes = [ada.raw("PUT", address, f"Content-Length: {new.size}") for _ in range(3)]
        for connection in pulls:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        for connection in pushes:
            connection.sendall(b"some of it")

        assert most_held(inside, seconds=1.0) == 0
        assert ada.container("ada/lab/other")

        for connection in (*pulls, *pushes):
            connection.close()

    inside.while_serving(story)


def test_staging_holds_no_connection_and_keeps_nobody_waiting(inside, monkeypatch):
    ada, bob = inside.user("ada"), inside.user("bob")
    image = Body(b"hashed again and again", 32 * MIB)
    incoming = inside.staging / "incoming"
    begun, seen = threading.Event(), threading.Event()
    hash_and_sync = staging.hash_and_sync

    def hash_until_seen(path, of_beginning=None):
        """A machine so slow that whoever looks has the time to."""
        begun.set()
        end = time.monotonic() + LONGEST_STAGING
        while not seen.is_set() and time.monotonic() < end:
            hash_and_sync(path)
        return hash_and_sync(path, of_beginning)

    monkeypatch.setattr(staging, "hash_and_sync", hash_until_seen)

    def story():
        image_id = ada.announce(ada.container(NAME), image.digest)["id"]
        address = ada.begin(image_id, image.size)
        pusher = threading.Thread(target=lambda: ada.put(address, image, image.size).data())
        pusher.start()
        try:
            assert begun.wait(PATIENCE), "nothing was staged"
            for number in range(5):
                assert most_held(inside, seconds=0.1) == 0
                bob.container(f"bob/lab/made-{number}")
                assert any(incoming.iterdir()), "a write had to wait for the staging"
        finally:
            seen.set()
            pusher.join()
        ada.complete(image_id)

        assert ada.pull(f"{NAME}:sha256.{image.digest}") == image.digest

    inside.while_serving(story)
