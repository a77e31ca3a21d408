"""How a refusal looks to the sregistry client."""

from typing import Any, ClassVar

from pyramid.request import Request

from sregistry_core.errors import LoginRequired, RegistryError
from sregistry_core.web.dialects import JsonDialect


class SregistryDialect(JsonDialect):
    """JSON with the text under both keys that the client looks at.

    sregistry 0.2.39 signs a request only after a 403, and leaves at a 401 without telling why.
    """

    challenge: ClassVar[str | None] = None

    def status_of(self, error: RegistryError) -> int:
        """Give the HTTP status; nobody's request is a 403."""
        return 403 if isinstance(error, LoginRequired) else super().status_of(error)

    def body(self, request: Request, status: int, message: str) -> dict[str, Any]:
        """Give the JSON object: the client shows `detail` of refusals, `message` of answers."""
        return {"detail": message, "message": message}
