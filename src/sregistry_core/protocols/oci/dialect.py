"""How a refusal looks to an OCI client, and how it is told to log in.

Source: OCI distribution 1.1, section Error Codes; the token part of Docker's registry.
"""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.errors import (
    BlobsMissing,
    BlobUnknown,
    Conflict,
    Gone,
    InvalidDigest,
    InvalidManifest,
    InvalidName,
    InvalidSize,
    LoginRequired,
    Malformed,
    ManifestUnknown,
    NotAllowed,
    NotFound,
    OutOfOrder,
    RangeUnsatisfiable,
    RegistryError,
    StorageFull,
    TooLarge,
    TooManyGuesses,
    Unavailable,
    UploadUnknown,
)
from sregistry_core.web.dialects import JsonDialect

from .wire import chunk_headers, json_body, scopes_of, upload_path

_CODES: tuple[tuple[type[RegistryError], str], ...] = (
    (BlobUnknown, "BLOB_UNKNOWN"),
    (ManifestUnknown, "MANIFEST_UNKNOWN"),
    (UploadUnknown, "BLOB_UPLOAD_UNKNOWN"),
    (Gone, "NAME_UNKNOWN"),
    (NotFound, "NAME_UNKNOWN"),
    (LoginRequired, "UNAUTHORIZED"),
    (NotAllowed, "DENIED"),
    (InvalidName, "NAME_INVALID"),
    (InvalidDigest, "DIGEST_INVALID"),
    (InvalidSize, "SIZE_INVALID"),
    (BlobsMissing, "MANIFEST_BLOB_UNKNOWN"),
    (InvalidManifest, "MANIFEST_INVALID"),
    (Conflict, "DENIED"),
    (TooLarge, "SIZE_INVALID"),
    (OutOfOrder, "BLOB_UPLOAD_INVALID"),
    (RangeUnsatisfiable, "SIZE_INVALID"),
    (StorageFull, "DENIED"),
    (TooManyGuesses, "TOOMANYREQUESTS"),
    (Unavailable, "TOOMANYREQUESTS"),
)
_MALFORMED = {"oci.manifest": "MANIFEST_INVALID", "oci.upload": "BLOB_UPLOAD_INVALID"}
_OF_STATUS = {409: "DENIED", 500: "UNKNOWN", 503: "TOOMANYREQUESTS", 507: "DENIED"}
_LOGIN = "log in to see this, if it is there"


class OciDialect(JsonDialect):
    """An object with a list of errors, each with one of the codes of the specification.

    To nobody, and to whoever shows a token for something else, a repository that is absent or
    hidden looks the same: a challenge to log in.
    """

    challenge = None

    def response(self, request: Request, status: int, message: str) -> Response:
        """Word a refusal."""
        error = getattr(request, "exception", None)
        if type(error) is NotFound and _is_nobody(request):
            status, code, message = 401, "UNAUTHORIZED", _LOGIN
        else:
            code = _code_of(request, error) or _OF_STATUS.get(status, "UNSUPPORTED")
        response = refusal(status, code, message)
        if status in (401, 403):
            # With a 403 it is for oras-py alone: without a challenge it tries again for two
            # minutes, and shows no reason. All others look for one in a 401 only.
            response.headers["WWW-Authenticate"] = challenge(request)
        if isinstance(error, OutOfOrder):
            response.headers.update(chunk_headers(upload_path(request), error.size))
        return response


def refusal(status: int, code: str, message: str) -> Response:
    """Give the answer that says no."""
    body: dict[str, Any] = {"errors": [{"code": code, "message": message, "detail": None}]}
    response = json_body(body, "application/json")
    response.status_int = status
    return response


def challenge(request: Request) -> str:
    """Say where to get a token, and for what."""
    public_url: str = request.registry["facilities"].settings.public_url
    parts = [f'Bearer realm="{public_url}/v2/token"', f'service="{public_url.split("//", 1)[1]}"']
    if scopes := scopes_of(request):
        parts.append(f'scope="{" ".join(scopes)}"')
    return ",".join(parts)


def _code_of(request: Request, error: Exception | None) -> str | None:
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    route = getattr(request, "matched_route", None)
    if isinstance(error, Malformed) and route is not None:
        return _MALFORMED.get(route.name, "UNSUPPORTED")
    return None


def _is_nobody(request: Request) -> bool:
    caller = request.caller
    return bool(caller.is_anonymous)
