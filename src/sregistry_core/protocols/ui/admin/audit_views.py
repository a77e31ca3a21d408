"""The log of what was done, with filters, and as CSV."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.formats.spreadsheet import csv_line
from sregistry_core.jobs.unit import Unit, unit_of
from sregistry_core.names import CollectionName
from sregistry_core.services.audit_log import COLUMNS, Sought, cells_of, key_of

from ..fields import query_field
from .routes import ROOT
from .shown import admin_page, one_page, read_page, sentence

_FILTERS = ("user", "action", "target", "collection", "since", "until")
_AT_ONCE = 1000
_DAY = timedelta(days=1)


@view_config(route_name="ui.admin_audit")
def list_events(request: Request) -> Response:
    """List what was done, the newest first."""
    log = request.services.audit_log
    said = {name: query_field(request, name).strip() for name in _FILTERS}
    complaint = ""
    asked = read_page(request)
    try:
        found = log.find(_sought(request, said), after=asked.after, limit=asked.limit + 1)
    except Malformed as error:
        found, complaint = [], sentence(error)
    given = {name: value for name, value in said.items() if value}
    return admin_page(
        request,
        "audit",
        status=400 if complaint else 200,
        said=said,
        complaint=complaint,
        actions=log.actions(),
        csv=f"{ROOT}/audit.csv?{urlencode(given)}" if given else f"{ROOT}/audit.csv",
        **one_page(request, found, asked, key_of),
    )


@view_config(route_name="ui.admin_audit_csv")
def download_events(request: Request) -> Response:
    """Give everything that fits as CSV, bit by bit."""
    said = {name: query_field(request, name).strip() for name in _FILTERS}
    registry = request.registry
    unit = unit_of(registry["database"], registry["facilities"], request.caller)
    response = Response(content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    response.app_iter = _lines(unit, _sought(request, said))
    return response


def _lines(unit: Unit, sought: Sought) -> Iterator[bytes]:
    """Read a thousand events at a time: no transaction is open while a slow client reads."""
    yield csv_line(COLUMNS).encode()
    after, is_over = "", False
    while not is_over:
        with unit() as services:
            events = services.audit_log.find(sought, after=after, limit=_AT_ONCE)
            text = "".join(csv_line(cells_of(event)) for event in events)
            is_over = len(events) < _AT_ONCE
            after = key_of(events[-1]) if events else after
        yield text.encode()


def _sought(request: Request, said: dict[str, str]) -> Sought:
    home = request.registry["facilities"].settings.id
    until = _day(said["until"])
    return Sought(
        user=said["user"],
        action=said["action"],
        target=said["target"],
        collection=CollectionName.parse(said["collection"], home=home)
        if said["collection"]
        else None,
        since=_day(said["since"]),
        until=until + _DAY if until is not None else None,
    )


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"{text[:40]} is no day such as 2026-01-31") from error
    if not 1970 <= found.year <= 2200:
        raise Malformed(f"{text[:40]} is no day of this time")
    return found
