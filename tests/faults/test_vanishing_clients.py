"""Clients that go away in the middle leave nothing behind and disturb nobody."""

import pytest

from .bodies import MIB, Body
from .truth import files_below, require_nothing_left, require_sound
from .waiting import eventually


@pytest.fixture
def image():
    return Body(b"cut off", 32 * MIB)


def begun(ada, image):
    container = ada.container("ada/lab/blast")
    return ada.announce(container, image.digest)["id"]


def cut_off(ada, method, address, image, sent):
    with ada.raw(method, address, f"Content-Length: {image.size}") as connection:
        for piece in image.part(0, sent):
            connection.sendall(piece)


def test_a_push_that_is_cut_off_leaves_nothing_in_the_spool(live_registry, ada, image):
    image_id = begun(ada, image)
    address = ada.begin(image_id, image.size)
    spool = live_registry.data / "staging" / "spool"

    cut_off(ada, "PUT", address, image, 20 * MIB)
    cut_off(ada, "POST", f"/v1/imagefile/{image_id}", image, image.size - 1)

    eventually(lambda: not files_below(spool))
    assert not files_below(live_registry.data / "staging")
    assert ada.ask("GET", f"/v1/images/ada/lab/blast:sha256.{image.digest}").status == 404


def test_a_push_that_was_cut_off_can_be_repeated_at_the_same_address(live_registry, ada, image):
    image_id = begun(ada, image)
    address = ada.begin(image_id, image.size)
    cut_off(ada, "PUT", address, image, 5 * MIB)

    ada.put(address, image, image.size).data()
    ada.complete(image_id)

    assert ada.pull(f"ada/lab/blast:sha256.{image.digest}") == image.digest
    require_nothing_left(live_registry)


def test_a_client_that_leaves_before_the_answer_has_pushed_or_not(live_registry, ada, image):
    image_id = begun(ada, image)
    address = ada.begin(image_id, image.size)

    cut_off(ada, "PUT", address, image, image.size)

    eventually(lambda: not files_below(live_registry.data / "staging" / "spool"))
    ada.put(address, image, image.size).data()
    ada.complete(image_id)
    require_sound(live_registry, {f"ada/lab/blast:sha256.{image.digest}": image.digest})
    require_nothing_left(live_registry)


def test_pulls_that_are_cut_off_disturb_nobody(live_registry, ada, image):
    digest = ada.push("ada/lab/blast:1", image)

    for _ in range(20):
        with ada.raw("GET", "/v1/imagefile/ada/lab/blast:1?arch=amd64") as connection:
            assert connection.recv(100_000).startswith(b"HTTP/1.1 200 ")

    assert ada.pull("ada/lab/blast:1") == digest
    assert "Traceback" not in live_registry.log


def test_a_client_that_reads_nothing_keeps_no_thread(make_live_registry, make_pusher, image):
    registry = make_live_registry(server={"threads": "2", "channel_timeout": "3s"})
    ada = make_pusher(registry)
    digest = ada.push("ada/lab/blast:1", image)
    stuck = [ada.raw("GET", "/v1/imagefile/ada/lab/blast:1?arch=amd64") for _ in range(6)]

    try:
        assert ada.pull("ada/lab/blast:1") == digest
    finally:
        for connection in stuck:
            connection.close()
