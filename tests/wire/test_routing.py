"""Routes are found by their first word as Pyramid finds them, and reading views come first."""

import re
from urllib.parse import unquote

import pytest
from pyramid.config.views import MultiView
from pyramid.interfaces import IRoutesMapper
from pyramid.predicates import RequestMethodPredicate
from pyramid.urldispatch import RoutesMapper
from webob import Request

from sregistry_core.contracts import Caller

ODD = ["/", "", "//", "/-", "/-/", "/v2", "/v2/", "/v2//x", "/ada", "/ada/", "/ada/lab", "/%2F/x"]
WORDS = {"name": "ada/lab/blast", "reference": "1", "digest": "sha256:" + "0" * 64}


def paths_of(mapper):
    """Give paths for all routes, with words for their variables; not each fits its route."""
    for route in mapper.routelist:
        names = re.findall(r"{(\w+)", route.pattern) + re.findall(r"\*(\w+)$", route.pattern)
        for word in ("ada", "v2", "1", "0" * 24):
            yield unquote(route.generate({name: WORDS.get(name, word) for name in names}))


def asked(method, path):
    request = Request.blank("/", method=method)
    request.path_info = path
    request.caller = Caller.anonymous()
    return request


@pytest.fixture
def registry(make_registry):
    return make_registry(
        protocols="discovery transfer library oci sregistry shub hkp remotebuild api ui"
    )


@pytest.fixture
def mapper(registry):
    return registry.app.app.registry.getUtility(IRoutesMapper)


def test_every_path_leads_where_pyramid_would_lead_it(mapper):
    plain = RoutesMapper()
    plain.routelist = mapper.routelist
    found = set()
    for path in [*paths_of(mapper), *ODD]:
        for method in ("GET", "POST", "PUT", "DELETE"):
            ours, theirs = (find(asked(method, path)) for find in (mapper, plain))
            assert ours == theirs, (method, path)
            found.add(ours["route"] and ours["route"].name)

    assert len(found) > len(mapper.routelist) / 2


def test_where_an_address_has_several_methods_reading_is_tried_first(registry):
    several = [
        one.factory
        for one in registry.app.app.registry.registeredAdapters()
        if isinstance(one.factory, MultiView)
    ]
    for multi in several:
        reads = [
            any(
                isinstance(one, RequestMethodPredicate) and "GET" in one.val
                for one in getattr(view, "__predicates__", ())
            )
            for order, view, _ in multi.views
            if order == multi.views[0][0]
        ]
        assert reads == sorted(reads, reverse=True)
    assert len(several) > 9
