"""How a refusal looks to a program that speaks our own API."""

from typing import Any, Final

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.dialects import JsonDialect

from .answers import keep_to_the_asker
from .methods import allowed_methods

CODES: Final = {
    400: "malformed",
    401: "login_required",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    416: "range_unsatisfiable",
    429: "too_many_guesses",
    500: "mistake",
    503: "unavailable",
    507: "storage_full",
}
"""What programs may compare; it stays when the words of a message change."""


class ApiDialect(JsonDialect):
    """A code for programs, a message for people, and what our log calls the request."""

    def body(self, request: Request, status: int, message: str) -> dict[str, Any]:
        """Give the envelope."""
        code = CODES.get(status) or CODES[400 if status < 500 else 500]
        return {"error": {"code": code, "message": message, "request_id": request.identifier}}

    def response(self, request: Request, status: int, message: str) -> Response:
        """Word a refusal."""
        response = keep_to_the_asker(super().response(request, status, message))
        if status == 405:
            response.headers["Allow"] = ", ".join(allowed_methods(request))
        return response
