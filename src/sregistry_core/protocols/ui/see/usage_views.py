"""The page of storage and pulls over time, and the same as files."""

from collections.abc import Iterator, Sequence

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.jobs.unit import unit_of
from sregistry_core.services.buckets import PERIODS, RANGES, Gathered, latest, spans_of, summed
from sregistry_core.services.usage import Span

from ..charts import BYTES, COUNT, MOST_SERIES, Chart, Series, column_chart
from ..fields import query_field
from ..pages import page
from ..texts import _
from .places import Place, place_in, place_of
from .tables import csv_stream

_LABELS = {
    "30d": _("30 days"),
    "90d": _("90 days"),
    "1y": _("1 year"),
    "all": _("All"),
}
_UNITS = {"30d": _("Day"), "90d": _("Week from"), "1y": _("Month"), "all": _("Month")}
_USUAL = "90d"
_AT_ONCE = 100


@view_config(route_name="ui.usage_of_registry")
@view_config(route_name="ui.usage_of_entity")
@view_config(route_name="ui.usage_of_collection")
def show_usage(request: Request) -> Response:
    """Show what is held and pulled in a place, by collection, and which bytes are shared."""
    place, chosen = place_of(request), _range(request)
    spans = _spans(request, place, chosen)
    storage = _storage(request, place, spans, most=MOST_SERIES - 1)
    pulls = _pulls(request, place, spans, most=MOST_SERIES - 1)
    translate = request.localizer.translate
    return page(
        request,
        "see/usage",
        place=place,
        chosen=chosen,
        ranges=_LABELS,
        unit=_UNITS[chosen],
        totals=request.services.usage.totals(**_scope(place)),
        storage=_chart(request, translate(_("Storage")), BYTES, chosen, storage),
        pulls=_chart(request, translate(_("Pulls")), COUNT, chosen, pulls),
    )


@view_config(route_name="ui.usage_csv_of_registry")
@view_config(route_name="ui.usage_csv_of_entity")
@view_config(route_name="ui.usage_csv_of_collection")
def give_usage(request: Request) -> Response:
    """Give the amounts of a chart, of each collection and not only of the largest, bit by bit."""
    place, chosen, what = place_of(request), _range(request), request.matchdict["what"]
    spans = _spans(request, place, chosen)
    unit = "bytes" if what == "storage" else "pulls"
    columns = ["from", "to", "collection", unit]
    return csv_stream(
        f"{what}-{place.file_name}-{chosen}", columns, _rows(request, what, chosen, spans)
    )


def _rows(
    request: Request, what: str, chosen: str, spans: Sequence[Span]
) -> Iterator[list[list[object]]]:
    """Read some collections at a time: no transaction is open while a slow client reads."""
    registry, caller, matched = request.registry, request.caller, request.matchdict
    unit = unit_of(registry["database"], registry["facilities"], caller, writes=False)
    days = [(str(span.first), str(span.last)) for span in spans]
    after: tuple[str, str] | None = ("", "")
    while after is not None:
        with unit() as services:
            place, rows = place_in(services.catalog, matched), services.usage_rows
            entity, collection = place.entity, place.collection
            if what == "storage":
                some = rows.storage(
                    spans, entity=entity, collection=collection, after=after, limit=_AT_ONCE
                )
                found = latest(some.history, spans)
            else:
                some = rows.pulls(
                    PERIODS[chosen],
                    spans,
                    entity=entity,
                    collection=collection,
                    after=after,
                    limit=_AT_ONCE,
                )
                found = summed(some.history, spans)
            after = some.last
        yield [
            [first, last, name, amount]
            for name, amounts in found.largest.items()
            for (first, last), amount in zip(days, amounts, strict=True)
        ]


def _storage(request: Request, place: Place, spans: Sequence[Span], *, most: int) -> Gathered:
    usage = request.services.usage
    return latest(usage.storage(spans, most=most, **_scope(place)), spans)


def _pulls(request: Request, place: Place, spans: Sequence[Span], *, most: int) -> Gathered:
    period, usage = PERIODS[_range(request)], request.services.usage
    return summed(usage.pulls(period, spans, most=most, **_scope(place)), spans)


def _chart(request: Request, title: str, unit: str, chosen: str, found: Gathered) -> Chart:
    others = request.localizer.translate(_("all others"))
    return column_chart(
        title=title,
        unit=unit,
        buckets=[_called(span, chosen) for span in found.spans],
        series=[
            Series(name, amounts)
            for name, amounts in [*found.largest.items(), *_rest(found, others)]
        ],
    )


def _rest(found: Gathered, name: str) -> list[tuple[str, Sequence[int]]]:
    return [(name, found.others)] if any(found.others) or not found.largest else []


def _called(span: Span, chosen: str) -> str:
    return f"{span.first:%Y-%m}" if chosen in ("1y", "all") else f"{span.first:%Y-%m-%d}"


def _spans(request: Request, place: Place, chosen: str) -> Sequence[Span]:
    today = request.registry["facilities"].clock().date()
    first = request.services.usage.first_day(**_scope(place)) if chosen == "all" else None
    return spans_of(chosen, today, first)


def _range(request: Request) -> str:
    chosen = query_field(request, "range") or _USUAL
    if chosen not in RANGES:
        raise Malformed(f"range = {chosen[:40]} is none of {', '.join(RANGES)}")
    return chosen


def _scope(place: Place) -> dict[str, object]:
    return {"entity": place.entity, "collection": place.collection}
