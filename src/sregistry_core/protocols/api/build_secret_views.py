"""Secrets of the builds of a collection: named, set and forgotten, but never shown."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import BuildSecret
from sregistry_core.web.paging import read_page

from .addressed import collection_of, part
from .answers import answer, nothing, page
from .endpoints import endpoint
from .members import read_members
from .wire import time_json


@endpoint("api.build_secrets", "after", "limit")
def list_build_secrets(request: Request) -> Response:
    """Show which secrets there are."""
    asked = read_page(request)
    secrets = request.services.build_secrets
    found = secrets.of(collection_of(request), after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=lambda secret: secret.name, to_json=_json)


@endpoint("api.set_build_secret")
def set_build_secret(request: Request) -> Response:
    """Keep a secret, in place of one of this name."""
    value = read_members(request, "value").text("value")
    secrets = request.services.build_secrets
    return answer(_json(secrets.set(collection_of(request), part(request, "secret"), value)))


@endpoint("api.remove_build_secret")
def remove_build_secret(request: Request) -> Response:
    """Forget a secret."""
    secrets = request.services.build_secrets
    secrets.remove(collection_of(request), part(request, "secret"))
    return nothing()


def _json(secret: BuildSecret) -> dict[str, Any]:
    return {"name": secret.name, "set_at": time_json(secret.set_at)}
