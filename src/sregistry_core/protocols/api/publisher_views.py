"""Trusted publishers of a collection, and the token that a job gets for its own."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import Caller, Scope
from sregistry_core.names import CollectionName, parse_collection_name, parse_entity_name
from sregistry_core.services import Services
from sregistry_core.web.paging import read_page

from .addressed import collection_of, part
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_members
from .robot_wire import publisher_json
from .wire import new_token_json


@endpoint("api.publishers", "after", "limit")
def list_publishers(request: Request) -> Response:
    """Show the publishers of a collection."""
    asked = read_page(request)
    publishers = request.services.publishers
    found = publishers.of(collection_of(request), after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=lambda one: one.robot.name, to_json=publisher_json)


@endpoint("api.create_publisher")
def create_publisher(request: Request) -> Response:
    """Trust jobs of an issuer."""
    members = read_members(
        request, "publisher", "issuer", "audience", "claims", "scope", "lifetime_seconds"
    )
    collection = collection_of(request)
    made = request.services.publishers.add(
        collection,
        members.text("publisher"),
        issuer=members.text("issuer"),
        audience=members.optional_text("audience") or "",
        claims=members.texts_by_name("claims"),
        scope=members.choice("scope", Scope),
        lifetime=members.optional_lifetime("lifetime_seconds"),
    )
    return created(
        request,
        publisher_json(made),
        "api.publisher",
        entity=collection.entity.name,
        collection=collection.name,
        publisher=made.robot.name,
    )


@endpoint("api.publisher")
def show_publisher(request: Request) -> Response:
    """Show a publisher."""
    found = request.services.publishers.find(collection_of(request), part(request, "publisher"))
    return answer(publisher_json(found))


@endpoint("api.remove_publisher")
def remove_publisher(request: Request) -> Response:
    """Trust these jobs no more."""
    request.services.publishers.remove(collection_of(request), part(request, "publisher"))
    return nothing()


@endpoint("api.exchange")
def exchange(request: Request) -> Response:
    """Give a job a token for the one that its site has signed.

    Who else is asking does not matter, and is not looked at.
    """
    said = request.matchdict
    name = CollectionName(
        parse_entity_name(said["entity"]), parse_collection_name(said["collection"])
    )
    members = read_members(request, "token")
    nobody = Services(request.db, Caller.anonymous(), request.registry["facilities"])
    made = nobody.publishers.exchange(name, members.text("token"))
    return answer(new_token_json(made), status=201)
