"""The search over what the caller may see."""

from collections.abc import Mapping

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.errors import Malformed
from sregistry_core.names import parse_architecture
from sregistry_core.services.search import MOST, Query
from sregistry_core.web.paging import parse_limit

from .answers import whole_list
from .endpoints import endpoint
from .image_wire import image_json

USUAL_LIMIT = 100


@endpoint("api.search", "text", "arch", "signed", "limit")
def search(request: Request) -> Response:
    """Show the images that fit."""
    services = request.services
    images = services.search.images(_query(request.GET))
    tags = services.images.tags_of(images)
    return whole_list(images, lambda image: image_json(image, tags.get(image.id, ())))


def _query(said: Mapping[str, str]) -> Query:
    archs = said.get("arch")
    return Query(
        text=said.get("text", ""),
        archs=() if archs is None else [parse_architecture(arch) for arch in archs.split(",")],
        signed=_signed(said.get("signed")),
        limit=parse_limit(said.get("limit", str(USUAL_LIMIT)), most=MOST),
    )


def _signed(text: str | None) -> bool | None:
    if text not in (None, "true", "false"):
        raise Malformed(f"signed must be true or false, and is {text[:40]!r}")
    return None if text is None else text == "true"
