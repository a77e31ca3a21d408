"""Tags of a container: set, moved with a warning, frozen and deleted."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Container, Image
from sregistry_core.names import ContainerName, ImageName, parse_tag

from ..fields import form_field, query_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .things import address_of, container_for

_SHOWN_AT_ONCE = 50
_WARNED = 400
_DONE = {"freeze": "tag-frozen", "thaw": "tag-thawed", "delete": "tag-deleted"}
_TAKES = {"freeze": Action.MANAGE, "thaw": Action.MANAGE, "delete": Action.DELETE}


@view_config(route_name="ui.tags", request_method=("GET", "HEAD"))
def show_tags(request: Request) -> Response:
    """List the tags, and offer to set one."""
    return _tags_page(request, NOTHING_WRONG)


@view_config(route_name="ui.tags", request_method="POST")
def set_tag(request: Request) -> Response:
    """Set a tag; one that is there moves only after its warning has been seen."""
    container = container_for(request, Action.PUSH)

    def deed() -> str:
        tag = parse_tag(form_field(request, "tag").strip())
        image = _image(request, container)
        before = _before(request, container, tag, image)
        if before is not None and form_field(request, "moves") != before.digest:
            raise Malformed(f"{tag} points at another image, and would move: see what changes")
        request.services.tags.set(container, tag, image)
        return f"{address_of(container, 'tags')}?done=tag-set"

    return attempt(request, "set", deed, lambda wrong: _tags_page(request, wrong))


@view_config(route_name="ui.change_tag")
def change_tag(request: Request) -> Response:
    """Freeze, thaw or delete a tag."""
    deed = request.matchdict["deed"]
    container = container_for(request, _TAKES[deed])

    def do() -> str:
        tag, tags = request.matchdict["tag"], request.services.tags
        if deed == "delete":
            tags.remove(container, tag)
        else:
            tags.freeze(container, tag, frozen=deed == "freeze")
        return f"{address_of(container, 'tags')}?done={_DONE[deed]}"

    return attempt(request, "change", do, lambda wrong: _tags_page(request, wrong))


def _image(request: Request, container: Container) -> Image:
    reference = form_field(request, "reference").strip()
    if not reference:
        raise Malformed("say which image: a tag or a digest")
    collection = container.collection
    name = ContainerName(collection.entity.name, collection.name, container.name)
    image: Image = request.services.images.resolve(ImageName.of(name, reference))
    return image


def _before(request: Request, container: Container, tag: str, image: Image) -> Image | None:
    """Give the image that a tag would be moved away from."""
    try:
        rows = request.services.tags.find(container, tag)
    except NotFound:
        return None
    arch = image.arch
    row = next((row for row in rows if arch is None or row.arch == arch), None)
    if row is None or row.image_id == image.id:
        return None
    before: Image = request.services.images.by_id(row.image_id)
    return before


def _tags_page(request: Request, wrong: Wrong) -> Response:
    container = container_for(request, Action.PUSH)
    services = request.services
    asked = query_field(request, "after")
    rows = services.tags.of(container, after=asked, limit=_SHOWN_AT_ONCE + 1)
    digests = services.tags.digests_of(container, rows)
    tags: dict[str, list[tuple[str, str]]] = {}
    frozen = {row.name for row in rows if row.frozen_at is not None}
    for row in rows:
        tags.setdefault(row.name, []).append((row.arch, digests[row.image_id]))
    names = list(tags)
    moving = None
    if wrong.form == "set" and wrong.status == _WARNED:
        moving = _warning(request, container)
    return page(
        request,
        "manage/tags",
        status=wrong.status,
        wrong=wrong,
        container=container,
        tags=[(name, tags[name], name in frozen) for name in names[:_SHOWN_AT_ONCE]],
        next_after=names[_SHOWN_AT_ONCE - 1] if len(names) > _SHOWN_AT_ONCE else None,
        moving=moving,
        chosen={name: query_field(request, name) for name in ("tag", "reference")},
        may_manage=services.access.may(Action.MANAGE, container),
    )


def _warning(request: Request, container: Container) -> dict[str, Image | str] | None:
    """Give what a tag points at, and what it would point at."""
    try:
        tag = parse_tag(form_field(request, "tag").strip())
        image = _image(request, container)
        before = _before(request, container, tag, image)
    except (Malformed, NotFound):
        return None
    return {"tag": tag, "before": before, "after": image} if before is not None else None
