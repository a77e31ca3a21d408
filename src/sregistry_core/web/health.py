"""Whether the process lives, and whether what it stands on answers."""

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sregistry_core.contracts import Storage
from sregistry_core.errors import RegistryError

from .dialects import json_response


def set_up(config: Configurator) -> None:
    """Answer at /healthz and /readyz."""
    config.add_route("operation.healthz", "/healthz", request_method=("GET", "HEAD"))
    config.add_route("operation.readyz", "/readyz", request_method=("GET", "HEAD"))
    config.add_view(show_health, route_name="operation.healthz")
    config.add_view(show_readiness, route_name="operation.readyz")


def show_health(_request: Request) -> Response:
    """Say that the process lives, without asking anything else."""
    return json_response({"status": "ok"})


def show_readiness(request: Request) -> Response:
    """Say for each back end whether it works; 503 when one does not."""
    facilities = request.registry["facilities"]
    checks = {"database": _check_database(request)}
    for name, storage in facilities.blob_store.storages.items():
        checks[f"storage {name}"] = _check_storage(storage)
    ready = all(state == "ok" for state in checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return json_response(body, status=200 if ready else 503)


def _check_database(request: Request) -> str:
    try:
        request.db.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "does not answer"
    return "ok"


def _check_storage(storage: Storage) -> str:
    try:
        storage.check()
    except RegistryError as error:
        return str(error)
    return "ok"
