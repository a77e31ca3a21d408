"""nginx is killed, frozen and back again while images come and go."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

import pytest

from .conversation import Client

MIB = 1 << 20
IMAGE = os.urandom(4 * MIB)


@pytest.fixture
def ada(site):
    return Client(site, site.ada)


def half_a_push(client, path):
    """Send a part of a body, and wait for an answer; gives the error that ends it."""
    connection = client.connect()
    connection.putrequest("POST", path)
    for name, value in client.shown.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(IMAGE)))
    connection.endheaders()
    connection.send(IMAGE[: 3 * MIB])
    try:
        connection.getresponse()
    except OSError as error:
        return error
    finally:
        connection.close()


def bodies(site):
    return [path for path in site.front.body_files.rglob("*") if path.is_file()]


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_push_that_nginx_did_not_survive_is_made_again_and_leaves_nothing(site, ada):
    ada.container("ada/lost/blast")
    digest = hashlib.sha256(IMAGE).hexdigest()
    path = f"/v2/ada/lost/blast/blobs/uploads/?digest=sha256:{digest}"
    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(half_a_push, ada, path)
        until(lambda: bodies(site))
        site.front.kill()
        assert isinstance(task.result(30), OSError)

    with urlopen(f"http://{site.registry.listen}/readyz") as answer:
        assert answer.status == 200
    with pytest.raises(OSError):
        ada.ask("GET", "/")

    site.front.start()
    assert ada.ask("GET", f"/v2/ada/lost/blast/blobs/sha256:{digest}").status == 404
    assert ada.ask("POST", path, IMAGE).status == 201
    assert ada.ask("GET", f"/v2/ada/lost/blast/blobs/sha256:{digest}").body == IMAGE

    # What it was writing lies there, and goes with the sweep when nobody can be at it any more.
    left = bodies(site)
    assert len(left) == 1
    long_ago = time.time() - 3 * 86_400
    os.utime(left[0], (long_ago, long_ago))
    with site.registry.services() as services:
        services.outbox.write("garbage.collect", queue="slow")
    until(lambda: not bodies(site))


def test_what_is_under_way_while_nginx_stands_still_ends_when_it_goes_on(site, ada):
    image = os.urandom(MIB)
    ada.push("ada/frozen/blast:1", image)
    site.front.freeze()
    with ThreadPoolExecutor(2) as pool:
        try:
            pull = pool.submit(ada.ask, "GET", "/v1/imagefile/ada/frozen/blast:1?arch=amd64")
            push = pool.submit(ada.push, "ada/frozen/other:1", image[::-1])
            time.sleep(1)
            assert not pull.done()
            assert not push.done()
        finally:
            site.front.thaw()
        assert pull.result(30).body == image
        push.result(30)

    pulled = ada.ask("GET", "/v1/imagefile/ada/frozen/other:1?arch=amd64")
    assert pulled.body == image[::-1]
