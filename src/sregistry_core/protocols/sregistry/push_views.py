"""Pushes of the sregistry client, in two steps or in one; its deletes, and its builds."""

from datetime import UTC, datetime

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Conflict, Malformed, NotAllowed
from sregistry_core.names import (
    DEFAULT_TAG,
    CollectionName,
    ContainerName,
    ImageName,
    parse_container_name,
    parse_tag,
)
from sregistry_core.services.client_credentials import Spelling
from sregistry_core.web.dialects import json_response
from sregistry_core.web.forms import read_json
from sregistry_core.web.multipart_form import MultipartForm
from sregistry_core.web.signed_header import services_of

from .asked import short_entity, spelling_in_path, spellings_of


@view_config(route_name="sregistry.begin_push")
@view_config(route_name="sregistry.begin_push_without_api")
def begin_push(request: Request) -> Response:
    """Begin a push: make what is missing, and give the number to send the bytes with.

    The old server gave a number in `cid`; the client 0.2.39 takes any text for it.
    """
    form = read_json(request)
    said = Spelling(form.text("collection"), form.text("name"), form.text("tag", DEFAULT_TAG))
    short = short_entity(request)
    services = services_of(request, "push", spellings_of(said, short))
    begun = services.client_containers.begin(_name_of(said, short), said)
    return json_response({"cid": begun})


@view_config(route_name="sregistry.push")
def push(request: Request) -> Response:
    """Take in the bytes of a push.

    The old server left this to a module of nginx. What that would send on, the path of a file on
    our disk in `file1.path`, is a field like any other here, and is not read.
    """
    form = MultipartForm(request)
    begun = request.services.client_containers.begun(form.text("collection"))
    if (form.text("name"), form.text("tag")) != (begun.spelling.name, begun.spelling.tag):
        raise Malformed("another image is sent than was begun")
    signed = spellings_of(begun.spelling, short_entity(request))
    services = services_of(request, "upload", signed, began_at=begun.at)
    services.client_containers.receive(begun, form.file, size=request.content_length or 0)
    return json_response({"message": "Upload Complete"})


@view_config(route_name="sregistry.push_at_once")
def push_at_once(request: Request) -> Response:
    """Take in a push in one step, as clients before 0.0.88 send it.

    The signature is compared with the moment at which its header came: sending the rest may take
    hours. What the client found in the image itself, in `metadata`, we find ourselves.
    """
    form = MultipartForm(request, unread=("metadata",))
    said = Spelling(form.text("collection"), form.text("name"), form.text("tag"))
    short = short_entity(request)
    services = services_of(request, "push", spellings_of(said, short), began_at=_began_at(request))
    services.client_containers.push(
        _name_of(said, short), form.file, size=request.content_length or 0
    )
    text = "Upload Complete"
    names = {"collection": said.collection, "name": said.name, "tag": said.tag}
    return json_response({"detail": text, "message": text, **names}, status=201)


@view_config(route_name="sregistry.delete")
@view_config(route_name="sregistry.delete_without_api")
def delete(request: Request) -> Response:
    """Remove a tag, and its image when it has no other."""
    said = spelling_in_path(request)
    short = short_entity(request)
    services = services_of(request, "delete", spellings_of(said, short))
    path = f"{said.collection}/{request.matchdict['container']}"
    try:
        services.client_containers.remove(ImageName.parse(path, home=short))
    except Conflict as error:
        # So the old server says it, and scripts look for it.
        raise NotAllowed(str(error)) from error
    return Response(status=204)


@view_config(route_name="sregistry.build")
def build(request: Request) -> Response:
    """Say that nothing is built here: there are no builders yet."""
    text = "this registry builds no images: build where you are, and push"
    return json_response({"detail": text, "message": text}, status=501)


def _name_of(said: Spelling, short: str) -> ImageName:
    # Each by itself: joined, an empty name would make a container of the collection's.
    within = CollectionName.parse(said.collection, home=short)
    name = parse_container_name(said.name)
    return ImageName(ContainerName(within.entity, within.collection, name), tag=parse_tag(said.tag))


def _began_at(request: Request) -> datetime | None:
    """Give when the header came, where the server says it; at most an upload's lifetime ago."""
    seconds: float | None = request.environ.get("sregistry.began_at")
    if seconds is None:
        return None
    facilities = request.registry["facilities"]
    earliest: datetime = facilities.clock() - facilities.settings.upload_lifetime
    return max(datetime.fromtimestamp(seconds, UTC), earliest)
