"""The registry itself, and the description of this API."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core import __version__
from sregistry_core.web.dialects import json_response

from .answers import answer
from .endpoints import endpoint
from .wire import registry_json


@endpoint("api.registry")
def show_registry(request: Request) -> Response:
    """Say which registry this is, and which protocols it speaks."""
    return answer(registry_json(request.registry["facilities"].settings, __version__))


@endpoint("api.document")
def show_document(request: Request) -> Response:
    """Show the OpenAPI document."""
    return json_response(request.registry["api.document"])
