"""How a refusal looks to the library client."""

from typing import Any

from pyramid.request import Request

from sregistry_core.web.dialects import JsonDialect


class LibraryDialect(JsonDialect):
    """An envelope; the client prints the message and the number inside of it."""

    def body(self, request: Request, status: int, message: str) -> dict[str, Any]:
        """Give the envelope."""
        return {"error": {"code": status, "message": message}}
