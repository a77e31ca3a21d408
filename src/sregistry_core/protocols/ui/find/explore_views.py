"""Explore: every collection, or every container, in the order that one likes; and one's stars."""

from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.protocols.ui.fields import query_field
from sregistry_core.protocols.ui.pages import page
from sregistry_core.protocols.ui.paths import SIGN_IN
from sregistry_core.protocols.ui.texts import _
from sregistry_core.services.access import name_of
from sregistry_core.services.finding_wanted import Order, Wanted
from sregistry_core.services.shelves import Shelf, ShelfOrder, ShelfPage

AT_ONCE = 25
SHELF_ORDERS = {
    ShelfOrder.NAME: _("Name"),
    ShelfOrder.DATE: _("Newest"),
    ShelfOrder.PULLS: _("Most pulled"),
    ShelfOrder.STARS: _("Most starred"),
}
CONTAINER_ORDERS = {
    Order.NAME: _("Name"),
    Order.DATE: _("Newest"),
    Order.PULLS: _("Most pulled"),
}


@view_config(route_name="ui.explore")
def explore(request: Request) -> Response:
    """Show collections, or containers."""
    if query_field(request, "show") == "containers":
        return _containers(request)
    said, after = query_field(request, "order"), query_field(request, "after")
    order = ShelfOrder(said) if said in [*ShelfOrder] else ShelfOrder.NAME
    mine = query_field(request, "mine") == "yes" and request.caller.user_id is not None
    shelves = request.services.shelves
    try:
        found: ShelfPage = shelves.browse(order, mine=mine, after=after, limit=AT_ONCE)
    except Malformed:
        found = shelves.browse(order, mine=mine, limit=AT_ONCE)
    kept = {"order": order.value, **({"mine": "yes"} if mine else {})}
    return page(
        request,
        "find/explore",
        kind="collections",
        shelves_found=found.shelves,
        starred=request.services.stars.among([one.collection for one in found.shelves]),
        orders=SHELF_ORDERS,
        order=order,
        mine=mine,
        kept=urlencode({"mine": "yes"}) if mine else "",
        following=urlencode({**kept, "after": found.next_after}) if found.next_after else "",
        is_first=not after,
    )


def _containers(request: Request) -> Response:
    said, after = query_field(request, "order"), query_field(request, "after")
    order = Order(said) if said in [*CONTAINER_ORDERS] else Order.NAME
    finding, wanted = request.services.finding, Wanted(order=order)
    try:
        found = finding.containers(wanted, after=after, limit=AT_ONCE)
    except Malformed:
        found = finding.containers(wanted, limit=AT_ONCE)
    kept = {"show": "containers", "order": order.value}
    return page(
        request,
        "find/explore",
        kind="containers",
        found=found.found,
        orders=CONTAINER_ORDERS,
        order=order,
        mine=False,
        kept="show=containers",
        following=urlencode({**kept, "after": found.next_after}) if found.next_after else "",
        is_first=not after,
    )


@view_config(route_name="ui.stars")
def show_stars(request: Request) -> Response:
    """Show the collections that the caller has starred."""
    if request.caller.user_id is None:
        return HTTPSeeOther(location=f"{SIGN_IN}?next=/-/stars")
    after = query_field(request, "after")
    services = request.services
    collections = services.stars.mine(after=after, limit=AT_ONCE + 1)
    shown = collections[:AT_ONCE]
    summaries = services.shelves.of(shown)
    more = len(collections) > AT_ONCE
    return page(
        request,
        "find/stars",
        shelves_found=[Shelf(one, summaries[one.id]) for one in shown if one.id in summaries],
        starred=frozenset(one.id for one in shown),
        following=urlencode({"after": name_of(shown[-1])}) if more else "",
        is_first=not after,
    )
