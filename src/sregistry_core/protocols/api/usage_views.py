"""What takes up how much, and what was used when."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Collection, Container, Entity
from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.services.buckets import PERIODS, latest, spans_of, summed
from sregistry_core.services.sizes import Sized
from sregistry_core.web.paging import LARGEST_LIMIT, parse_limit

from .answers import answer
from .endpoints import endpoint

_USUAL_LIMIT, _USUAL_RANGE = "100", "90d"
_MOST_DIGITS = 7


@endpoint("api.sizes", "of", "skip", "limit")
def show_sizes(request: Request) -> Response:
    """Show the sizes of what is in a place."""
    measured, place = request.services.sizes, _place(request)
    part = {"skip": _skip(request), "limit": _limit(request)}
    if isinstance(place, Container):
        found = measured.images(place, **part)
    elif isinstance(place, Collection):
        found = measured.containers(place, **part)
    else:
        found = measured.collections(place, **part)
    return answer(
        {
            "size": found.size,
            "count": found.count,
            "images": found.images,
            "items": [_sized_json(one) for one in found.largest],
        }
    )


@endpoint("api.usage", "of", "what", "range", "limit")
def show_usage(request: Request) -> Response:
    """Show storage or pulls over time, by collection."""
    place, usage = _place(request), request.services.usage
    if isinstance(place, Container):
        raise Malformed("of is an entity or a collection here")
    scope: dict[str, Any] = {
        "entity": place if isinstance(place, Entity) else None,
        "collection": place if isinstance(place, Collection) else None,
    }
    what = request.GET.get("what", "storage")
    if what not in ("storage", "pulls"):
        raise Malformed(f"what = {what[:40]} is neither storage nor pulls")
    today = request.registry["facilities"].clock().date()
    chosen = request.GET.get("range", _USUAL_RANGE)
    first = usage.first_day(**scope) if chosen == "all" else None
    spans, most = spans_of(chosen, today, first), _limit(request)
    if what == "storage":
        found = latest(usage.storage(spans, most=most, **scope), spans)
    else:
        found = summed(usage.pulls(PERIODS[chosen], spans, most=most, **scope), spans)
    return answer(
        {
            "spans": [{"first": str(one.first), "last": str(one.last)} for one in spans],
            "collections": dict(found.largest),
            "others": found.others,
            "totals": found.totals,
        }
    )


def _sized_json(one: Sized) -> dict[str, Any]:
    return {
        "name": one.name,
        "size": one.size,
        "images": one.images,
        "tag": one.tag,
        "digest": one.digest,
    }


def _place(request: Request) -> Entity | Collection | Container | None:
    """Find what `of` names. Raises NotFound, Malformed for what can be no name."""
    name = request.GET.get("of", "")
    catalog = request.services.catalog
    parts = name.count("/") + 1
    if not name:
        return None
    found: Entity | Collection | Container
    if parts == 1:
        found = catalog.entity(name)
    elif parts == 2:
        found = catalog.collection(CollectionName.parse(name, home=""))
    elif parts == 3:
        found = catalog.container(ContainerName.parse(name, home=""))
    else:
        raise NotFound(f"{name[:200]} does not exist")
    return found


def _skip(request: Request) -> int:
    text = request.GET.get("skip", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Malformed(f"skip = {text[:40]} is no number")
    return int(text)


def _limit(request: Request) -> int:
    return parse_limit(request.GET.get("limit", _USUAL_LIMIT), most=LARGEST_LIMIT)
