"""Questions to other sites: where they go, and when they end."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from sregistry_core.contracts import SiteAnswer, ask_site, is_public_address
from sregistry_core.errors import Unavailable


@contextmanager
def site(*pieces, pause=0.0):
    """A site on loopback that answers every connection with these pieces, one after another."""
    listening = socket.create_server(("127.0.0.1", 0))
    taken = []

    def serve():
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                taken.append(connection.recv(65536))
                with suppress(OSError), connection:
                    for piece in pieces:
                        connection.sendall(piece)
                        time.sleep(pause)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/path?a=b", taken
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def answer(body, *, status="200 OK", length=None):
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body


def asked(url, **options):
    return ask_site("GET", url, **{"seconds": 5, "allow_private": True, **options})


def test_an_answer_comes_whole():
    with site(answer(b"hello")) as (url, taken):
        assert asked(url) == SiteAnswer(200, b"hello")
        assert taken[0].startswith(b"GET /path?a=b HTTP/1.1\r\n")


def test_a_redirect_is_an_answer_like_any_other():
    with site(answer(b"", status="302 Found\r\nLocation: /elsewhere")) as (url, taken):
        assert asked(url).status == 302
        assert len(taken) == 1


@pytest.mark.parametrize(
    ("pieces", "options", "said"),
    [
        ([answer(b"x" * 11)], {"largest": 10}, "more than 10 bytes"),
        ([answer(b"half", length=8)], {}, "ends too early"),
        ([b"nonsense\r\n\r\n"], {}, "nonsense"),
        ([b""], {}, "without response"),
    ],
)
def test_an_answer_that_is_none(pieces, options, said):
    with site(*pieces) as (url, _), pytest.raises(Unavailable, match=said):
        asked(url, **options)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-More: 1\r\n"] * 60],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 60],
        [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 60],
    ],
    ids=["headers", "body", "body without an end"],
)
def test_an_answer_that_drips_ends_with_the_time(pieces):
    with site(*pieces, pause=0.1) as (url, _):
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            asked(url, seconds=0.5)
        assert time.monotonic() - begun < 2


def test_a_private_address_is_not_even_connected_to():
    with site(answer(b"secret")) as (url, taken):
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1 is a private address"):
            asked(url, allow_private=False)
        with pytest.raises(Unavailable, match="is a private address"):
            asked(url.replace("127.0.0.1", "localhost"), allow_private=False)
        assert taken == []


def test_a_name_is_looked_up_once_and_what_was_looked_at_is_connected_to(monkeypatch):
    """A name whose second look-up leads inside gets nowhere: there is no second one."""
    looked_up, connected = [], []
    true = socket.create_connection

    def look_up(host, port, *about, **more):
        looked_up.append(host)
        address = "93.184.215.14" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(place, *about, **more):
        connected.append(place[0])
        raise ConnectionRefusedError("not from a test")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unavailable, match="not from a test"):
        asked("http://rebinding.test/", allow_private=False)
    monkeypatch.setattr(socket, "create_connection", true)

    assert (looked_up, connected) == (["rebinding.test"], ["93.184.215.14"])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.test/", "http:///", "a", ""])
def test_what_is_no_address_of_a_site(url):
    with pytest.raises(Unavailable):
        asked(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::127.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_which_addresses_are_of_the_public_internet(address, public):
    assert is_public_address(address) is public
