"""Images that are built anew when what they start from is another image by now."""

import hashlib
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from sregistry_core.errors import Malformed
from sregistry_core.jobs.base_looking import digest_of
from sregistry_core.models import Verdict
from sregistry_core.services.base_images import bases_of
from sregistry_core.services.base_watches import RemoteImage, watch_of
from sregistry_core.testing.registry import PUBLIC_URL
from sregistry_core.testing.sif_files import make_sif

HOUR = timedelta(hours=1)


class OtherRegistry:
    """Another registry of OCI on loopback: what its one tag is, and how it lets people in.

    asked    the methods and paths that came
    answer   the status of a manifest, when it is none of the usual ones
    """

    def __init__(self):
        self.manifest = b'{"schemaVersion": 2}'
        self.tells_digest = True
        self.wants_token = False
        self.realm = None
        self.answer = 200
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                outer._answer(self)

            def do_GET(self):
                outer._answer(self)

            def log_message(self, *_about):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def digest(self):
        return f"sha256:{hashlib.sha256(self.manifest).hexdigest()}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler):
        self.asked.append((handler.command, handler.path))
        headers, status, body = {}, self.answer, self.manifest
        if handler.path.startswith("/token"):
            status, body = 200, json.dumps({"token": "let-me-in"}).encode()
        elif self.wants_token and handler.headers["Authorization"] != "Bearer let-me-in":
            realm = self.realm or f"http://{self.host}/token"
            status, body = 401, b""
            headers["WWW-Authenticate"] = f'Bearer realm="{realm}",service="other",scope="x"'
        elif self.tells_digest:
            headers["Docker-Content-Digest"] = self.digest
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)


@pytest.fixture
def other():
    made = OtherRegistry()
    yield made
    made.close()


def test_an_image_is_built_anew_when_its_base_in_this_registry_moves(registry, lab):
    eve = registry.user("eve")
    eve.push("eve/lab/base:1", make_sif(labels={"release": "1"}))
    origin = f"{urlsplit(PUBLIC_URL).netloc}/eve/lab/base:1"
    lab.build(header=f"Bootstrap: oras\nFrom: {origin}")
    assert lab.schedule(when_base_moves=True) == [(f"oras://{origin}", None)]
    first = lab.shown.bases[0]["digest"]
    assert first == lab.digest("eve/lab/base:1")

    lab.pass_time(HOUR)
    assert len(lab.builds) == 1
    lab.will_give("label built=2")
    eve.push("eve/lab/base:1", make_sif(labels={"release": "2"}))
    lab.pass_time(timedelta(minutes=5))
    assert len(lab.builds) == 1
    lab.pass_time(HOUR)

    assert len(lab.builds) == 2
    assert lab.shown.verdict is Verdict.CHANGED
    assert lab.shown.bases[0]["digest"] == lab.digest("eve/lab/base:1") != first
    lab.pass_time(HOUR)
    assert len(lab.builds) == 2


def test_a_base_that_breaks_the_build_is_built_from_once(registry, lab):
    eve = registry.user("eve")
    eve.push("eve/lab/base:1", make_sif())
    origin = f"{urlsplit(PUBLIC_URL).netloc}/eve/lab/base:1"
    lab.build(header=f"Bootstrap: library\nFrom: {origin}")
    lab.schedule(when_base_moves=True)
    lab.pass_time(HOUR)
    lab.will_give("fail it is too new")
    eve.push("eve/lab/base:1", make_sif(labels={"release": "2"}))

    for _ in range(3):
        lab.pass_time(HOUR)

    assert lab.said == (Verdict.BROKEN, "it is too new")
    assert len(lab.builds) == 2


def test_a_base_that_may_not_be_seen_any_more_is_said_and_harms_nothing(registry, lab):
    eve = registry.user("eve")
    eve.push("eve/lab/base:1", make_sif())
    origin = f"{urlsplit(PUBLIC_URL).netloc}/eve/lab/base:1"
    lab.build(header=f"Bootstrap: oras\nFrom: {origin}")
    lab.schedule(when_base_moves=True)
    known = lab.shown.bases[0]["digest"]
    registry.hide("eve/lab")

    lab.pass_time(HOUR)

    (base,) = lab.shown.bases
    assert base["trouble"] == "it is not here, or not for whoever it is built for"
    assert base["digest"] == known
    assert len(lab.builds) == 1


@pytest.mark.parametrize("wants_token", [False, True])
def test_an_image_is_built_anew_when_its_base_in_another_registry_moves(lab, other, wants_token):
    other.wants_token = wants_token
    lab.build(header=f"Bootstrap: docker\nFrom: {other.host}/lab/base:1")
    assert lab.schedule(when_base_moves=True) == [(f"docker://{other.host}/lab/base:1", None)]
    lab.pass_time(HOUR)
    assert lab.shown.bases[0]["digest"] == other.digest
    assert len(lab.builds) == 1
    asked = other.asked[-1]
    assert asked == ("HEAD", "/v2/lab/base/manifests/1")
    if wants_token:
        assert other.asked[-2] == (
            "GET",
            "/token?scope=repository%3Alab%2Fbase%3Apull&service=other",
        )

    other.manifest += b"\n"
    lab.pass_time(HOUR)

    assert lab.shown.bases[0]["digest"] == other.digest
    assert len(lab.builds) == 2
    assert lab.said == (Verdict.SAME, "the same bytes")


def test_a_registry_that_does_not_answer_is_said_and_asked_again(lab, other):
    lab.build(header=f"Bootstrap: docker\nFrom: {other.host}/lab/base:1")
    lab.schedule(when_base_moves=True)
    lab.pass_time(HOUR)
    other.answer = 503
    lab.pass_time(HOUR)
    (base,) = lab.shown.bases
    assert base["trouble"] == f"{other.host} has answered 503"
    assert base["digest"] == other.digest

    other.answer = 200
    other.manifest += b"\n"
    lab.pass_time(HOUR)
    assert lab.shown.bases[0]["trouble"] is None
    assert len(lab.builds) == 2


def test_a_registry_that_tells_no_digest_is_asked_for_the_manifest(registry, other):
    other.tells_digest = False
    image = RemoteImage(other.host, "lab/base", "1")

    assert digest_of(image, registry.parts.facilities) == other.digest
    assert [method for method, _ in other.asked] == ["HEAD", "GET"]


def test_addresses_of_ones_own_network_are_not_asked_unless_that_is_allowed(
    make_registry, lab, other, tmp_path
):
    registry = make_registry(plugin_modules="sregistry_core.testing.toy_builder", builder="toy")
    registry.user("ada")
    lab = type(lab)(registry, tmp_path / "other")
    lab.build(header=f"Bootstrap: docker\nFrom: {other.host}/lab/base:1")
    lab.schedule(when_base_moves=True)

    lab.pass_time(HOUR)

    assert "is a private address, and those are not allowed" in lab.shown.bases[0]["trouble"]
    assert other.asked == []


@pytest.mark.parametrize("realm", ["ftp://127.0.0.1/token", "file:///etc/passwd", ""])
def test_a_token_is_fetched_only_where_that_is_safe(lab, other, realm):
    other.wants_token, other.realm = True, realm or "nowhere"
    lab.build(header=f"Bootstrap: docker\nFrom: {other.host}/lab/base:1")
    lab.schedule(when_base_moves=True)

    lab.pass_time(HOUR)

    assert lab.shown.bases[0]["trouble"] == f"{other.host} lets nobody in without a login"


def test_what_cannot_be_watched_is_said_and_needs_days(lab):
    pinned = f"docker://alpine@sha256:{'a' * 64}"
    lab.build(header=f"Bootstrap: docker\nFrom: {pinned.removeprefix('docker://')}")
    with pytest.raises(Malformed, match=r"base cannot be watched: .*names a digest"):
        lab.schedule(when_base_moves=True)

    said = lab.schedule(when_base_moves=True, every_days=7)

    assert said == [(pinned, "its definition names a digest, which never moves")]
    assert lab.shown.look_at is None
    lab.pass_time()
    assert lab.shown.verdict is Verdict.SAME
    lab.build("ada/lab/none:1")
    with pytest.raises(Malformed, match="its definition names none"):
        lab.schedule("ada/lab/none:1", when_base_moves=True)


@pytest.mark.parametrize(
    ("agent", "origin", "host", "repository", "tag"),
    [
        ("docker", "alpine", "registry-1.docker.io", "library/alpine", "latest"),
        ("docker", "bitnami/redis:7", "registry-1.docker.io", "bitnami/redis", "7"),
        ("docker", "docker.io/alpine:3", "registry-1.docker.io", "library/alpine", "3"),
        ("docker", "ghcr.io/lab/base", "ghcr.io", "lab/base", "latest"),
        ("oras", "localhost:5000/base:1", "localhost:5000", "base", "1"),
    ],
)
def test_names_are_read_as_docker_reads_them(registry, agent, origin, host, repository, tag):
    (base,) = bases_of(f"Bootstrap: {agent}\nFrom: {origin}", {})

    watch = watch_of(base, registry.parts.settings)

    assert watch.remote == RemoteImage(host, repository, tag)


@pytest.mark.parametrize(
    ("agent", "origin"),
    [
        ("library", "library.test/ada/lab/base:1"),
        ("localimage", "base.sif"),
        ("docker", "ghcr.io/../../etc:1"),
        ("docker", "user@evil.test/lab/base"),
        ("docker", "ghcr.io/lab/base:1?x=y"),
    ],
)
def test_what_is_no_tag_of_an_oci_registry_is_not_asked_for(registry, agent, origin):
    (base,) = bases_of(f"Bootstrap: {agent}\nFrom: {origin}", {})

    watch = watch_of(base, registry.parts.settings)

    assert watch.remote is None and watch.trouble


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("ada/lab/base:1", True),
        ("library://ada/lab/base", True),
        (f"{PUBLIC_URL.partition('://')[2]}/ada/lab/base:1", True),
        ("library.test/ada/lab/base:1", False),
        ("library.test:8080/base:1", False),
    ],
)
def test_a_library_address_without_a_host_is_of_this_registry(registry, origin, ours):
    (base,) = bases_of(f"Bootstrap: library\nFrom: {origin}", {})

    assert watch_of(base, registry.parts.settings).is_ours is ours
