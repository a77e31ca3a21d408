"""The doctor, on public addresses and clocks."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from sregistry_core.testing.live import free_port

SERVER_IS_DOWN = "public address: nobody answers at "


def begins(texts, start):
    return any(text.startswith(start) for text in texts)


def test_a_server_that_is_down_is_a_warning(examine):
    findings = examine()

    assert findings["FAIL"] == []
    assert begins(findings["warn"], SERVER_IS_DOWN)


@pytest.mark.parametrize(
    ("url", "level", "text"),
    [
        ("http://registry.test", "warn", "is not encrypted"),
        ("http://registry.test", "FAIL", "its host is not known"),
        ("https://registry.test:8443", "warn", "shub:// cannot be used"),
        ("https://registry.test:8443", "warn", "`remote add` cannot be used"),
    ],
)
def test_an_address_that_clients_stumble_over_is_told(examine, url, level, text):
    findings = examine(sregistry__public_url=url)

    assert any(text in one for one in findings[level])
    assert not any("is not encrypted" in one for one in findings["warn"]) or url[4] != "s"


@pytest.fixture
def impostor():
    """Starts a web server that is not the registry; gives its address."""
    servers = []

    def start(answers, date=None):
        class Answering(BaseHTTPRequestHandler):
            def do_GET(self):
                status, body, headers = answers.get(self.path, (404, "", {}))
                self.send_response_only(status)
                self.send_header("Date", format_datetime(date or datetime.now(UTC), usegmt=True))
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


HEALTHY = (200, '{"status": "ok"}', {})
SERVICES = "/assets/config/config.prod.json"


def test_an_address_of_something_else_is_named(examine, impostor):
    url = impostor({"/": (200, "welcome to nginx", {})})

    assert examine(sregistry__public_url=url)["FAIL"] == [
        f"sregistry.public_url = {url} leads to something else: {url}/healthz answers 404"
    ]


def test_an_address_that_leads_on_is_named(examine, impostor):
    url = impostor({"/healthz": (301, "", {"Location": "https://registry.test/healthz"})})

    (failure,) = examine(sregistry__public_url=url)["FAIL"]

    assert failure.startswith(f"sregistry.public_url = {url} leads on to https://registry.test/")


def test_an_address_of_another_registry_is_named(examine, impostor):
    other = '{"libraryAPI": {"uri": "https://other.test"}}'
    url = impostor({"/healthz": HEALTHY, SERVICES: (200, other, {})})

    (failure,) = examine(sregistry__public_url=url)["FAIL"]

    assert failure == (
        f"sregistry.public_url = {url} leads to a registry that calls itself https://other.test: "
        "one of the two is wrong"
    )


def test_a_server_that_the_address_does_not_lead_to_is_named(examine, impostor):
    listen = impostor({"/healthz": HEALTHY}).removeprefix("http://")
    url = f"http://127.0.0.1:{free_port()}"

    (failure,) = examine(sregistry__public_url=url, server={"listen": listen})["FAIL"]

    assert failure.startswith(
        f"sregistry.public_url = {url} does not lead to the server, which answers at {listen}: "
    )


def test_an_address_that_accepts_and_says_nothing_does_not_hang(examine, monkeypatch):
    monkeypatch.setattr("sregistry_core.cli.doctor.fetching.PATIENCE", timedelta(seconds=0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        findings = examine(sregistry__public_url=f"http://127.0.0.1:{port}")

    assert begins(findings["warn"], SERVER_IS_DOWN)


@pytest.mark.parametrize(("minutes", "word"), [(-5, "ahead of"), (5, "behind")])
def test_a_clock_that_is_wrong_is_named(examine, impostor, minutes, word):
    date = datetime.now(UTC) + timedelta(minutes=minutes)
    url = impostor({"/healthz": HEALTHY}, date)

    findings = examine(sregistry__public_url=url, sregistry__protocols="library transfer")

    (failure,) = findings["FAIL"]
    assert word in failure
    assert failure.startswith("clock: ours is ")
