"""How a refusal looks to the `remote` commands."""

from typing import Any

from pyramid.request import Request

from sregistry_core.web.dialects import JsonDialect


class DiscoveryDialect(JsonDialect):
    """The envelope of the library API."""

    def body(self, request: Request, status: int, message: str) -> dict[str, Any]:
        """Give the envelope; the number inside is the one that clients print."""
        return {"error": {"code": status, "message": message}}
