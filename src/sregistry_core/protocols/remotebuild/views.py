"""Builds and the files they copy from, as the build client asks for them."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.digests import Digest
from sregistry_core.errors import Malformed
from sregistry_core.formats.definition_files import copied_files, within_archive
from sregistry_core.models import Build
from sregistry_core.services.builds import LONGEST_DEFINITION, Wish
from sregistry_core.settings import CoreSettings
from sregistry_core.web.dialects import json_response
from sregistry_core.web.forms import body_of, read_json

from .wire import (
    build_json,
    definition_json,
    read_arch,
    read_definition_file,
    read_reference,
    read_working_directory,
)


@view_config(route_name="remotebuild.submit")
def submit(request: Request) -> Response:
    """Order a build. Without a name the image goes to a private place, and stays there a while."""
    form, services, settings = read_json(request), request.services, _settings(request)
    services.access.require_login()
    definition, context = read_definition_file(form), None
    sent = form.text("contextDigest", "")
    if sent:
        context = services.build_contexts.arrived(Digest.parse(sent))
        definition = within_archive(definition, read_working_directory(form))
    name = read_reference(form, home=settings.id, public_url=settings.public_url)
    wish = Wish(
        definition=definition,
        name=services.unnamed_builds.place() if name is None else name,
        arch=read_arch(form),
        context=context,
        unnamed=name is None,
    )
    return _shown(request, services.builds.order(wish))


@view_config(route_name="remotebuild.status")
def show_status(request: Request) -> Response:
    """Show how far a build is."""
    return _shown(request, request.services.builds.find(request.matchdict["build"]))


@view_config(route_name="remotebuild.cancel")
def cancel(request: Request) -> Response:
    """End a build."""
    builds = request.services.builds
    builds.cancel(builds.find(request.matchdict["build"]))
    return Response(status=204)


@view_config(route_name="remotebuild.convert")
def convert(request: Request) -> Response:
    """Say which files a definition copies: the standalone client does not read it itself."""
    request.services.access.require_login()
    raw = body_of(request).read(LONGEST_DEFINITION + 1)
    if len(raw) > LONGEST_DEFINITION:
        raise Malformed(f"a definition may have {LONGEST_DEFINITION} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Malformed("the definition is no text in UTF-8") from error
    return json_response({"data": definition_json(copied_files(text))})


@view_config(route_name="remotebuild.announce")
def announce(request: Request) -> Response:
    """Say where to send files to; without a Location they are here already."""
    form = read_json(request)
    announced = request.services.build_contexts.announce(
        Digest.parse(form.text("digest")), form.number("size")
    )
    said = json_response({"data": {}})
    if announced.address is not None:
        # The client sends no Authorization there: the address is the permission.
        path = request.route_path("remotebuild.upload", address=announced.address)
        said.location = f"{_settings(request).public_url}{path}"
    return said


@view_config(route_name="remotebuild.upload")
def upload(request: Request) -> Response:
    """Take the files in."""
    request.services.build_contexts.receive(
        request.matchdict["address"], body_of(request), size=request.content_length
    )
    return Response(status=204)


@view_config(route_name="remotebuild.forget")
def forget(request: Request) -> Response:
    """Let files go."""
    request.services.build_contexts.forget(Digest.parse(request.matchdict["digest"]))
    return Response(status=204)


def _shown(request: Request, build: Build) -> Response:
    return json_response({"data": build_json(build, _settings(request).public_url)})


def _settings(request: Request) -> CoreSettings:
    settings: CoreSettings = request.registry["facilities"].settings
    return settings
