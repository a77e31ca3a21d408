"""Clients of all manners at one server: whoever waits for an answer gets the right one."""

import random
import threading
import time
from contextlib import closing

import pytest

from .conftest import PATIENCE

CLIENTS = 40
SECONDS = 3.0
SIZE = 64 << 20


def quick(client, chance):
    for _ in range(chance.randint(1, 5)):
        client.send("GET", "/ping")
        assert client.answer()[2] == b"pong"


def several_at_once(client, chance):
    """All requests in one packet, as HTTP/1.1 allows; the answers keep their order."""
    lengths = [chance.choice([0, 0, 1, 12]) for _ in range(chance.randint(2, 4))]
    asked = "".join(f"GET /doze?{length} HTTP/1.1\r\nHost: registry\r\n\r\n" for length in lengths)
    client.socket.sendall(asked.encode())
    for length in lengths:
        assert client.answer()[2] == str(length).encode()


def piece_by_piece(client, chance):
    words = b"GET /ping HTTP/1.1\r\nHost: registry\r\n\r\n"
    while words:
        size = chance.randint(1, 20)
        client.socket.sendall(words[:size])
        words = words[size:]
        time.sleep(chance.choice([0, 0.001, 0.01]))
    assert client.answer()[2] == b"pong"


def held_up(client, chance):
    length = chance.choice([3, 8, 30])
    client.send("GET", f"/doze?{length}")
    assert client.answer()[2] == str(length).encode()


def sends(client, chance):
    size = chance.randint(1, 2 << 20)
    client.socket.sendall(
        f"POST /upload HTTP/1.1\r\nHost: registry\r\nContent-Length: {size}\r\n\r\n".encode()
    )
    client.send_zeros(size)
    assert client.answer()[2] == str(size).encode()


def reads_slowly(client, chance):
    """A large answer: a thread waits until the client has read on."""
    client.send("GET", "/pieces")
    client.head()
    read = 0
    while read < SIZE:
        read += len(client.read(min(8 << 20, SIZE - read)))
        time.sleep(chance.choice([0, 0.01]))
    assert read == SIZE


def hangs_up(client, chance):
    client.send("GET", chance.choice(["/ping", "/doze?10", "/pieces"]))
    if chance.random() < 0.5:
        client.head()


def breaks_off(client, chance):
    client.socket.sendall(b"GET /ping HTTP/1.1\r\nHost: reg")


MANNERS = (quick, several_at_once, piece_by_piece, held_up, sends)
LAST_MANNERS = (hangs_up, breaks_off)


@pytest.mark.parametrize("threads", [1, 3, 8])
def test_whoever_waits_for_an_answer_gets_the_right_one(start_server, threads):
    server = start_server(f"threads={threads}")
    end = time.monotonic() + SECONDS
    answered, failed = [], []

    def come(number):
        chance = random.Random(number)
        try:
            while time.monotonic() < end:
                with closing(server.connect()) as client:
                    for _ in range(chance.randint(1, 6)):
                        manner = reads_slowly if chance.random() < 0.01 else chance.choice(MANNERS)
                        manner(client, chance)
                        answered.append(manner)
                    if chance.random() < 0.5:
                        chance.choice(LAST_MANNERS)(client, chance)
        except BaseException as error:
            failed.append(error)

    crowd = [threading.Thread(target=come, args=(number,)) for number in range(CLIENTS)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(SECONDS + 4 * PATIENCE)

    assert not failed
    assert not any(one.is_alive() for one in crowd)
    assert set(answered) >= set(MANNERS)
    with closing(server.connect()) as client:
        client.send("GET", "/ping")
        assert client.answer()[2] == b"pong"
    server.signal()
    assert server.ended() == 0
