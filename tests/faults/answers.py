"""What the server says, and that it was no."""

import http.client
import json
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """An answer other than 200; `status` and `message` are those of the server."""

    def __init__(self, status: int, message: str):
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def message(self) -> str:
        """What a refusal says, in JSON or in plain text."""
        text = self.body.decode(errors="replace")
        try:
            said = json.loads(text)
        except ValueError:
            return text.strip()
        return str(said.get("error", {}).get("message", said))

    def data(self) -> Any:
        """What is in the envelope. Raises Refused when the answer is not 200."""
        if self.status != 200:
            raise Refused(self.status, self.message)
        return json.loads(self.body)["data"] if self.body else None
