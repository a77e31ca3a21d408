"""A connection, given a socket that takes everything at once."""

import socket
from contextlib import closing
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments
from waitress.buffers import ReadOnlyFileBasedBuffer

from sregistry_core.server import Spool
from sregistry_core.server.connection import Connection
from sregistry_core.server.loop import Loop
from sregistry_core.server.proxied import Proxied

MEBIBYTE = 1024 * 1024


class BottomlessSocket:
    """The other side reads as fast as we send."""

    def __init__(self):
        self.taken = 0

    def setblocking(self, flag):
        pass

    def getsockopt(self, level, option):
        return 2_500_000

    def fileno(self):
        return 1_000_000

    def send(self, piece):
        self.taken += len(piece)
        return len(piece)

    def close(self):
        pass


@pytest.fixture
def image(tmp_path):
    with (tmp_path / "image").open("w+b") as image:
        image.truncate(64 * MEBIBYTE)
        yield image


@pytest.fixture
def connect(tmp_path):
    def connect(opened, loop=None, wake=lambda: None):
        listener = SimpleNamespace(active_channels={}, pull_trigger=wake)
        return Connection(
            listener,
            opened,
            ("127.0.0.1", 1),
            Adjustments(),
            Loop() if loop is None else loop,
            spool=Spool(tmp_path / "spool"),
            proxied=Proxied(None, None, Spool(tmp_path / "spool")),
            stopping=lambda: False,
        )

    return connect


@pytest.fixture
def connection(connect):
    return connect(BottomlessSocket())


def test_an_answer_is_sent_in_turns_so_that_a_fast_download_holds_up_nobody(connection, image):
    answer = ReadOnlyFileBasedBuffer(image)
    answer.prepare()

    connection.write_soon(answer)
    taken = [connection.socket.taken]
    while connection.total_outbufs_len:
        connection.handle_write()
        taken.append(connection.socket.taken)

    assert taken == [turn * 4 * MEBIBYTE for turn in range(1, 17)]


def test_the_loop_is_woken_for_an_answer_only_while_some_of_it_is_left(connect):
    ours, client = socket.socketpair()
    woken = []
    with closing(client), closing(Loop()) as loop:
        connection = connect(ours, loop, lambda: woken.append(True))
        loop.turn(0)

        connection.write_soon(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.server.pull_trigger()  # as after each answer
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert not woken

        connection.write_soon(bytes(10 * MEBIBYTE))
        assert woken
        connection.handle_close()
