"""Bytes in and out, by signed address."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.web.forms import body_of
from sregistry_core.web.handoff import respond


@view_config(route_name="transfer.take")
def take(request: Request) -> Response:
    """Send the bytes that the address stands for."""
    return respond(request, request.services.downloads.redeem(request.matchdict["address"]))


@view_config(route_name="transfer.bring")
def bring(request: Request) -> Response:
    """Take in the bytes that the address was made for.

    The library client takes no other status than 200, and gives the ETag back at the end.
    """
    token = request.services.uploads.receive(request.matchdict["address"], body_of(request))
    return Response(status=200, headers={"ETag": f'"{token}"'})
