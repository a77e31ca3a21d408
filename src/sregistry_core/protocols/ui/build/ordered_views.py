"""Where a client sends people who have ordered a build and do not wait for it."""

from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed, NotFound
from sregistry_core.names import ImageName
from sregistry_core.services.access import name_of
from sregistry_core.services.builds import ENDS

from ..content.named import absent, container_name_of


@view_config(route_name="ui.ordered_image")
def lead_to_ordered_image(request: Request) -> Response:
    """Lead to the image of a tag; while it is built, or when it never came, to its build."""
    services, wanted = request.services, _tagged(request)
    collection = services.catalog.collection(wanted.container.of_collection)
    build = services.builds.latest(collection, wanted)
    if build is None or build.state in ENDS:
        try:
            image = services.images.resolve(wanted)
        except NotFound:
            if build is None:
                raise
        else:
            return HTTPFound(location=f"/{name_of(image.container)}:{wanted.tag}")
    return HTTPFound(location=f"/-/builds/{build.id}")


def _tagged(request: Request) -> ImageName:
    try:
        name = ImageName.of(container_name_of(request), request.matchdict["reference"])
    except (Malformed, ValueError) as error:
        raise absent(request) from error
    if name.tag is None:
        raise absent(request)
    return name
