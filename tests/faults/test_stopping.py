"""A server that is told to stop lets transfers end, in both directions."""

import os
import signal
import threading

import pytest

from .bodies import MIB, Body
from .pushing import PATIENCE
from .truth import require_nothing_left, require_sound
from .waiting import eventually

NAME = "ada/lab/blast"


@pytest.fixture
def registry(make_live_registry):
    return make_live_registry(
        server={"grace": "40s"}, settings={"sregistry.parallel_download_above": "0"}
    )


@pytest.fixture
def ada(registry, make_pusher):
    return make_pusher(registry)


def is_listening(ada):
    connection = ada.connect()
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def read_all(connection):
    pieces = []
    while piece := connection.recv(MIB):
        pieces.append(piece)
    return b"".join(pieces)


def test_transfers_under_way_end_well(registry, ada):
    old, new = Body(b"old", 96 * MIB), Body(b"new", 24 * MIB)
    digest = ada.push(f"{NAME}:old", old)
    image_id = ada.announce(ada.container(NAME), new.digest)["id"]
    address = ada.begin(image_id, new.size)
    # The kernel and the server's answer buffer hold some megabytes: the rest is still to be sent.
    pull = ada.raw("GET", f"/v1/imagefile/{NAME}:old?arch=amd64")
    begin = pull.recv(MIB)
    push = ada.raw("PUT", address, f"Content-Length: {new.size}")
    for piece in new.part(0, 12 * MIB):
        push.sendall(piece)

    os.kill(registry.pid, signal.SIGTERM)
    eventually(lambda: not is_listening(ada))
    reader_result = []
    reader = threading.Thread(target=lambda: reader_result.append(begin + read_all(pull)))
    reader.start()
    for piece in new.part(12 * MIB, 12 * MIB):
        push.sendall(piece)

    assert push.recv(MIB).startswith(b"HTTP/1.1 200 ")
    reader.join(PATIENCE)
    head, _, body = reader_result[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert len(body) == old.size
    eventually(lambda: not registry.is_running, patience=PATIENCE)
    push.close()
    pull.close()
    registry.start()
    ada.complete(image_id)
    require_sound(registry, {f"{NAME}:old": digest, f"{NAME}:sha256.{new.digest}": new.digest})
    require_nothing_left(registry)


def test_a_push_under_way_when_the_time_is_up_leaves_nothing(make_live_registry, make_pusher):
    registry = make_live_registry(server={"grace": "1s"})
    ada, image = make_pusher(registry), Body(b"too late", 24 * MIB)
    image_id = ada.announce(ada.container(NAME), image.digest)["id"]
    address = ada.begin(image_id, image.size)

    with ada.raw("PUT", address, f"Content-Length: {image.size}") as push:
        for piece in image.part(0, 12 * MIB):
            push.sendall(piece)
        registry.stop()

    registry.start()
    assert ada.push(f"{NAME}:1", image) == image.digest
    require_sound(registry, {f"{NAME}:1": image.digest})
    require_nothing_left(registry)
