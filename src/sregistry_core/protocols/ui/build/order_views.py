"""Ordering a build: a recipe, where its image goes, and who builds it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.errors import Conflict, Malformed, NotAllowed, NotFound, TooLarge
from sregistry_core.names import (
    DEFAULT_TAG,
    USUAL_ARCHITECTURE,
    ContainerName,
    ImageName,
    parse_tag,
)
from sregistry_core.services.access import name_of
from sregistry_core.services.builds import LONGEST_DEFINITION, Wish
from sregistry_core.web.dialects import status_of
from sregistry_core.web.multipart_form import MultipartForm

from ..fields import query_field
from ..pages import page

_MOST_SUGGESTED = 100
_LARGEST_TEXT = 2 * LONGEST_DEFINITION
"""Browsers end each line of a form with two signs."""
_TOLD = (Malformed, NotAllowed, NotFound, Conflict, TooLarge)
_ARCHITECTURES = ("amd64", "arm64", "ppc64le", "s390x", "riscv64")
_STARTER = """\
Bootstrap: docker
From: debian:stable-slim

%post
    apt-get update
    apt-get install -y --no-install-recommends python3

%runscript
    exec python3 "$@"
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form; `arguments` as lines of NAME=VALUE."""

    name: str = ""
    tag: str = DEFAULT_TAG
    arch: str = USUAL_ARCHITECTURE
    builder: str = ""
    arguments: str = ""
    definition: str = _STARTER


@view_config(route_name="ui.new_build")
def show_order(request: Request) -> Response:
    """Offer to order a build: of the recipe of an image, or of an earlier build."""
    request.services.access.require_login()
    _require_builder(request)
    origin, earlier = query_field(request, "from"), query_field(request, "build")
    if earlier:
        return _form(request, _of_build(request, earlier))
    if origin:
        return _form(request, _of_image(request, origin), origin=origin)
    to = query_field(request, "to").strip("/")
    return _form(request, Draft(name=f"{to}/" if to.count("/") == 1 else to[:200]))


@view_config(route_name="ui.order_build")
def order_build(request: Request) -> Response:
    """Take an order in."""
    request.services.access.require_login()
    _require_builder(request)
    form = MultipartForm(request, larger={"definition": _LARGEST_TEXT})
    draft = Draft(
        **{name: form.text(name).strip() for name in ("name", "tag", "arch", "builder")},
        arguments=_lines(form.text("arguments")),
        definition=_lines(form.text("definition")),
    )
    try:
        draft = replace(draft, definition=_sent(form) or draft.definition)
        build = request.services.builds.order(_wish(draft))
    except _TOLD as refusal:
        request.tm.doom()
        return _form(request, draft, status=status_of(refusal), complaint=str(refusal))
    return HTTPSeeOther(location=f"/-/builds/{build.id}?done=build-ordered")


def _form(
    request: Request, draft: Draft, *, status: int = 200, complaint: str = "", origin: str = ""
) -> Response:
    services, facilities = request.services, request.registry["facilities"]
    own = services.catalog.collections(entity=services.caller.name, limit=_MOST_SUGGESTED)
    return page(
        request,
        "build/order",
        status=status,
        complaint=complaint,
        origin=origin,
        draft=draft,
        suggested=[f"{name_of(one)}/" for one in own],
        builders=list(facilities.plugins.builders),
        architectures=_ARCHITECTURES,
        of_caller=services.build_limits.of_caller(),
        time_limit=facilities.settings.build_time_limit.total_seconds(),
        largest=LONGEST_DEFINITION,
    )


def _of_image(request: Request, origin: str) -> Draft:
    """Begin with the recipe of an image, and go to where it is, or to a place of one's own."""
    services = request.services
    try:
        name = ImageName.parse(origin.strip("/"), home="")
    except Malformed as error:
        raise NotFound("there is no image of this name") from error
    image = services.images.resolve(name)
    definition = (image.inspection or {}).get("definition")
    container = name_of(image.container)
    if not services.access.may(Action.PUSH, image.container):
        mine = services.catalog.collections(entity=services.caller.name, limit=1)
        container = f"{name_of(mine[0])}/{image.container.name}" if mine else ""
    return Draft(
        name=container,
        tag=name.tag or DEFAULT_TAG,
        arch=image.arch or USUAL_ARCHITECTURE,
        definition=definition or _STARTER,
    )


def _of_build(request: Request, build_id: str) -> Draft:
    build = request.services.builds.find(build_id)
    return Draft(
        name=f"{name_of(build.collection)}/{build.container}",
        tag=build.tag,
        arch=build.arch,
        builder=build.builder,
        arguments="\n".join(f"{name}={value}" for name, value in build.arguments.items()),
        definition=build.definition,
    )


def _wish(draft: Draft) -> Wish:
    text = draft.name.strip("/")
    if text.count("/") != 2:
        raise Malformed("the name has three parts: OWNER/COLLECTION/NAME")
    container = ContainerName.parse(text, home="")
    return Wish(
        definition=draft.definition,
        name=ImageName(container, tag=parse_tag(draft.tag or DEFAULT_TAG)),
        arch=draft.arch or USUAL_ARCHITECTURE,
        builder=draft.builder or None,
        arguments=_arguments(draft.arguments),
    )


def _arguments(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, sign, value = line.partition("=")
        if not sign:
            raise Malformed(f"the build argument {line.strip()[:80]} has no value: NAME=VALUE")
        found[name.strip()] = value.strip()
    return found


def _sent(form: MultipartForm) -> str:
    """Give the recipe that was sent as a file, without a script that would have read it."""
    if form.file_field != "recipe":
        return ""
    content = form.file.read(LONGEST_DEFINITION + 1)
    if len(content) > LONGEST_DEFINITION:
        raise TooLarge(f"a definition may have {LONGEST_DEFINITION} bytes")
    try:
        return _lines(content.decode())
    except UnicodeDecodeError as error:
        raise Malformed("the file is no text") from error


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _require_builder(request: Request) -> None:
    if not request.registry["ui_site"].builds:
        raise NotFound("nothing is built here")
