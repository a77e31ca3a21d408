"""The first page."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from .clients import CLIENTS, client_called
from .commands import topics_for
from .fields import query_field
from .pages import page


@view_config(route_name="ui.first")
def show_first_page(request: Request) -> Response:
    """Say whose registry this is, and how to use it with each client."""
    client = client_called(query_field(request, "client"))
    return page(
        request,
        "first",
        clients=CLIENTS,
        client=client,
        topics=topics_for(request.registry["ui_site"], client, request.caller.name),
    )
