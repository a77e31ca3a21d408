"""Atom feeds. Source: RFC 4287."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree

from sregistry_core.services.newest import NewImage

from ..amounts import in_bytes
from .markdown import first_words
from .words import as_instant

_ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom_feed(
    images: Sequence[NewImage], *, url: str, path: str, title: str, since: datetime
) -> bytes:
    """Give a feed of new images.

    url     the registry's own address
    path    of the page that the feed is about; the feed lies below it
    since   when it was changed last, while there is no image
    """
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    below = "" if path == "/" else path
    address = f"{url}{below}/-/feed.atom"
    _add(feed, "id", address)
    _add(feed, "title", title)
    _add(feed, "updated", as_instant(images[0].pushed_at if images else since))
    _add(feed, "link", rel="self", type="application/atom+xml", href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=f"{url}{path}")
    for image in images:
        _entry(feed, image, url)
    body: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _entry(feed: ElementTree.Element, image: NewImage, url: str) -> None:
    entry = _add(feed, "entry")
    tag = image.tags[0] if image.tags else None
    name = f"{image.container}:{tag}" if tag else f"{image.container}@{image.digest}"
    _add(entry, "id", UUID(image.id).urn)
    _add(entry, "title", name)
    _add(entry, "updated", as_instant(image.pushed_at))
    _add(entry, "link", rel="alternate", type="text/html", href=f"{url}/{name}")
    author = _add(entry, "author")
    _add(author, "name", image.pushed_by or image.container.partition("/")[0])
    facts = [in_bytes(image.size), image.arch or "", first_words(image.description)]
    _add(entry, "summary", " · ".join(fact for fact in facts if fact))


def _add(
    parent: ElementTree.Element, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    if text:
        element.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return element
