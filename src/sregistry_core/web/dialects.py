"""Dialects: how each protocol says no, and the one view that says it."""

import json
import logging
from http import HTTPStatus
from typing import Any, ClassVar

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPException
from pyramid.request import Request
from pyramid.response import Response
from transaction.interfaces import TransientError

from sregistry_core.db import failures
from sregistry_core.errors import (
    Conflict,
    Gone,
    LoginRequired,
    Malformed,
    NotAllowed,
    NotFound,
    RangeUnsatisfiable,
    RegistryError,
    StorageFull,
    TooLarge,
    TooManyGuesses,
    Unavailable,
)

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[RegistryError], int], ...] = (
    (Gone, 410),
    (NotFound, 404),
    (LoginRequired, 401),
    (NotAllowed, 403),
    (Malformed, 400),
    (Conflict, 409),
    (TooLarge, 413),
    (StorageFull, 507),
    (RangeUnsatisfiable, 416),
    (TooManyGuesses, 429),
    (Unavailable, 503),
)


class Dialect:
    """How one protocol words a refusal. This one says it in plain text."""

    challenge: ClassVar[str | None] = 'Bearer realm="sregistry"'
    """What a 401 asks for, if anything."""

    def status_of(self, error: RegistryError) -> int:
        """Give the HTTP status of a refusal."""
        return status_of(error)

    def response(self, request: Request, status: int, message: str) -> Response:
        """Word a refusal."""
        return Response(f"{message}\n", status=status, content_type="text/plain", charset="utf-8")


class JsonDialect(Dialect):
    """Words a refusal as JSON."""

    def body(self, request: Request, status: int, message: str) -> dict[str, Any]:
        """Give the JSON object of a refusal."""
        return {"detail": message}

    def response(self, request: Request, status: int, message: str) -> Response:
        """Word a refusal."""
        return json_response(self.body(request, status, message), status=status)


def json_response(body: object, *, status: int = 200) -> Response:
    """Give a response with a JSON body."""
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status=status, content_type="application/json", charset="utf-8")


def status_of(error: RegistryError) -> int:
    """Give the HTTP status that fits a refusal."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def set_up(config: Configurator) -> None:
    """Let protocols add their dialects, and answer every error in the right one."""
    config.registry["dialects"] = {}
    config.add_directive("add_dialect", _add_dialect)
    config.add_request_method(_dialect, "dialect", reify=True)
    config.add_view(_answer_error, context=Exception)
    config.add_view(_answer_error, context=HTTPException)


def _add_dialect(
    config: Configurator, protocol: str, dialect: Dialect, *, paths: tuple[str, ...] = ()
) -> None:
    """Use a dialect for the routes of a protocol, and for unmatched paths that begin so."""
    config.registry["dialects"][protocol] = (dialect, paths)


def _dialect(request: Request) -> Dialect:
    dialects = request.registry["dialects"]
    route = getattr(request, "matched_route", None)
    if route is not None:
        protocol = route.name.partition(".")[0]
        if protocol in dialects:
            found: Dialect = dialects[protocol][0]
            return found
    path = request.environ.get("PATH_INFO", "")
    for dialect, paths in dialects.values():
        if path.startswith(paths or ("\0",)):
            chosen: Dialect = dialect
            return chosen
    fallback: Dialect = dialects["ui"][0] if "ui" in dialects else Dialect()
    return fallback


def _answer_error(error: Exception, request: Request) -> Response:
    dialect: Dialect = request.dialect
    refusal = _as_refusal(error)
    if refusal is not None:
        status, message = dialect.status_of(refusal), str(refusal)
    elif isinstance(error, HTTPException) and error.status_int < 500:
        if error.status_int < 400:
            return error
        status, message = error.status_int, _of_framework(error, request)
    else:
        log.error("request %s failed", request.identifier, exc_info=error)
        status, message = 500, f"the server made a mistake; its log calls it {request.identifier}"
    if isinstance(refusal, Unavailable | StorageFull):
        log.warning("request %s: %s", request.identifier, message)
    response = dialect.response(request, status, message)
    if status == 401 and dialect.challenge:
        response.headers["WWW-Authenticate"] = dialect.challenge
    if status == 503:
        response.headers["Retry-After"] = "5"
    if isinstance(refusal, TooManyGuesses):
        response.headers["Retry-After"] = str(refusal.seconds)
    if isinstance(refusal, RangeUnsatisfiable):
        response.headers["Content-Range"] = f"bytes */{refusal.size}"
    return response


def _as_refusal(error: Exception) -> RegistryError | None:
    if isinstance(error, RegistryError):
        return error
    of_database = failures.as_refusal(error)
    if of_database is not None:
        level = logging.WARNING if isinstance(of_database, Unavailable) else logging.INFO
        log.log(level, "the database: %s", failures.cause_of(error))
        return of_database
    if isinstance(error, UnicodeDecodeError):
        return Malformed("the address holds bytes that are no UTF-8")
    if isinstance(error, TransientError):
        return Unavailable("somebody else changed the same thing, try again")
    return None


def _of_framework(error: HTTPException, request: Request) -> str:
    if error.status_int == 404:
        return "there is nothing at this address"
    return HTTPStatus(error.status_int).phrase.lower()
