"""Forms of pages, from a browser that is signed in and has the right token: never a 5xx."""

import re
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sregistry_core.testing.connections import connections_at_work

from .asking import Request, ask
from .odd_parts import NUMBERS, ODD_TEXTS
from .shapes import require_shape
from .test_every_route import ROUTES, routes_of

FIELDS = st.sampled_from(
    [
        "name",
        "password",
        "next",
        "scope",
        "lifetime",
        "until",
        "token",
        "provider",
        "csrf_token",
        "",
    ]
)
TEXTS = st.one_of(
    st.sampled_from(ODD_TEXTS + NUMBERS),
    st.sampled_from(
        [
            "ada",
            "push",
            "pull",
            "admin",
            "30d",
            "1y",
            "date",
            "9999-12-31",
            "0001-01-01",
            "2026-02-30",
            "20261231",
            "2026-W01-1",
            "//evil.test",
            "/\\evil.test",
            "http://[",
            "\0",
            "a\r\nX: y",
            "x" * 5000,
        ]
    ),
    st.text(max_size=20),
)
FORMS = st.lists(st.tuples(FIELDS, TEXTS), max_size=6)
FUZZ = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
PAGES = [name for name in ROUTES if name.startswith("ui.")]


@pytest.fixture
def signed_in(registry, seeds):
    """The cookie of the session, and the token that its forms carry."""
    cookie = ("Cookie", f"sregistry_session={seeds.session}")
    page = ask(registry.app.app, Request("GET", "/auth/tokens", headers=[cookie]))
    return cookie, re.search(r'name="csrf_token" value="(.+?)"', page.body.decode())[1]


@pytest.mark.parametrize("route", PAGES)
def test_any_form(registry, seeds, signed_in, route):
    cookie, token = signed_in
    pattern, _ = routes_of(registry.app.app.registry)[route]
    path = re.sub(r"\{[^}]*\}[^/]*\}|\{[^}]*\}", seeds.known["token"][0], pattern)

    @FUZZ
    @given(fields=FORMS, more=st.sampled_from([b"", b"&name=%ff", b"&=&", b"&%00=%00", b";a"]))
    def takes(fields, more):
        body = urlencode([("csrf_token", token), *fields], errors="replace").encode() + more
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        request = Request("POST", path, headers=[cookie, kind], body=body)
        answer = ask(registry.app.app, request)
        assert answer.status < 500
        require_shape(request, answer)
        where = answer.header("Location")
        assert not where or where.startswith("http://registry.test/"), where

    takes()
    assert connections_at_work(registry.parts.database) == 0
