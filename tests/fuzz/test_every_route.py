"""Every route of every protocol, found in the router: never a 5xx, always the dialect's refusal."""

import hashlib
import itertools

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sregistry_core.testing.connections import connections_at_work
from sregistry_core.web.bodies import LARGEST_SMALL_BODY, largest_body

from .asking import Request, ask
from .odd_parts import ODD_TEXTS, QUERIES, headers_for, requests, right_path
from .seeds import PROTOCOLS, WITNESS
from .shapes import SHAPES, require_shape

FUZZ = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
NOT_YET = {"sregistry.build"}
"""Routes that answer 501 on purpose."""


def routes_of(registry):
    """Give name, pattern and methods of each route."""
    found = {}
    for entry in registry.introspector.get_category("routes"):
        route = entry["introspectable"]
        methods = route["request_methods"] or ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        found[route["name"]] = (route["pattern"], tuple(methods))
    return found


@pytest.fixture
def witness(registry, seeds):
    """Fails the test when somebody else's private image is not as it was afterwards."""
    yield
    told = ask(
        registry.app.app,
        Request(
            "GET",
            "/v1/imagefile/bob/private/witness:1",
            headers=[("Authorization", f"Bearer {seeds.tokens['bob']}")],
        ),
    )
    assert hashlib.sha256(told.body).digest() == hashlib.sha256(WITNESS).digest()
    assert connections_at_work(registry.parts.database) == 0
    assert not [*(registry.directory / "staging/incoming").iterdir()]


def shown_by(seeds, registry):
    hour = f"{registry.clock():%Y%m%dT%HZ}"
    signed = [seeds.signed(hour, action) for action in ("push", "upload", "pull", "delete")]
    return [f"Bearer {seeds.tokens['ada']}", *signed]


def test_every_route_is_fuzzed_and_every_protocol_has_a_shape(registry):
    names = routes_of(registry.app.app.registry)

    assert set(PROTOCOLS.split()) == set(SHAPES)
    assert len(names) > 150
    prefixes = {name.partition(".")[0] for name in names}
    assert prefixes >= set(SHAPES)


def test_images_arrive_at_these_routes_only(registry):
    """Everywhere else the server takes 8 MiB of a body, and no more."""
    registry = registry.app.app.registry
    large = registry["large_bodies"]

    assert set(large) <= set(routes_of(registry))
    assert set(large) == {
        "library.upload_v1",
        "oci.upload",
        "oci.uploads",
        "oci.uploads_bare",
        "remotebuild.upload",
        "sregistry.push",
        "sregistry.push_at_once",
        "ui.upload_whole",
        "transfer.bring",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/transfer/x"),
        ("POST", "/v1/imagefile/x"),
        ("POST", "/v2/a/b/c/blobs/uploads/"),
        ("PATCH", "/v2/a/b/c/blobs/uploads/x"),
        ("PUT", "/v2/é/blobs/uploads/x"),
        ("POST", "/upload"),
        ("POST", "/ada/upload/"),
        ("POST", "/ada/api/push/"),
    ],
)
def test_where_images_arrive_bodies_have_any_size(registry, method, path):
    application = registry.app.app.registry

    assert largest_body(application, method, path) is None
    assert largest_body(application, "GET", path) == LARGEST_SMALL_BODY
    assert largest_body(application, method, path + "/x/y") == LARGEST_SMALL_BODY


def pytest_generate_tests(metafunc):
    """One test for each route; the router is asked once, when tests are collected."""
    if "route" in metafunc.fixturenames:
        metafunc.parametrize("route", ROUTES)


def _routes():
    import tempfile
    from pathlib import Path

    from sregistry_core.testing.registry import Registry, make_empty_database

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        empty = make_empty_database(place / "empty.sqlite")
        registry = Registry(place / "registry", empty, {"sregistry.protocols": PROTOCOLS})
        try:
            return sorted(routes_of(registry.app.app.registry))
        finally:
            registry.close()


ROUTES = _routes()


def test_a_route(registry, seeds, witness, route):
    application = registry.app.app
    pattern, methods = routes_of(application.registry)[route]

    @FUZZ
    @given(request=requests(pattern, methods, seeds.known, shown_by(seeds, registry)))
    def refuses(request):
        answer = ask(application, request)
        assert answer.status < 500 or (route in NOT_YET and answer.status == 501), answer
        if answer.status < 500:
            require_shape(request, answer)

    refuses()


class Unread:
    """A body that notes whether anybody has read of it."""

    def __init__(self):
        self.was_read = False

    def read(self, size=-1):
        self.was_read = True
        return b""

    readline = read


def test_who_only_looks_is_not_read_from(registry, seeds, route):
    """A GET may come with a form of any size; to look into it would take it all into memory."""
    pattern, methods = routes_of(registry.app.app.registry)[route]
    if "GET" not in methods:
        return
    path = right_path(pattern, seeds.known)
    for token, query in itertools.product(
        ("root", "ada"), ("", "search=ada&op=index&limit=1&scope=x")
    ):
        environ = Request("GET", path, query).environ()
        body = environ["wsgi.input"] = Unread()
        environ["CONTENT_LENGTH"] = str(1 << 40)
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        environ["HTTP_AUTHORIZATION"] = f"Bearer {seeds.tokens[token]}"
        environ["HTTP_COOKIE"] = f"sregistry_session={seeds.session}"
        pieces = registry.app.app(environ, lambda *_: None)
        b"".join(pieces)
        if hasattr(pieces, "close"):
            pieces.close()
        assert not body.was_read


@FUZZ
@given(data=st.data())
def test_paths_that_no_route_has(grown, seeds, data):
    parts = st.sampled_from(
        [*ODD_TEXTS, "v1", "v2", "api", "auth", "pks", "s", "transfer", "upload"]
    )
    path = "/" + "/".join(data.draw(st.lists(parts, max_size=6)))
    request = Request(
        data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"])),
        path.replace("?", "%3f"),
        data.draw(QUERIES),
        data.draw(headers_for(shown_by(seeds, grown))),
    )

    answer = ask(grown.app.app, request)

    assert answer.status < 500
    require_shape(request, answer)
