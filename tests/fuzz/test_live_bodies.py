"""Bodies and heads that no client sends: the real server keeps its memory and its disk free."""

import http.client
import json
import time
from urllib.parse import quote, urlsplit

import pytest

from sregistry_core.testing.live import LiveRegistry

from .seeds import PROTOCOLS
from .sockets import MIB, Wire, cost_of

CEILING = 200 * MIB
"""What the process may have at most: twice what it has after it has started and been used."""
ENDLESS = 24 * MIB
TAKES_JSON = (
    ("POST", "/v1/entities"),
    ("POST", "/v1/collections"),
    ("POST", "/v1/containers"),
    ("POST", "/v1/images"),
    ("POST", "/v2/imagefile/0"),
    ("POST", "/v2/tags/0"),
    ("POST", "/api/v1/collections"),
    ("POST", "/api/v1/tokens"),
    ("PATCH", "/api/v1/collections/ada/lab"),
    ("POST", "/api/upload/chunked_upload"),
    ("POST", "/pks/add"),
    ("POST", "/v2/token"),
    ("PUT", "/v2/ada/lab/blast/manifests/1"),
    ("POST", "/auth/sign-in"),
)
TAKES_BYTES = (
    ("POST", "/upload"),
    ("POST", "/api/push/"),
    ("PUT", "/transfer/nonsense"),
    ("POST", "/v1/imagefile/0"),
    ("PATCH", "/v2/ada/lab/blast/blobs/uploads/0"),
    ("PUT", "/v2/ada/lab/blast/blobs/uploads/0"),
    ("GET", "/v1/search"),
    ("DELETE", "/v1/images/ada/lab/blast:1"),
    ("POST", "/nowhere"),
)
NO_BODY = ("/v1/search", "/v1/images/ada/lab/blast:1", "/nowhere")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The real server, for all tests of this file."""
    directory = tmp_path_factory.mktemp("live") / "registry"
    settings = {"sregistry.protocols": PROTOCOLS}
    with LiveRegistry(
        directory, settings=settings, server={"channel_timeout": "4s", "threads": "4"}
    ) as registry:
        yield registry
    assert "Traceback" not in registry.log


@pytest.fixture(scope="module")
def token(server):
    """A token of Ada's."""
    return server.make_user("ada")


@pytest.fixture
def live(server, token):
    """The server, which afterwards holds no more than before, and has answered all the while."""
    served(server)
    before = cost_of(server)
    yield server
    end = time.monotonic() + 20
    while not cost_of(server).is_about(before):
        assert time.monotonic() < end, (before, cost_of(server))
        time.sleep(0.05)
    served(server)
    assert server.peak_memory() < CEILING, f"{server.peak_memory() // MIB} MiB"


def served(registry):
    """Be another client, and time the answer."""
    address = urlsplit(registry.url)
    began = time.monotonic()
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request("GET", "/v1/search?value=blast")
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - began


def bearing(token):
    return f"Authorization: Bearer {token}"


def send_chunks(wire, total, *, size=256 * 1024):
    """Send chunks until so much is sent, or the server wants no more."""
    piece = b"%x\r\n%s\r\n" % (size, b" " * size)
    return all(wire.send(piece) for _ in range(total // size))


SMALL = [*TAKES_JSON, *(one for one in TAKES_BYTES if one[1] in NO_BODY)]


@pytest.mark.parametrize(("method", "path"), SMALL)
def test_a_body_without_end_is_cut_where_no_image_arrives(live, token, method, path):
    """The answer is there before the end of the body, in the words of the protocol."""
    with Wire(live.url) as wire:
        wire.head(method, path, bearing(token), "Transfer-Encoding: chunked")
        send_chunks(wire, ENDLESS)
        said = wire.everything()

    assert said.startswith(b"HTTP/1.1 ")
    assert 200 <= int(said.split()[1]) < 500
    assert b"exceeds max_body" not in said
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in said


@pytest.mark.parametrize(("method", "path"), SMALL)
def test_a_body_that_says_how_large_it_is_is_refused_at_once(live, token, method, path):
    with Wire(live.url) as wire:
        wire.head(
            method,
            path,
            bearing(token),
            "Content-Length: 100000000000",
            "Expect: 100-continue",
            "Content-Type: application/x-www-form-urlencoded",
        )
        said = wire.everything()

    assert b" 100 Continue" not in said
    assert 200 <= int(said.split()[1]) < 500
    if (method, path) in TAKES_JSON:
        # Some look first who is asking, or whether the thing is there.
        assert int(said.split()[1]) in (400, 401, 403, 404, 413)


def test_what_follows_a_body_that_was_cut_is_no_request(live, token):
    with Wire(live.url) as wire:
        wire.head("POST", "/v1/entities", bearing(token), "Content-Length: 100000000000")
        wire.send(b"GET /v1/search?value=abc HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        said = wire.everything()

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b'"error":{"code":413' in said
    assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(("method", "path"), TAKES_BYTES)
def test_a_large_body_where_it_means_nothing(live, token, method, path):
    with Wire(live.url) as wire:
        wire.head(method, path, bearing(token), "Transfer-Encoding: chunked")
        send_chunks(wire, ENDLESS)
        assert served(live) < 5
        wire.send(b"0\r\n\r\n")
        assert path in NO_BODY or 200 <= wire.status() < 500


@pytest.mark.parametrize(("method", "path"), [*TAKES_JSON, *TAKES_BYTES])
def test_a_body_that_never_ends_is_dropped_with_its_connection(live, token, method, path):
    with Wire(live.url) as wire:
        wire.head(method, path, bearing(token), "Transfer-Encoding: chunked")
        send_chunks(wire, 2 * MIB)


@pytest.mark.parametrize(("method", "path"), TAKES_BYTES)
def test_less_is_sent_than_was_said(live, token, method, path):
    with Wire(live.url) as wire:
        wire.head(method, path, bearing(token), "Content-Length: 100000000000")
        wire.send(b"x" * MIB)
        assert served(live) < 5


@pytest.mark.parametrize(("method", "path"), [TAKES_JSON[0], TAKES_BYTES[0], TAKES_BYTES[2]])
def test_more_is_sent_than_was_said(live, token, method, path):
    """What is left is another request, and no sound one."""
    with Wire(live.url) as wire:
        wire.head(method, path, bearing(token), "Content-Length: 2")
        wire.send(b"{}" + b"more than was said" * 1000 + b"\r\n\r\n")
        said = wire.everything()

    assert said.startswith(b"HTTP/1.1 4")
    assert said.count(b"HTTP/1.") <= 2
    assert b"HTTP/1.1 5" not in said


def test_a_slow_drip_holds_up_nobody(live, token):
    wires = [Wire(live.url) for _ in range(40)]
    for wire in wires:
        wire.head("POST", "/v1/entities", bearing(token), "Content-Length: 1000")
    for _ in range(8):
        for wire in wires:
            wire.send(b" ")
        assert served(live) < 5
        time.sleep(0.05)
    for wire in wires:
        wire.socket.close()


def test_a_head_that_drips_holds_up_nobody(live):
    wires = [Wire(live.url) for _ in range(40)]
    for letter in b"GET /v1/search?value=abc HTTP/1.1\r\nHost: x\r\nX-A: aaaaaaaaaaaa":
        for wire in wires:
            wire.send(bytes([letter]))
    assert served(live) < 5
    for wire in wires:
        wire.socket.close()


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"X-%d: %s\r\n" % (n, b"y" * 100) for n in range(20_000)),
        b"X-Long: " + b"y" * (8 * MIB) + b"\r\n",
        b"X-Same: 1\r\n" * 200_000,
        b" folded\r\n" * 100_000,
    ],
    ids=["many", "long", "same", "folded"],
)
def test_a_flood_of_headers_is_cut(live, flood):
    with Wire(live.url) as wire:
        wire.send(b"GET /v1/search?value=abc HTTP/1.1\r\nHost: x\r\n")
        wire.send(flood)
        wire.send(b"\r\n")
        said = wire.everything()

    assert not said or said.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))


def test_an_address_without_end_is_cut(live):
    with Wire(live.url) as wire:
        wire.send(b"GET /" + b"a" * (4 * MIB) + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        said = wire.everything()

    assert not said or said.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))


@pytest.mark.parametrize("extension", [b"", b";a=b", b";" + b"x" * 200])
def test_thousands_of_tiny_chunks(live, token, extension):
    with Wire(live.url) as wire:
        wire.head("POST", "/v1/entities", bearing(token), "Transfer-Encoding: chunked")
        for _ in range(100):
            wire.send((b"1" + extension + b"\r\n \r\n") * 200)
        assert served(live) < 5
        wire.send(b"0\r\n\r\n")
        assert wire.status() == 400


@pytest.mark.parametrize(
    "framing",
    [
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: 2, 2",),
        ("Content-Length: +2",),
        ("Content-Length: -1",),
        ("Content-Length: 0x2",),
        ("Content-Length: " + "9" * 5000,),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: identity", "Content-Length: 2"),
        ("Transfer-Encoding: \x0bchunked",),
        ("Transfer-Encoding : chunked",),
        ("Content-Length : 2",),
        ("Content\x00Length: 2",),
    ],
)
def test_framing_that_contradicts_itself_smuggles_nothing(live, token, framing):
    """Whatever the server makes of it, what follows the body is not run as a request of its own
    after it has been taken for part of a body, and no answer is a 5xx but 501."""
    with Wire(live.url) as wire:
        wire.head("POST", "/v1/entities", bearing(token), *framing)
        wire.send(b"{}\r\n0\r\n\r\nGET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        said = wire.everything()

    statuses = [
        int(part[:3]) for part in said.replace(b"HTTP/1.0", b"HTTP/1.1").split(b"HTTP/1.1 ")[1:]
    ]
    assert statuses
    assert all(status < 500 or status == 501 for status in statuses), statuses


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nab\r\n",
        b"-1\r\nab\r\n",
        b"ffffffffffffffffff\r\nab\r\n",
        b"1\r\nabc\r\n",
        b"\r\n\r\n",
        b"1 \r\na\r\n0\r\n\r\n",
        b"1\na\n0\n\n",
        b"0\r\nContent-Length: 5\r\n\r\n",
        b"+1\r\na\r\n0\r\n\r\n",
        b"0_1\r\na\r\n0\r\n\r\n",
    ],
)
def test_chunks_that_are_none(live, token, chunks):
    with Wire(live.url) as wire:
        wire.head("POST", "/v1/entities", bearing(token), "Transfer-Encoding: chunked")
        wire.send(chunks)
        wire.socket.shutdown(1)
        said = wire.everything()

    assert not said or said.startswith(b"HTTP/1.1 4")


def test_many_requests_at_once_on_one_connection(live, token):
    body = json.dumps({"name": "nobody"})
    one = (
        f"POST /v1/entities HTTP/1.1\r\nHost: x\r\n{bearing(token)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    other = b"GET /v1/search?value=abc HTTP/1.1\r\nHost: x\r\n\r\n"
    with Wire(live.url) as wire:
        wire.send((one + other) * 100)
        said = wire.everything()

    statuses = [part[:3] for part in said.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"403", b"200"] * 100


def test_two_that_claim_to_be_somebody_are_not_both(live, token):
    with Wire(live.url) as wire:
        wire.head("GET", "/api/v1/user", bearing(token), "Authorization: Bearer other")
        assert wire.status() in (400, 401)


@pytest.mark.parametrize(
    "line",
    [
        b"GET",
        b"GET /",
        b"GET / HTTP/9.9",
        b"GET  / HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET http://[::/ HTTP/1.1",
        b"GET //evil.test/ HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"CONNECT a:1 HTTP/1.1",
        b"GET " + quote("/é").encode() + b" HTTP/1.1",
        "GET /é HTTP/1.1".encode(),
        b"\xff\xfe",
        b"\x16\x03\x01\x02",
        b"PRI * HTTP/2.0",
        b"get / http/1.1",
    ],
)
def test_lines_that_are_no_requests(live, line):
    with Wire(live.url) as wire:
        wire.send(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = wire.everything()

    assert b" 500 " not in said[:20]
