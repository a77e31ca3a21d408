"""What a request of the sregistry client means: whose names, which part of a list."""

from urllib.parse import urlencode

from pyramid.request import Request

from sregistry_core.errors import Malformed
from sregistry_core.names import (
    DEFAULT_TAG,
    CollectionName,
    parse_collection_name,
    parse_container_name,
    parse_entity_name,
    parse_tag,
)
from sregistry_core.services.client_credentials import Spelling
from sregistry_core.services.listings import Span, Wanted

LARGEST_LIMIT = 1000


def short_entity(request: Request) -> str:
    """Give the entity whose names the client may leave out: that of its base, or our own."""
    said: str = request.matchdict.get("entity", "").rstrip("/")
    home: str = request.registry["facilities"].settings.id
    return parse_entity_name(said) if said else home


def wanted(request: Request) -> Wanted:
    """Read what is looked for. Raises Malformed when it can be no name."""
    said = request.matchdict
    short = short_entity(request)
    within = CollectionName.parse(said["collection"], home=short) if "collection" in said else None
    everywhere = within is None and not said.get("entity")
    return Wanted(
        entity=within.entity if within else None if everywhere else short,
        collection=parse_collection_name(within.collection) if within else None,
        container=parse_container_name(said["container"]) if "container" in said else None,
        tag=parse_tag(said["tag"]) if "tag" in said else None,
    )


def span(request: Request, *, usual: int | None) -> Span:
    """Read `limit` and `offset`; without a limit it is the usual one, None for all."""
    limit = _number(request, "limit", usual)
    return Span(
        offset=_number(request, "offset", 0) or 0,
        limit=None if limit is None else max(1, min(limit, LARGEST_LIMIT)),
    )


def neighbour(request: Request, of: Span, *, count: int, step: int) -> str | None:
    """Give the address of the next page (step 1) or of the one before (step -1)."""
    if of.limit is None:
        return None
    offset = of.offset + step * of.limit
    if (step > 0 and offset >= count) or (step < 0 and of.offset == 0):
        return None
    url = request.registry["facilities"].settings.public_url
    query = urlencode({"limit": of.limit, "offset": max(0, offset)})
    return f"{url}{request.path}?{query}"


def spellings_of(said: Spelling, short: str) -> list[Spelling]:
    """Give what the client may have signed: what it says, and the same as we write it.

    The old server signed a name with every run of other signs made one dash, and some scripts
    do the same.
    """
    collection = said.collection.lower()
    collections = {said.collection, collection, collection.removeprefix(f"{short}/")}
    collections.add("-".join("".join(c if c.isalnum() else " " for c in collection).split()))
    return [
        Spelling(one, name, tag)
        for one in sorted(collections)
        for name in sorted({said.name, said.name.lower()})
        for tag in sorted({said.tag, said.tag.lower()})
    ]


def spelling_in_path(request: Request) -> Spelling:
    """Give the name in the path as it stands there."""
    said = request.matchdict
    tagged, _, _ = said["container"].partition("@")
    name, _, tag = tagged.partition(":")
    return Spelling(said["collection"], name, tag or DEFAULT_TAG)


def _number(request: Request, key: str, usual: int | None) -> int | None:
    text = request.GET.get(key)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Malformed(f"{key} = {text[:40]} is no number")
    return int(text)
