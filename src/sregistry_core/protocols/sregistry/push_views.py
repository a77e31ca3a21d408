"""Pushes of the sregistry client in their two steps, its deletes, and its builds."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Conflict, Malformed, NotAllowed
from sregistry_core.names import DEFAULT_TAG, ContainerName, ImageName, parse_tag
from sregistry_core.services.client_credentials import Spelling
from sregistry_core.web.dialects import json_response
from sregistry_core.web.forms import read_json
from sregistry_core.web.signed_header import services_of

from .asked import short_entity, spelling_in_path, spellings_of
from .multipart_form import MultipartForm


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
    if ":" in said.name or "@" in said.name:
        raise Malformed(f"{said.name[:80]!r} is no name for a container")
    container = ContainerName.parse(f"{said.collection}/{said.name}", home=short)
    name = ImageName(container, tag=parse_tag(said.tag))
    return json_response({"cid": services.client_containers.begin(name, said)})


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
