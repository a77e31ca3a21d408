"""The search: a form that works without scripts, with addresses that can be kept."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.protocols.ui.fields import query_field
from sregistry_core.protocols.ui.pages import page
from sregistry_core.protocols.ui.texts import _
from sregistry_core.services.finding import Page
from sregistry_core.services.finding_wanted import Order, Wanted, Worth

from .asked import read_asked

AT_ONCE = 25
ARCHITECTURES = ("amd64", "arm64", "ppc64le", "riscv64", "s390x", "386", "arm")
ORDERS = {
    Order.RELEVANCE: _("Best match"),
    Order.PULLS: _("Most pulled"),
    Order.DATE: _("Newest"),
    Order.NAME: _("Name"),
}
WORTHS = {
    Worth.VERIFIED: _("Verified"),
    Worth.PARTIAL: _("Verified in part"),
    Worth.UNKNOWN_KEY: _("By a key unknown here"),
    Worth.BAD: _("Bad signature"),
    Worth.NONE: _("Not signed"),
}
FILTERS = {
    "name": _("Name"),
    "label": _("Label"),
    "arch": _("Architecture"),
    "signed": _("Signatures"),
    "starred": _("Starred by me"),
    "owner": _("Owner"),
    "topic": _("Topic"),
    "smallest": _("At least"),
    "largest": _("At most"),
    "since": _("Pushed since"),
    "until": _("Pushed until"),
}


@view_config(route_name="ui.search")
def search(request: Request) -> Response:
    """Show what fits, page by page."""
    asked, finding = read_asked(request), request.services.finding
    after = query_field(request, "after")
    status = 400 if asked.complaints else 200
    found = _found(request, asked.wanted, after)
    shown = [one.container.collection for one in found.found]
    chips = [
        (FILTERS[name], _shown(name, value), asked.without(name, value))
        for name, values in asked.typed.items()
        if name in FILTERS and name not in asked.complaints
        for value in values
    ]
    return page(
        request,
        "find/search",
        status=status,
        asked=asked,
        asked_text=asked.said("q"),
        found=found.found,
        following=asked.query(after=found.next_after) if found.next_after else "",
        is_first=not after,
        count=finding.count(asked.wanted),
        starred=request.services.stars.among(shown),
        orders=ORDERS,
        worths=WORTHS,
        architectures=ARCHITECTURES,
        chips=chips,
        no_filters=dict.fromkeys(FILTERS, ""),
    )


def _found(request: Request, wanted: Wanted, after: str) -> Page:
    """Give a page; the first one for a key that an old link may have."""
    finding = request.services.finding
    try:
        found: Page = finding.containers(wanted, after=after, limit=AT_ONCE)
    except Malformed:
        found = finding.containers(wanted, limit=AT_ONCE)
    return found


def _shown(name: str, value: str) -> str:
    """Give the value of a filter as people read it."""
    if name == "signed":
        return WORTHS[Worth(value)]
    return _("yes") if name == "starred" else value
