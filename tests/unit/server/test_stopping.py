"""A signal lets requests under way finish and keeps everybody else out."""

import signal
import time

import pytest

from .conftest import eventually

SIZE = 8 * 1024 * 1024


def start_working(server, client):
    client.send("GET", "/work")
    eventually((server.room / "working").exists)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_with_success(server, number):
    server.signal(number)

    assert server.ended() == 0
    assert (server.room / "stopped").exists()
    server.end()
    assert server.output.splitlines() == [f"serving on http://127.0.0.1:{server.port}", "returned"]
    assert "RuntimeError: this call fails" in server.errors


def test_an_upload_under_way_finishes_while_new_clients_are_refused(server):
    with server.connect() as client:
        client.send("PUT", "/link", f"Content-Length: {SIZE}")
        client.send_zeros(SIZE // 2)
        eventually(server.bodies)

        server.signal()
        eventually(server.refuses)
        time.sleep(0.5)
        client.send_zeros(SIZE - SIZE // 2)
        status, headers, _ = client.answer()

        assert status == 200
        assert headers["connection"] == "close"
        assert client.at_end()
    assert server.ended() == 0
    assert (server.room / "kept").read_bytes() == bytes(SIZE)
    assert (server.room / "stopped").exists()
    assert server.bodies() == []


@pytest.mark.parametrize("kind", ["file", "pieces"])
def test_a_download_under_way_finishes_while_new_clients_are_refused(server, kind):
    size = 64 * 1024 * 1024
    with (server.room / "image").open("wb") as image:
        image.truncate(size)
    with server.connect() as client:
        client.send("GET", f"/{kind}")
        status, _ = client.head()
        begun = len(client.read(1024))

        server.signal()
        eventually(server.refuses)
        time.sleep(0.5)

        assert server.process.poll() is None
        assert (status, begun) == (200, 1024)
        assert len(client.read(size - begun)) == size - begun
        assert client.at_end()
    assert server.ended() == 0


def test_the_application_finishes_what_it_works_on(server):
    with server.connect() as client:
        start_working(server, client)

        server.signal()
        eventually(server.refuses)
        time.sleep(0.3)
        (server.room / "worked").touch()

        assert client.answer()[2] == b"worked"
    assert server.ended() == 0


def test_the_application_finishes_even_when_its_client_has_gone(server):
    with server.connect() as client:
        client.send("GET", "/write_and_work")
        eventually((server.room / "working").exists)
    eventually(lambda: server.open_sockets() == 1)

    server.signal()
    eventually(server.refuses)
    time.sleep(1)
    assert server.process.poll() is None
    (server.room / "worked").touch()

    assert server.ended() == 0
    assert (server.room / "done").exists()


def test_idle_connections_do_not_delay_the_end(server):
    with server.connect() as used, server.connect() as fresh:
        used.send("GET", "/ping")
        assert used.answer()[0] == 200

        started = time.monotonic()
        server.signal()

        assert server.ended() == 0
        assert time.monotonic() - started < 2
        assert used.at_end()
        assert fresh.at_end()


def test_of_requests_in_a_row_the_current_one_is_the_last(server):
    with server.connect() as client:
        one = b"GET /work HTTP/1.1\r\nHost: registry\r\n\r\n"
        client.socket.sendall(one * 3)
        eventually((server.room / "working").exists)

        server.signal()
        eventually(server.refuses)
        (server.room / "worked").touch()
        _, headers, _ = client.answer()

        assert headers["connection"] == "close"
        assert client.at_end()
    assert server.ended() == 0


def test_a_second_signal_ends_everything_at_once(server):
    with server.connect() as uploading, server.connect() as working:
        uploading.send("PUT", "/upload", f"Content-Length: {SIZE}")
        uploading.send_zeros(SIZE // 2)
        start_working(server, working)
        eventually(server.bodies)
        server.signal()
        eventually(server.refuses)
        assert server.process.poll() is None
        time.sleep(0.6)

        started = time.monotonic()
        server.signal()

        assert server.ended() == 0
        assert time.monotonic() - started < 3
    assert (server.room / "stopped").exists()
    assert server.bodies() == []


def test_a_signal_that_make_passes_on_as_well_is_one_signal(server):
    with server.connect() as client:
        client.send("PUT", "/upload", f"Content-Length: {SIZE}")
        client.send_zeros(SIZE // 2)
        eventually(server.bodies)
        server.signal()
        server.signal()
        eventually(server.refuses)
        client.send_zeros(SIZE - SIZE // 2)

        status, _ = client.head()
        assert status == 200
    assert server.ended() == 0


def test_a_stalled_client_delays_the_end_no_longer_than_the_grace(start_server):
    server = start_server("grace=1s")
    with server.connect() as uploading, server.connect() as downloading:
        uploading.send("PUT", "/upload", f"Content-Length: {SIZE}")
        uploading.send_zeros(SIZE // 2)
        downloading.send("GET", "/pieces")
        downloading.head()
        eventually(server.bodies)

        started = time.monotonic()
        server.signal()

        assert server.ended() == 0
        assert 0.9 < time.monotonic() - started < 4
    assert (server.room / "stopped").exists()
    assert server.bodies() == []


def test_while_stopping_a_silent_client_is_still_timed_out(start_server):
    server = start_server("channel_timeout=1s", "grace=1h")
    with server.connect() as client:
        client.send("PUT", "/upload", f"Content-Length: {SIZE}")
        client.send_zeros(SIZE // 2)
        eventually(server.bodies)

        server.signal()

        assert server.ended() == 0


def test_a_second_signal_leaves_the_last_calls_their_time(server):
    (server.room / "hold").touch()
    server.signal()
    eventually((server.room / "finishing").exists)

    server.signal(signal.SIGINT)
    time.sleep(0.3)
    assert server.process.poll() is None
    (server.room / "hold").unlink()

    assert server.ended() == 0
    assert (server.room / "stopped").exists()


def test_a_third_signal_ends_the_last_calls_as_well(server):
    (server.room / "hold").touch()
    server.signal()
    eventually((server.room / "finishing").exists)

    server.signal(signal.SIGINT)
    server.signal(signal.SIGTERM)

    assert server.ended() == 0
    assert not (server.room / "stopped").exists()
