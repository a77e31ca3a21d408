"""Containers: listed, made, described, frozen and deleted."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.paging import read_page

from .addressed import collection_of, container_of
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_changes, read_members
from .wire import container_json


@endpoint("api.containers", "after", "limit")
def list_containers(request: Request) -> Response:
    """Show the containers of a collection."""
    asked = read_page(request)
    containers = request.services.catalog.containers(
        collection_of(request), after=asked.after, limit=asked.limit + 1
    )
    return page(
        request, containers, asked, key=lambda container: container.name, to_json=container_json
    )


@endpoint("api.create_container")
def create_container(request: Request) -> Response:
    """Make a container, to be pushed to."""
    members = read_members(request, "container", "description")
    collection = collection_of(request)
    container = request.services.catalog.create_container(
        collection,
        members.text("container"),
        description=members.optional_text("description") or "",
    )
    return created(
        request,
        container_json(container),
        "api.container",
        entity=collection.entity.name,
        collection=collection.name,
        container=container.name,
    )


@endpoint("api.container")
def show_container(request: Request) -> Response:
    """Show a container."""
    return answer(container_json(container_of(request)))


@endpoint("api.change_container")
def change_container(request: Request) -> Response:
    """Describe a container, or freeze or thaw it."""
    members = read_changes(request, "description", "frozen")
    container = request.services.catalog.change_container(
        container_of(request),
        description=members.optional_text("description"),
        frozen=members.optional_boolean("frozen"),
    )
    return answer(container_json(container))


@endpoint("api.delete_container")
def delete_container(request: Request) -> Response:
    """Delete a container with its images."""
    request.services.catalog.delete_container(container_of(request))
    return nothing()
