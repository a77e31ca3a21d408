"""Home: the search, what is new, what others use, and one's own."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.protocols.ui.pages import page
from sregistry_core.services.finding_wanted import Order, Wanted
from sregistry_core.services.shelves import ShelfOrder

SHOWN = 6


@view_config(route_name="ui.home")
def show_home(request: Request) -> Response:
    """Show the way to an image; to a first visitor, how to begin."""
    services = request.services
    by_date, by_pulls = Wanted(order=Order.DATE), Wanted(order=Order.PULLS)
    pulled = services.finding.containers(by_pulls, limit=SHOWN).found
    starred = services.shelves.browse(ShelfOrder.STARS, limit=SHOWN).shelves
    mine = None
    if request.caller.user_id is not None:
        mine = services.shelves.browse(ShelfOrder.NAME, mine=True, limit=SHOWN)
    shown = [one.collection for one in (*starred, *(mine.shelves if mine else ()))]
    return page(
        request,
        "find/home",
        new=services.finding.containers(by_date, limit=SHOWN).found,
        pulled=[one for one in pulled if one.pull_count],
        starred=[one for one in starred if one.summary.star_count],
        mine=mine,
        given=services.stars.among(shown),
    )
