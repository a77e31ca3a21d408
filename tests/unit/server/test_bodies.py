"""Bodies arrive as files that can be taken over, whatever their size and the state of the disk."""

import errno
import json
import os
import struct
import time
from socket import SO_LINGER, SOL_SOCKET

import pytest
from waitress.adjustments import Adjustments

from sregistry_core.server import Spool
from sregistry_core.server.body import BodyParser

from .conftest import eventually

LARGE = 3 * 1024 * 1024
CONTENT = b"first line\n" + os.urandom(LARGE)


def chunked(content, size):
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return framed + b"0\r\n\r\n"


def test_a_large_body_is_a_private_named_file_in_the_spool(server):
    with server.connect() as client:
        client.send("PUT", "/describe", body=CONTENT)
        status, _, answer = client.answer()

    seen = json.loads(answer)
    assert status == 200
    assert seen["name"].startswith(str(server.spool) + "/body-")
    assert seen["mode"] == "0o100600"
    assert server.spool.stat().st_mode & 0o777 == 0o700
    assert (seen["length"], seen["first"]) == (len(CONTENT), "first line\n")
    assert seen["rest"] == LARGE


@pytest.mark.parametrize("way", ["link", "rename"])
def test_a_large_body_can_be_taken_over_and_leaves_nothing_in_the_spool(server, way):
    with server.connect() as client:
        client.send("PUT", f"/{way}", body=CONTENT)
        status, _, _ = client.answer()

    assert status == 200
    assert (server.room / "kept").read_bytes() == CONTENT
    eventually(lambda: server.bodies() == [])
    assert (server.room / "kept").stat().st_nlink == 1


def test_a_body_that_nobody_takes_leaves_nothing_in_the_spool(server):
    with server.connect() as client:
        client.send("PUT", "/upload", body=CONTENT)
        assert client.answer()[0] == 200
        eventually(lambda: server.bodies() == [])


def test_a_body_whose_request_crashes_leaves_nothing_in_the_spool(server):
    with server.connect() as client:
        client.send("PUT", "/crash", body=CONTENT)
        status, _, answer = client.answer()

    assert status == 500
    assert b"secret" not in answer
    eventually(lambda: server.bodies() == [])


@pytest.mark.parametrize("manner", ["politely", "abruptly"])
def test_an_upload_that_is_broken_off_leaves_nothing_in_the_spool(server, manner):
    with server.connect() as client:
        client.send("PUT", "/upload", f"Content-Length: {10 * LARGE}")
        client.send_zeros(LARGE)
        eventually(lambda: server.bodies())
        if manner == "abruptly":
            client.socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))

    eventually(lambda: server.bodies() == [])


def test_a_request_begins_when_its_header_has_come(server):
    with server.connect() as client:
        client.socket.sendall(b"POST /environ HTTP/1.1\r\nHost: registry\r\n")
        time.sleep(0.2)
        header_came = time.time()
        client.socket.sendall(b"Content-Length: 5\r\n\r\n")
        time.sleep(0.4)
        client.socket.sendall(b"hello")
        environ = json.loads(client.answer()[2])

    assert header_came <= environ["sregistry.began_at"] < header_came + 0.3


def test_a_small_body_stays_in_memory(server):
    with server.connect() as client:
        client.send("PUT", "/describe", body=b"one\ntwo")
        seen = json.loads(client.answer()[2])

    assert (seen["name"], seen["first"], seen["rest"]) == (None, "one\n", 3)


@pytest.mark.parametrize("size", [7, 1000, 65536, LARGE * 2])
def test_a_chunked_body_is_put_together(server, size):
    with server.connect() as client:
        client.send("PUT", "/link", "Transfer-Encoding: chunked")
        client.socket.sendall(chunked(CONTENT, size))
        status, _, _ = client.answer()

    assert status == 200
    assert (server.room / "kept").read_bytes() == CONTENT


def test_several_bodies_arrive_over_one_connection(server):
    with server.connect() as client:
        for content in (CONTENT, b"small", CONTENT):
            client.send("PUT", "/describe", body=content)
            assert json.loads(client.answer()[2])["length"] == len(content)


def test_requests_may_be_sent_before_the_answer_to_the_last_one(server):
    with server.connect() as client:
        for content in (CONTENT, b"small", CONTENT):
            client.send("PUT", "/describe", body=content)
        lengths = [json.loads(client.answer()[2])["length"] for _ in range(3)]

    assert lengths == [len(CONTENT), len(b"small"), len(CONTENT)]


@pytest.mark.parametrize("framing", ["with a length", "chunked"])
def test_a_full_disk_reaches_the_application_and_is_empty_afterwards(
    start_server, small_disk, framing
):
    server = start_server(f"spool={small_disk / 'spool'}")
    content = bytes(20 * 1024 * 1024)

    with server.connect() as client:
        if framing == "chunked":
            client.send("PUT", "/upload", "Transfer-Encoding: chunked")
            client.socket.sendall(chunked(content, 65536))
        else:
            client.send("PUT", "/upload", body=content)
        status, _, answer = client.answer()
        client.send("GET", "/ping")
        still_served = client.answer()[2]

    assert status == 507
    assert json.loads(answer) == {"full": True, "error": errno.ENOSPC, "read": 0}
    assert still_served == b"pong"
    eventually(lambda: server.bodies() == [])
    disk = os.statvfs(small_disk)
    assert disk.f_blocks - disk.f_bfree <= 4


def test_the_space_of_a_full_disk_is_free_before_the_body_has_ended(start_server, small_disk):
    server = start_server(f"spool={small_disk / 'spool'}")

    with server.connect() as client:
        client.send("PUT", "/upload", f"Content-Length: {20 * 1024 * 1024}")
        client.send_zeros(12 * 1024 * 1024)

        eventually(lambda: [body.stat().st_size for body in server.bodies()] == [0])
        with server.connect() as other:
            other.send("PUT", "/upload", body=bytes(4 * 1024 * 1024))
            assert other.answer()[0] == 200
        client.send_zeros(8 * 1024 * 1024)
        assert client.answer()[0] == 507


def test_exactly_the_limit_is_taken_and_one_more_byte_is_not(start_server):
    server = start_server("max_body_size=1M")
    limit = 1024 * 1024

    for size, expected in ((limit, 200), (limit + 1, 413)):
        with server.connect() as client:
            client.send("PUT", "/upload", body=bytes(size))
            assert client.answer()[0] == expected, size
        with server.connect() as client:
            client.send("PUT", "/upload", "Transfer-Encoding: chunked")
            client.socket.sendall(chunked(bytes(size), 100))
            assert client.answer()[0] == expected, (size, "chunked")
    eventually(lambda: server.bodies() == [])


def test_a_refused_body_is_not_asked_for(start_server):
    server = start_server("max_body_size=1M")

    with server.connect() as client:
        client.send("PUT", "/upload", "Expect: 100-continue", "Content-Length: 2000000")
        status, _, _ = client.answer()

    assert status == 413


def test_an_expected_body_is_asked_for(server):
    with server.connect() as client:
        client.send("PUT", "/upload", "Expect: 100-continue", f"Content-Length: {len(CONTENT)}")
        assert client.head()[0] == 100
        client.socket.sendall(CONTENT)
        assert client.answer()[2] == b"%d" % len(CONTENT)


@pytest.mark.parametrize("start", [b"5;", b"0\r\nTrailer: "])
def test_the_framing_of_a_chunked_body_does_not_fill_the_memory(server, start):
    with server.connect() as client:
        client.send("PUT", "/upload", "Transfer-Encoding: chunked")
        client.socket.sendall(start + b"x" * 100_000)
        assert client.answer()[0] == 400


def test_a_chunked_body_is_taken_in_steps_since_waitress_copies_the_rest_for_each_chunk(tmp_path):
    request = BodyParser(Adjustments(), Spool(tmp_path))
    request.received(b"PUT / HTTP/1.1\r\nHost: registry\r\nTransfer-Encoding: chunked\r\n\r\n")

    assert request.received(b"1\r\nx\r\n" * 100_000) == 16 * 1024


@pytest.mark.large
def test_memory_stays_flat_for_a_body_of_one_gibibyte(server):
    size = 1024**3
    with server.connect() as client:
        client.send("PUT", "/rename", f"Content-Length: {size}")
        client.send_zeros(size)
        assert client.answer()[0] == 200

    assert (server.room / "kept").stat().st_size == size
    assert server.memory_peak() < 80_000_000
    (server.room / "kept").unlink()
