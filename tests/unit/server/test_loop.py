"""The loop of the server: it looks at the connections where something happens, and no others."""

import os
import socket

import pytest
from waitress import wasyncore

from sregistry_core.server.loop import Loop


class Part(wasyncore.dispatcher):
    """Our side of a connection, that waits for what the test says and counts what it is asked."""

    def __init__(self, loop, sockets):
        ours, self.client = socket.socketpair()
        sockets.append(self.client)
        self.waits = True
        self.has_more = False
        self.asked = 0
        self.came = []
        super().__init__(ours, map=loop)
        self.connected = True

    def readable(self):
        self.asked += 1
        return self.waits

    def writable(self):
        return self.has_more

    def handle_read(self):
        self.came.append(self.recv(100))

    def handle_write(self):
        self.has_more = False
        self.send(b"more")

    def handle_close(self):
        self.close()


@pytest.fixture
def loop():
    loop = Loop()
    yield loop
    for part in list(loop.values()):
        part.close()
    loop.close()


@pytest.fixture
def part_of(loop):
    clients = []
    yield lambda: Part(loop, clients)
    for client in clients:
        client.close()


def test_a_turn_asks_those_connections_alone_where_something_has_happened(loop, part_of):
    parts = [part_of() for _ in range(300)]
    loop.turn(0)
    for part in parts:
        part.asked = 0

    parts[7].client.send(b"GET /")
    loop.turn(1)
    loop.turn(0)

    assert parts[7].came == [b"GET /"]
    assert sum(part.asked for part in parts if part is not parts[7]) == 0
    assert parts[7].asked <= 2


def test_a_client_that_sends_on_while_it_is_served_does_not_keep_the_loop_awake(loop, part_of):
    part = part_of()
    loop.turn(0)
    part.waits = False
    part.client.send(b"too early")
    assert loop.hears(part)

    loop.turn(1)
    part.asked = 0
    loop.turn(0)
    assert not loop.hears(part)
    assert not part.asked and not part.came

    part.waits = True
    loop.note(part)
    loop.turn(0)
    assert part.came == [b"too early"]


def test_a_client_that_hangs_up_while_it_is_served_is_closed_afterwards(loop, part_of):
    part = part_of()
    part.waits = False
    loop.turn(0)
    part.client.close()
    for _ in range(3):
        loop.turn(0)
    assert part.socket is not None

    part.waits = True
    loop.note(part)
    loop.turn(0)
    assert part.socket is None
    assert not loop


def test_an_answer_that_is_ready_as_the_loop_turns_away_leaves_its_client_heard(loop, part_of):
    part = part_of()
    loop.turn(0)
    answers = iter([False])
    # At work when the loop asks first, and done when it has turned away.
    part.readable = lambda: next(answers, True)
    part.client.send(b"next")

    loop.turn(1)
    loop.turn(1)

    assert loop.hears(part)
    assert part.came == [b"next"]


def test_what_waits_to_be_sent_leaves_and_costs_no_turn_afterwards(loop, part_of):
    part = part_of()
    loop.turn(0)
    part.has_more = True
    loop.note(part)
    loop.turn(1)
    assert part.client.recv(100) == b"more"

    for _ in range(3):
        loop.turn(0)
    part.asked = 0
    loop.turn(0)
    assert not part.asked
    assert loop.hears(part)


def test_a_connection_that_another_server_has_taken_over_is_listened_to_no_more(loop, part_of):
    part = part_of()
    loop.turn(0)
    with socket.socket(fileno=os.dup(part.socket.fileno())) as taken:
        part.handle_close()
        part.client.send(b"for the other one")
        loop.turn(0)

        assert not loop
        assert taken.recv(100) == b"for the other one"


def test_a_new_connection_with_the_number_of_one_that_has_gone_is_not_taken_for_it(loop, part_of):
    gone = part_of()
    number = gone._fileno
    loop.note(gone)
    gone.client.close()
    gone.close()
    new = part_of()
    assert number in (new._fileno, new.client.fileno())

    loop.turn(0)
    new.client.send(b"hello")
    loop.turn(1)

    assert new.came == [b"hello"] and not gone.came
