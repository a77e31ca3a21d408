"""PostgreSQL killed in the middle of pushes: what was acknowledged is there when it is back."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sregistry_core.testing.postgresql import PostgresqlServer

from .answers import Refused
from .bodies import Body
from .several import several
from .truth import count, require_nothing_left, require_sound, require_whole_or_absent
from .waiting import eventually

NAME = "ada/lab/blast"
PUSHERS = 6
DOORS = {
    "library": "/v1/imagefile/ada/lab/blast:1?arch=amd64",
    "oci": "/v2/ada/lab/blast/manifests/1",
    "shub": "/ada/api/container/lab/blast:1",
    "sregistry": "/api/collections/",
    "keys": "/pks/lookup?op=get&search=0x1234567812345678",
    "api": "/api/v1/collections",
}


@pytest.fixture(scope="module")
def server():
    """A server of its own, which syncs what it commits."""
    with PostgresqlServer(durable=True) as running:
        yield running


@pytest.fixture
def site(server, tmp_path):
    settings = {"sregistry.database": server.make_database()}
    with several(tmp_path, settings, workers=1) as processes:
        yield processes


def status_of_page(registry):
    """Ask for a page as a browser that is signed in, or says so."""
    request = Request(f"{registry.url}/auth/account", headers={"Cookie": "sregistry_session=x"})
    with pytest.raises(HTTPError) as refused:
        urlopen(request)
    with refused.value as answer:
        assert answer.headers["Retry-After"] == "5"
        return answer.code


def status(client, path):
    answer = client.ask("GET", path)
    return answer.status


def test_every_acknowledged_push_survives_the_death_of_the_server(site, server):
    clients, done = site.clients(PUSHERS), threading.Event()
    acknowledged, tried = {}, set()

    def push(number):
        turn = 0
        while not done.is_set():
            turn += 1
            image = Body(f"{number} {turn}".encode(), 50_000)
            tried.add(image.digest)
            with suppress(Refused):
                acknowledged[f"{NAME}:{number}-{turn}"] = clients[number].push(
                    f"{NAME}:{number}-{turn}", image
                )

    threads = [threading.Thread(target=push, args=(number,)) for number in range(PUSHERS)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        before = len(acknowledged)
        eventually(lambda before=before: len(acknowledged) > before + PUSHERS, 60)
        server.kill()
        time.sleep(0.5)
        server.start()
    before = len(acknowledged)
    eventually(lambda: len(acknowledged) > before + PUSHERS, 60)
    done.set()
    for thread in threads:
        thread.join()

    answered = {one for client in clients for one in client.answered}
    assert 503 in answered
    assert answered <= {200, 404, 409, 503}, [web.log[-4000:] for web in site.webs]
    require_sound(site.first, acknowledged)
    require_whole_or_absent(site.first, NAME, tried)
    eventually(lambda: count(site.first, "outbox WHERE failed_at IS NULL") == 0, 120)
    assert count(site.first, "outbox") == 0
    require_nothing_left(site.first)


def test_while_it_is_gone_everybody_is_told_to_come_again(site, server):
    (client,) = site.clients(1)
    image = Body(b"before", 50_000)
    client.push(f"{NAME}:1", image)
    server.kill()

    for door, path in DOORS.items():
        began = time.monotonic()
        answer = client.ask("GET", path)
        assert (door, answer.status) == (door, 503)
        assert answer.headers["Retry-After"] == "5"
        assert time.monotonic() - began < 3, f"{door} waited"
    assert status_of_page(site.first) == 503
    pushed = client.ask("POST", "/v1/images", {"hash": "sha256." + "0" * 64, "container": "x"})
    assert pushed.status == 503
    assert status(client, "/healthz") == 200
    assert status(client, "/readyz") == 503

    server.start()

    assert status(client, "/readyz") == 200
    assert client.pull(f"{NAME}:1") == image.digest
    client.push(f"{NAME}:2", Body(b"after", 50_000))


def test_what_is_under_way_while_it_stands_still_ends_when_it_goes_on(site, server):
    (client, other) = site.clients(2)
    image = Body(b"frozen", 50_000)
    client.push(f"{NAME}:1", image)
    with ThreadPoolExecutor(2) as pool:
        server.freeze()
        try:
            pull = pool.submit(client.pull, f"{NAME}:1")
            push = pool.submit(other.push, f"{NAME}:2", Body(b"meanwhile", 50_000))
            time.sleep(1)
            assert not pull.done()
            assert not push.done()
            assert status(client, "/healthz") == 200
        finally:
            server.thaw()
        assert pull.result(30) == image.digest
        push.result(30)

    assert status(client, "/readyz") == 200
    eventually(lambda: count(site.first, "outbox") == 0, 60)
    require_nothing_left(site.first)
