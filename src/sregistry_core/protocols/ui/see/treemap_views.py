"""The page of sizes, and the same as a file."""

from collections.abc import Iterator

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.services.sizes import Sized, Sizes

from ..fields import query_field
from ..pages import page
from ..texts import _
from .places import Place, place_of
from .tables import csv_response
from .treemap import SHOWN, entries_of, maps_of, others_of

_MOST_DIGITS = 7
_ROWS_AT_ONCE = 5000


@view_config(route_name="ui.treemap_of_registry")
@view_config(route_name="ui.treemap_of_entity")
@view_config(route_name="ui.treemap_of_collection")
@view_config(route_name="ui.treemap_of_container")
def show_treemap(request: Request) -> Response:
    """Show what takes up how much in a place; what is small is gathered, and shown after it."""
    place, skip = place_of(request), _skip(request)
    sizes = _sizes(request, place, skip=skip, limit=SHOWN)
    before = 0
    if skip:
        before = sum(one.size for one in _sizes(request, place, skip=0, limit=skip).largest)
    above = f"{place.name}/" if place.names else ""
    entries = list(entries_of(sizes, above=above))
    if sizes.others > 0:
        name = request.localizer.pluralize(
            "${count} other", "${count} others", sizes.others, "sregistry", {"count": sizes.others}
        )
        more = f"{request.path}?skip={skip + len(entries)}"
        entries.append(others_of(sizes, name=name, more=more, before=before))
    return page(
        request,
        "see/treemap",
        place=place,
        sizes=sizes,
        entries=entries,
        maps=maps_of(sorted(entries, key=lambda entry: -entry.size)),
        skip=skip,
        is_empty=not sizes.size,
        title=_("Sizes"),
    )


@view_config(route_name="ui.treemap_csv_of_registry")
@view_config(route_name="ui.treemap_csv_of_entity")
@view_config(route_name="ui.treemap_csv_of_collection")
@view_config(route_name="ui.treemap_csv_of_container")
def give_sizes(request: Request) -> Response:
    """Give every size in a place, not only the largest."""
    place = place_of(request)
    rows = (
        [one.name, one.tag or "", one.digest or "", one.size, one.images]
        for one in _all(request, place)
    )
    columns = ["name", "tag", "digest", "bytes", "images"]
    return csv_response(f"sizes-{place.file_name}", columns, rows)


def _sizes(request: Request, place: Place, *, skip: int, limit: int) -> Sizes:
    measured = request.services.sizes
    found: Sizes
    if place.container is not None:
        found = measured.images(place.container, skip=skip, limit=limit)
    elif place.collection is not None:
        found = measured.containers(place.collection, skip=skip, limit=limit)
    else:
        found = measured.collections(place.entity, skip=skip, limit=limit)
    return found


def _all(request: Request, place: Place) -> Iterator[Sized]:
    skip = 0
    while found := _sizes(request, place, skip=skip, limit=_ROWS_AT_ONCE).largest:
        yield from found
        skip += len(found)


def _skip(request: Request) -> int:
    text = query_field(request, "skip") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Malformed(f"skip = {text[:40]} is no number")
    return int(text)
