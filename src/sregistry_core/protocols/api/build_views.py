"""Builds: ordered, listed, followed, cancelled and tried again."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.digests import Digest
from sregistry_core.errors import Malformed
from sregistry_core.models import Build, BuildOutputLine, BuildState
from sregistry_core.names import CollectionName, ImageName
from sregistry_core.services.access import name_of
from sregistry_core.services.builds import Wish
from sregistry_core.web.paging import USUAL_LIMIT, Asked, parse_limit, read_page

from .addressed import part
from .answers import answer, created, page
from .endpoints import endpoint
from .members import Members, read_members
from .wire import time_json

_MOST_LINES = 10_000


@endpoint("api.builds", "collection", "mine", "state", "after", "limit")
def list_builds(request: Request) -> Response:
    """Show builds, the newest first."""
    asked, builds = read_page(request), request.services.builds
    said = request.GET.get("collection")
    collection = None
    if said is not None:
        name = CollectionName.parse(said, home=_home(request))
        collection = request.services.catalog.collection(name)
    found = builds.of(
        collection,
        mine=_is_true(request.GET.get("mine", "false")),
        states=_states(request.GET.get("state", "")),
        before=builds.find(asked.after) if asked.after else None,
        limit=asked.limit + 1,
    )
    return page(request, found, asked, key=lambda build: build.id, to_json=build_json)


@endpoint("api.order_build")
def order_build(request: Request) -> Response:
    """Order a build."""
    members = read_members(request, "definition", "name", "arch", "builder", "arguments", "context")
    build = request.services.builds.order(_wish(request, members))
    return created(request, build_json(build), "api.build", build=build.id)


@endpoint("api.build")
def show_build(request: Request) -> Response:
    """Show a build with its definition."""
    build = request.services.builds.find(part(request, "build"))
    return answer({**build_json(build), "definition": build.definition})


@endpoint("api.build_log", "after", "limit")
def show_log(request: Request) -> Response:
    """Show lines that a build has said, in order."""
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit()) or len(after) > 9:
        raise Malformed(f"after = {after[:40]} is no number of a line")
    limit = parse_limit(request.GET.get("limit", str(USUAL_LIMIT)), most=_MOST_LINES)
    build = request.services.builds.find(part(request, "build"))
    lines = request.services.builds.lines(build, after=int(after), limit=limit + 1)
    return page(
        request,
        lines,
        Asked(after, limit),
        key=lambda line: str(line.number),
        to_json=_line_json,
    )


@endpoint("api.cancel_build")
def cancel_build(request: Request) -> Response:
    """End a build."""
    builds = request.services.builds
    return answer(build_json(builds.cancel(builds.find(part(request, "build")))))


@endpoint("api.retry_build")
def retry_build(request: Request) -> Response:
    """Order the same again."""
    builds = request.services.builds
    build = builds.retry(builds.find(part(request, "build")))
    return created(request, build_json(build), "api.build", build=build.id)


def build_json(build: Build) -> dict[str, Any]:
    """Show a build, without its definition and its lines."""
    return {
        "id": build.id,
        "container": f"{name_of(build.collection)}/{build.container}",
        "tag": build.tag,
        "arch": build.arch,
        "builder": build.builder,
        "arguments": build.arguments,
        "source": build.source,
        "state": str(build.state),
        "reason": build.reason,
        "ordered_by": build.orderer.name if build.orderer is not None else None,
        "ordered_at": time_json(build.ordered_at),
        "started_at": time_json(build.started_at),
        "ended_at": time_json(build.ended_at),
        "cancel_asked_at": time_json(build.cancel_asked_at),
        "image_digest": build.image_digest,
        "image_size": build.image_size,
        "built_with": build.built_with,
        "log_digest": build.log_digest,
        "retry_of": build.retry_of,
    }


def _line_json(line: BuildOutputLine) -> dict[str, Any]:
    return {"number": line.number, "text": line.text}


def _wish(request: Request, members: Members) -> Wish:
    context = members.optional_text("context")
    return Wish(
        definition=members.text("definition"),
        name=ImageName.parse(members.text("name"), home=_home(request)),
        arch=members.optional_text("arch") or "amd64",
        builder=members.optional_text("builder"),
        arguments=members.texts_by_name("arguments") if "arguments" in members else {},
        context=(
            request.services.build_contexts.arrived(Digest.parse(context)) if context else None
        ),
    )


def _states(text: str) -> list[BuildState]:
    try:
        return [BuildState(word) for word in text.split(",") if word]
    except ValueError as error:
        known = ", ".join(BuildState)
        raise Malformed(f"state = {text[:80]} is none of {known}") from error


def _is_true(text: str) -> bool:
    if text not in ("true", "false"):
        raise Malformed(f"mine = {text[:40]} is neither true nor false")
    return text == "true"


def _home(request: Request) -> str:
    home: str = request.registry["facilities"].settings.id
    return home
