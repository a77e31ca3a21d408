"""How a refusal looks to a forge, which shows it to whoever has set the webhook up."""

from typing import Any

from pyramid.request import Request

from sregistry_core.web.dialects import JsonDialect


class WebhookDialect(JsonDialect):
    """A message in JSON, like those of what was taken."""

    def body(self, request: Request, status: int, message: str) -> dict[str, Any]:
        """Give the JSON object."""
        return {"message": message}
