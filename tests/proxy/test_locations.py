"""The locations of nginx for large bodies are the routes at which they arrive, and no others."""

import re

import pytest
from pyramid.interfaces import IRoutesMapper

from sregistry_core.web.bodies import largest_body

from .conftest import SHIPPED

PLACEHOLDERS = {
    "image": "0" * 32,
    "address": "x.y",
    "name": "ada/lab/blast",
    "upload": "1" * 32,
    "slash": "/",
}
PROTOCOLS = (
    "discovery transfer library oci directory sregistry shub hkp remotebuild webhooks api ui"
)


@pytest.fixture(scope="module")
def locations():
    """What nginx takes large bodies at: a prefix, one path, and an expression."""
    text = (SHIPPED / "sregistry.conf").read_text(encoding="utf-8")
    found = re.findall(
        r"location ([~=] )?(\S+) \{\n(?:(?!\n    \}).)*?include sregistry-bodies\.conf;",
        text,
        re.DOTALL,
    )
    assert len(found) == 3
    return [
        re.compile(place if how == "~ " else re.escape(place) + ("$" if how == "= " else ""))
        for how, place in found
    ]


def path_of(pattern):
    """A path that a route matches."""

    def fill(found):
        return PLACEHOLDERS.get(found[1], "lab" if found[1] != "entity" else "ada/")

    return re.sub(r"\{(\w+)(?::[^{}]*(?:\{[^{}]*\})?[^{}]*)?\}", fill, pattern)


def test_nginx_takes_large_bodies_where_the_registry_does(make_registry, locations):
    registry = make_registry(protocols=PROTOCOLS)
    within = registry.app.app.registry
    large = within["large_bodies"]
    seen = set()
    for route in within.getUtility(IRoutesMapper).get_routes():
        path = path_of(route.pattern if route.pattern.startswith("/") else f"/{route.pattern}")
        taken = any(place.match(path) for place in locations)
        if route.name in large:
            assert largest_body(within, large[route.name][0], path) is None, (route.name, path)
            assert taken, f"nginx does not know {path} of {route.name}"
            seen.add(route.name)
    assert seen == set(large)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/images",
        "/v1/imagefile/ada/lab/blast:1",
        "/v1/build",
        "/v1/build-context",
        "/v2/ada/lab/blast/manifests/1",
        "/v2/ada/lab/blast/blobs/sha256:0",
        "/api/v1/collections",
        "/api/upload/chunked_upload",
        "/pks/add",
        "/ada/api/container/lab/blast:1",
    ],
)
def test_all_other_bodies_are_small(locations, path):
    assert not any(place.match(path) for place in locations)
