"""Posts events to other sites, signed.

Source: Standard Webhooks 1.0.0 (names of the headers, what is signed, the payload's members).
"""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import asdict
from datetime import datetime
from urllib.parse import urlsplit

from sregistry_core.contracts import Event, Listener, ask_site
from sregistry_core.errors import Unavailable

from .settings import WebhookSettings


class Webhook(Listener):
    """Tells each site of each event. One that was told may be told again: it knows the event."""

    def __init__(self, settings: WebhookSettings):
        self._settings = settings

    def notice(self, event: Event) -> None:
        """Post an event to every site. Raises Unavailable when one has not taken it.

        All are asked, whatever the first says: one that is away does not keep an event from others.
        """
        kind = type(event).__name__
        if self._settings.events and kind not in self._settings.events:
            return
        body = payload_of(event)
        failures = [found for url in self._settings.urls if (found := self._post(url, event, body))]
        if failures:
            raise Unavailable(f"{self._settings.name}: {'; '.join(failures)}")

    def _post(self, url: str, event: Event, body: bytes) -> str | None:
        """Post to one site; what went wrong, if something did."""
        now = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event.identifier,
            "webhook-timestamp": now,
            "webhook-signature": sign(self._settings.key, event.identifier, now, body),
        }
        try:
            answer = ask_site(
                "POST",
                url,
                seconds=self._settings.timeout,
                headers=headers,
                body=body,
                allow_private=self._settings.allow_private,
                ca_file=self._settings.ca_file,
            )
        except Unavailable as error:
            return str(error)
        if 200 <= answer.status < 300:
            return None
        # Not the whole address: its path may be what lets one in there.
        return f"status {answer.status} from {urlsplit(url).netloc}"


def payload_of(event: Event) -> bytes:
    """Write an event as JSON, the same each time that it is told."""
    data = {name: value for name, value in asdict(event).items() if name != "at"}
    told = {"type": type(event).__name__, "timestamp": event.at, "data": data}
    return json.dumps(told, default=datetime.isoformat, separators=(",", ":")).encode()


def sign(key: bytes, identifier: str, timestamp: str, body: bytes) -> str:
    """Sign what is sent, with its name and its time: nobody sends it again as something new."""
    signed = f"{identifier}.{timestamp}.".encode() + body
    mac = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"
