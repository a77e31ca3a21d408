"""Tags: listed, set, frozen and removed."""

from collections.abc import Sequence

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.digests import Digest
from sregistry_core.models import Container, Tag
from sregistry_core.names import ImageName
from sregistry_core.web.paging import read_page

from .addressed import arch_of, container_name_of, container_of, part
from .answers import answer, nothing, page
from .endpoints import endpoint
from .image_wire import moved_json, tags_json
from .members import read_changes, read_members


@endpoint("api.tags", "after", "limit")
def list_tags(request: Request) -> Response:
    """Show the tags of a container."""
    asked, container, tags = read_page(request), container_of(request), request.services.tags
    rows = tags.of(container, after=asked.after, limit=asked.limit + 1)
    items = tags_json(rows, tags.digests_of(container, rows))
    return page(request, items, asked, key=lambda tag: tag["tag"], to_json=lambda tag: tag)


@endpoint("api.tag")
def show_tag(request: Request) -> Response:
    """Show which images a tag points at."""
    container = container_of(request)
    return _shown(request, container, request.services.tags.find(container, part(request, "tag")))


@endpoint("api.set_tag")
def set_tag(request: Request) -> Response:
    """Make a tag point at an image of the container."""
    members = read_members(request, "digest", "arch")
    services, container, tag = request.services, container_of(request), part(request, "tag")
    digest = Digest.parse(members.text("digest"))
    image = services.images.resolve(ImageName.of(container_name_of(request), digest.oci))
    services.tags.set(container, tag, image, members.optional_text("arch"))
    return _shown(request, container, services.tags.find(container, tag))


@endpoint("api.freeze_tag")
def freeze_tag(request: Request) -> Response:
    """Freeze a tag for all its architectures, or thaw it."""
    frozen = read_changes(request, "frozen").boolean("frozen")
    container, tag = container_of(request), part(request, "tag")
    return _shown(request, container, request.services.tags.freeze(container, tag, frozen=frozen))


@endpoint("api.remove_tag", "arch")
def remove_tag(request: Request) -> Response:
    """Remove a tag, of one architecture or of all; the images stay."""
    container = container_of(request)
    request.services.tags.remove(container, part(request, "tag"), arch_of(request))
    return nothing()


@endpoint("api.tag_history", "after", "limit")
def show_history(request: Request) -> Response:
    """Show what a tag pointed at, the newest first, also after its removal."""
    asked = read_page(request)
    moves = request.services.tag_history.of(
        container_of(request), part(request, "tag"), after=asked.after, limit=asked.limit + 1
    )
    return page(request, moves, asked, key=lambda move: move.id, to_json=moved_json)


def _shown(request: Request, container: Container, rows: Sequence[Tag]) -> Response:
    return answer(tags_json(rows, request.services.tags.digests_of(container, rows))[0])
