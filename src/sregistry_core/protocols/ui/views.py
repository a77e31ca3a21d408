"""The guide: the commands of each client, to be copied."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from .clients import CLIENTS, client_called
from .commands import topics_for
from .fields import query_field
from .pages import page


@view_config(route_name="ui.guide")
def show_guide(request: Request) -> Response:
    """Say whose registry this is, and how to use it with each client."""
    client = client_called(query_field(request, "client"))
    return page(
        request,
        "guide",
        clients=CLIENTS,
        client=client,
        topics=topics_for(request.registry["ui_site"], client, request.caller.name),
    )
