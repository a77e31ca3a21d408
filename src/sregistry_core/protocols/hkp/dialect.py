"""How a refusal looks to the clients of a key server."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.dialects import Dialect, json_response


class KeyServerDialect(Dialect):
    """Plain text, except for an upload: there Apptainer prints a message that is in JSON only."""

    def response(self, request: Request, status: int, message: str) -> Response:
        """Word a refusal."""
        if request.method != "POST":
            return super().response(request, status, message)
        return json_response({"error": {"code": status, "message": message}}, status=status)
