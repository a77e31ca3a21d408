"""Uploads from the browser: in pieces by a script, or as one form without."""

from http import HTTPStatus
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import (
    Conflict,
    Malformed,
    NotAllowed,
    NotFound,
    OutOfOrder,
    StorageFull,
    TooLarge,
)
from sregistry_core.models import Image
from sregistry_core.names import DEFAULT_TAG, ContainerName, ImageName, parse_tag
from sregistry_core.services.access import name_of
from sregistry_core.services.upload_pieces import PIECE, Underway
from sregistry_core.web.dialects import json_response, status_of
from sregistry_core.web.forms import body_of
from sregistry_core.web.multipart_form import MultipartForm

from ..fields import form_field, query_field
from ..pages import page
from ..texts import _

_MOST_SUGGESTED = 100
_LONGEST_NUMBER = 18
_TOLD = (Malformed, NotAllowed, NotFound, Conflict, TooLarge, StorageFull)
"""What is said beside the form; anything else has a page of its own."""

_NOT_TAKEN = _("The file was not taken. Choose it once more.")
_REFUSED_IN_FRONT = {
    "303": _("You were not signed in any more. Choose the file once more."),
    "403": _("The page of the form was too old, or somebody else's. Choose the file once more."),
    "413": _("The file is larger than what is taken here."),
    "507": _("There is no room for the file at this moment. Try again later."),
}
"""By the status with which a proxy in front has refused the form, without reading its body."""


@view_config(route_name="ui.upload")
def show_upload(request: Request) -> Response:
    """Offer to upload an image; `to` names a collection or a container."""
    request.services.access.require_login()
    to = query_field(request, "to")
    name = f"{to}/" if to.count("/") == 1 and not to.endswith("/") else to
    refused = query_field(request, "refused")
    complaint = _REFUSED_IN_FRONT.get(refused, _NOT_TAKEN) if refused else ""
    return _form(
        request, name=name[:200], tag=query_field(request, "tag")[:128], complaint=complaint
    )


@view_config(route_name="ui.upload_whole")
def upload_at_once(request: Request) -> Response:
    """Take in a form with a file, as browsers without scripts send it; nothing is kept in memory.

    What may not be pushed is refused before the file is read, as far as the server in front lets
    us: browsers send all of a form before they read an answer.
    """
    request.services.access.require_login()
    form = MultipartForm(request)
    typed = {"name": form.text("name"), "tag": form.text("tag")}
    try:
        wanted = _image_name(typed["name"], typed["tag"])
        services = request.services
        services.catalog.collection(wanted.container.of_collection)
        image = services.client_containers.push(wanted, form.file, size=request.content_length or 0)
    except _TOLD as refusal:
        request.tm.doom()
        return _form(request, **typed, status=status_of(refusal), complaint=str(refusal))
    return HTTPSeeOther(location=f"{_address(image, str(wanted.tag))}?done=uploaded")


@view_config(route_name="ui.begin_upload")
def begin_upload(request: Request) -> Response:
    """Begin an upload in pieces: everything that can be refused is refused here."""
    name = _image_name(form_field(request, "name"), form_field(request, "tag"))
    begun = request.services.upload_pieces.begin(name, size=_number(request.POST.get("size", "")))
    return json_response(_state_json(begun), status=HTTPStatus.CREATED)


@view_config(route_name="ui.upload_underway", request_method=("GET", "HEAD"))
def show_state(request: Request) -> Response:
    """Tell how much of an upload is here."""
    found = request.services.upload_pieces.find(request.matchdict["proof"])
    return json_response(_state_json(found))


@view_config(route_name="ui.upload_underway", request_method="PUT")
def take_piece(request: Request) -> Response:
    """Take in the piece that begins at `first`; when another one is wanted, say which."""
    uploads, proof = request.services.upload_pieces, request.matchdict["proof"]
    first = _number(query_field(request, "first"))
    try:
        received = uploads.append(
            proof, body_of(request), first=first, size=request.content_length or 0
        )
    except OutOfOrder as refusal:
        request.tm.doom()
        body = {"detail": str(refusal), "received": refusal.size}
        return json_response(body, status=HTTPStatus.CONFLICT)
    return json_response({"received": received})


@view_config(route_name="ui.upload_underway", request_method="DELETE")
def cancel_upload(request: Request) -> Response:
    """Drop an upload."""
    request.services.upload_pieces.cancel(request.matchdict["proof"])
    return Response(status=HTTPStatus.NO_CONTENT)


@view_config(route_name="ui.finish_upload")
def finish_upload(request: Request) -> Response:
    """Publish the image, and say where it is."""
    uploads, proof = request.services.upload_pieces, request.matchdict["proof"]
    tag = uploads.find(proof).tag
    image = uploads.finish(proof)
    return json_response({"digest": image.digest, "address": _address(image, tag)})


def _form(
    request: Request, *, name: str, tag: str, status: int = 200, complaint: str = ""
) -> Response:
    services = request.services
    own = services.catalog.collections(entity=services.caller.name, limit=_MOST_SUGGESTED)
    return page(
        request,
        "see/upload",
        status=status,
        name=name,
        tag=tag or DEFAULT_TAG,
        complaint=complaint,
        suggested=[f"{name_of(one)}/" for one in own],
        largest=request.registry["facilities"].settings.largest_image,
        piece=PIECE,
    )


def _image_name(name: str, tag: str) -> ImageName:
    """Read what was typed. Raises Malformed with the rule."""
    text = name.strip().strip("/")
    if text.count("/") != 2:
        raise Malformed("the name has three parts: OWNER/COLLECTION/NAME")
    return ImageName(ContainerName.parse(text, home=""), tag=parse_tag(tag.strip() or DEFAULT_TAG))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise Malformed(f"{text[:40]!r} is no number of bytes")
    return int(text)


def _state_json(found: Underway) -> dict[str, str | int]:
    proof = quote(found.proof, safe="")
    return {
        "address": f"/-/uploads/{proof}",
        "name": name_of(found.container),
        "tag": found.tag,
        "size": found.size,
        "received": found.received,
        "piece": PIECE,
    }


def _address(image: Image, tag: str) -> str:
    return f"/{name_of(image.container)}:{tag}"
