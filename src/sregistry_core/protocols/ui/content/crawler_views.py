"""What crawlers may look at: public pages only, and nothing of a private registry."""

from collections.abc import Iterable
from urllib.parse import urlencode
from xml.etree import ElementTree

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Caller
from sregistry_core.services import Services

from ..fields import query_field
from .named import absent

LARGEST_PART = 400
"""Containers in one file: as many as are answered at once. A sitemap has at most 50,000 addresses,
and an index of sitemaps as many files. Source: sitemaps.org."""
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_FOR_CLIENTS = ("/-/", "/*/-/", "/api/", "/auth/", "/transfer/", "/v1/", "/v2/")


@view_config(route_name="ui.robots_file")
def show_robots_file(request: Request) -> Response:
    """Say what crawlers may look at."""
    if request.registry["facilities"].settings.private_only:
        lines = ["User-agent: *", "Disallow: /"]
    else:
        url = request.registry["ui_site"].address.url
        lines = ["User-agent: *", *(f"Disallow: {one}" for one in _FOR_CLIENTS)]
        lines += ["", f"Sitemap: {url}/sitemap.xml"]
    return Response("\n".join([*lines, ""]), content_type="text/plain", charset="utf-8")


@view_config(route_name="ui.sitemap")
def show_sitemap(request: Request) -> Response:
    """List every public page; of a large registry, the files that do."""
    ends = _as_anybody(request).newest.every(LARGEST_PART)
    if not ends:
        return _part(request, "")
    url = request.registry["ui_site"].address.url
    parts = ["", *(f"?{urlencode({'after': end})}" for end in ends)]
    return _xml("sitemapindex", "sitemap", (f"{url}/-/sitemap.xml{part}" for part in parts))


@view_config(route_name="ui.sitemap_part")
def show_sitemap_part(request: Request) -> Response:
    """List the public pages that follow a name."""
    return _part(request, query_field(request, "after"))


def _part(request: Request, after: str) -> Response:
    if request.registry["facilities"].settings.private_only:
        raise absent(request)
    url = request.registry["ui_site"].address.url
    found = _as_anybody(request).newest.names(after=after, limit=LARGEST_PART)
    pages = {} if after else {"/": None}
    known = {"/".join(after.split("/")[:count]) for count in (1, 2)}
    for name in found:
        entity, collection, _ = name.split("/")
        for path in (entity, f"{entity}/{collection}", name):
            if path not in known:
                pages[f"/{path}"] = None
    return _xml("urlset", "url", (f"{url}{path}" for path in pages))


def _as_anybody(request: Request) -> Services:
    """Give the services of nobody: whoever asks, the answer is for everybody."""
    return Services(request.db, Caller.anonymous(), request.registry["facilities"])


def _xml(outer: str, inner: str, addresses: Iterable[str]) -> Response:
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.Element(f"{{{_NAMESPACE}}}{outer}")
    for address in addresses:
        one = ElementTree.SubElement(root, f"{{{_NAMESPACE}}}{inner}")
        ElementTree.SubElement(one, f"{{{_NAMESPACE}}}loc").text = address
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, content_type="application/xml", charset="utf-8")
