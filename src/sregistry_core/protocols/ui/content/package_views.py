"""The packages that an image is said to hold."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.names import ImageName

from ..pages import page
from .named import absent, container_name_of, path_of


@view_config(route_name="ui.packages")
def show_packages(request: Request) -> Response:
    """Show what the bill of materials of an image lists."""
    try:
        name = ImageName.of(container_name_of(request), request.matchdict["reference"])
    except (Malformed, ValueError) as error:
        raise absent(request) from error
    images = request.services.images
    # Reading the file lets the database go, and so the image is looked up once more.
    packages = request.services.software.of(images.resolve(name))
    image = images.resolve(name)
    return page(
        request,
        "content/packages",
        container=image.container,
        collection=image.container.collection,
        address=f"{path_of(image.container)}@{image.digest}",
        digest=image.digest,
        packages=packages,
    )
