"""How a refusal looks to the build client."""

from typing import Any

from pyramid.request import Request

from sregistry_core.web.dialects import JsonDialect


class RemoteBuildDialect(JsonDialect):
    """The envelope of the library API; the client prints the message."""

    def body(self, request: Request, status: int, message: str) -> dict[str, Any]:
        """Give the envelope."""
        return {"error": {"code": status, "message": message}}
