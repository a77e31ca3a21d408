"""The bytes of a push, in the three ways that library clients have sent them."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.digests import Digest
from sregistry_core.errors import NotFound
from sregistry_core.models import Image
from sregistry_core.services.uploads import CompletedPart
from sregistry_core.web.dialects import json_response
from sregistry_core.web.forms import body_of, read_json

from .wire import completed_json


@view_config(route_name="library.upload_v1")
def upload_at_once(request: Request) -> Response:
    """Take the whole image in the body: clients before 3.3 do so. They want 200 and no other."""
    image = request.services.uploads.receive_whole(
        request.matchdict["image"], body_of(request), size=request.content_length
    )
    return _completed(request, image)


@view_config(route_name="library.upload")
def begin_upload(request: Request) -> Response:
    """Give the address for a single PUT. Clients before library client 0.5 name no SHA-256."""
    form = read_json(request)
    digest = form.text("sha256sum", "")
    address = request.services.uploads.begin(
        request.matchdict["image"],
        size=form.number("filesize"),
        digest=Digest.parse(digest) if digest else None,
    )
    return json_response({"data": {"uploadURL": address}})


@view_config(route_name="library.complete")
def complete_upload(request: Request) -> Response:
    """Publish what the single PUT has brought."""
    image = request.services.uploads.finish(request.matchdict["image"])
    return _completed(request, image)


@view_config(route_name="library.begin_parts")
def begin_parts(request: Request) -> Response:
    """Say into how many parts of which size the client is to cut the image."""
    size = read_json(request).number("filesize")
    if size == 0:
        # To the client 404 means: send it in one piece.
        raise NotFound("an empty file is not sent in parts")
    begun = request.services.uploads.begin_parts(request.matchdict["image"], size=size)
    return json_response(
        {
            "data": {
                "uploadID": begun.upload_id,
                "totalParts": begun.parts,
                "partSize": begun.part_size,
                # What comes to us is hashed as it comes. A store compares each part with the digest
                # that the client then names for it.
                "options": {"s3compliant": "true" if begun.are_hashed else "false"},
            }
        }
    )


@view_config(route_name="library.part")
def show_part_address(request: Request) -> Response:
    """Give the address for the PUT of one part; asking again repeats the part."""
    form = read_json(request)
    digest = form.text("sha256sum", "")
    address = request.services.uploads.part_address(
        request.matchdict["image"],
        form.text("uploadID"),
        form.number("partNumber"),
        Digest.parse(digest) if digest else None,
    )
    return json_response({"data": {"presignedURL": address}})


@view_config(route_name="library.complete_parts")
def complete_parts(request: Request) -> Response:
    """Publish what the parts have brought. The client takes no other status than 200."""
    form = read_json(request)
    completed = [
        # The client hands the ETag back with its quotes.
        CompletedPart(part.number("partNumber"), part.text("token", "").strip('"'))
        for part in form.objects("completedParts")
    ]
    image = request.services.uploads.finish_parts(
        request.matchdict["image"], form.text("uploadID"), completed
    )
    return _completed(request, image)


@view_config(route_name="library.abort_parts")
def abort_parts(request: Request) -> Response:
    """Drop an upload and its parts."""
    request.services.uploads.abort(request.matchdict["image"], read_json(request).text("uploadID"))
    return json_response({"data": {}})


def _completed(request: Request, image: Image) -> Response:
    quota = request.services.quotas.shown_to_pusher(image.container.collection.entity)
    return json_response({"data": completed_json(image, quota)})
