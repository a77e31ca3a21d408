"""Tags: with an architecture in v2, without one in v1."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.web.dialects import json_response
from sregistry_core.web.forms import read_json

from .wire import arch_tags_json, tags_json


@view_config(route_name="library.tags_v1")
def show_tags(request: Request) -> Response:
    """Show the image of each tag; of several architectures the usual one."""
    services = request.services
    container = services.catalog.container_by_id(request.matchdict["container"])
    return json_response({"data": tags_json(services.tags.of(container))})


@view_config(route_name="library.tags_v2")
def show_arch_tags(request: Request) -> Response:
    """Show the image of each tag of each architecture."""
    services = request.services
    container = services.catalog.container_by_id(request.matchdict["container"])
    return json_response({"data": arch_tags_json(services.tags.of(container))})


@view_config(route_name="library.set_tag_v1")
@view_config(route_name="library.set_tag_v2")
def set_tag(request: Request) -> Response:
    """Make a tag point at an image. The client takes no other status than 200."""
    form = read_json(request)
    services = request.services
    container = services.catalog.container_by_id(request.matchdict["container"])
    image = services.images.by_id(form.text("ImageID"), Action.PUSH)
    services.tags.set(container, form.text("Tag"), image, form.text("Arch", "") or None)
    return json_response({"data": {}})
