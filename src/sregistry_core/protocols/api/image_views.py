"""Images: listed, shown with what they say of themselves, described, deleted and downloaded."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import Image
from sregistry_core.web.handoff import respond
from sregistry_core.web.paging import read_page

from .addressed import container_of, image_of
from .answers import answer, nothing, page
from .endpoints import endpoint
from .image_wire import image_json, inspected_image_json, statement_json
from .members import read_changes


@endpoint("api.images", "after", "limit")
def list_images(request: Request) -> Response:
    """Show the images of a container."""
    asked, images = read_page(request), request.services.images
    found = images.of_container(container_of(request), after=asked.after, limit=asked.limit + 1)
    tags = images.tags_of(found)
    return page(
        request,
        found,
        asked,
        key=lambda image: image.id,
        to_json=lambda image: image_json(image, tags.get(image.id, ())),
    )


@endpoint("api.image", "arch")
def show_image(request: Request) -> Response:
    """Show an image with all that was read from its file."""
    return _shown(request, image_of(request))


@endpoint("api.change_image", "arch")
def change_image(request: Request) -> Response:
    """Describe an image."""
    description = read_changes(request, "description").text("description")
    image = image_of(request)
    request.services.images.describe(image, description)
    return _shown(request, image)


@endpoint("api.delete_image", "arch")
def delete_image(request: Request) -> Response:
    """Delete an image and every tag that points at it."""
    request.services.images.delete(image_of(request))
    return nothing()


@endpoint("api.image_provenance", "arch", "after", "limit")
def show_provenance(request: Request) -> Response:
    """Show how an image was built here, a statement for each build."""
    asked = read_page(request)
    found = request.services.build_statements.of(
        image_of(request), after=asked.after, limit=asked.limit + 1
    )
    return page(request, found, asked, key=lambda one: one.digest, to_json=statement_json)


@endpoint("api.image_file", "arch")
def download_image(request: Request) -> Response:
    """Send the bytes of an image, or say where they are."""
    return respond(request, request.services.downloads.open(image_of(request)))


def _shown(request: Request, image: Image) -> Response:
    tags = request.services.images.tags_of([image])
    signatures = request.services.verification.of(image)
    return answer(inspected_image_json(image, tags.get(image.id, ()), signatures))
