"""The ini keys of a webhook."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sregistry_core.contracts import EVENTS, ConfigurationError, PluginSettings

SHORTEST_SECRET = 24
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where events go, which, and how they are signed."""

    name: str
    """Of the listener in the ini file."""
    urls: tuple[str, ...]
    key: bytes
    events: frozenset[str]
    """Names of kinds of events; empty for all, also those of later versions."""
    timeout: float
    """Seconds for each site."""
    allow_private: bool
    ca_file: Path | None


def read_settings(section: PluginSettings) -> WebhookSettings:
    """Read every key. Raises ConfigurationError naming the first that is wrong."""
    allow_private = section.boolean("allow_private", False)
    urls = section.words("url")
    for url in urls:
        _require_good(section, url, allow_private)
    return WebhookSettings(
        name=section.name,
        urls=urls,
        key=_key(section),
        events=_events(section),
        timeout=section.duration("timeout", "10s").total_seconds(),
        allow_private=allow_private,
        ca_file=_ca_file(section),
    )


def _require_good(section: PluginSettings, url: str, allow_private: bool) -> None:
    try:
        parts = urlsplit(url)
        right = bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        right = False
    # Everybody on the way may read what is sent in the clear: at most in one's own network.
    if not right or parts.scheme not in (("https", "http") if allow_private else ("https",)):
        raise ConfigurationError(
            f"{section.name}.url = {url[:40]} is not an address such as https://example.org/hook"
        )


def _key(section: PluginSettings) -> bytes:
    """Give the bytes to sign with; `whsec_` begins the spelling of libraries for receivers."""
    text = section.secret("secret").value
    if text.startswith(_PREFIX):
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error as error:
            raise ConfigurationError(f"{section.name}.secret is not Base64 after whsec_") from error
    else:
        key = text.encode()
    if len(key) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"{section.name}.secret has {len(key)} bytes, {SHORTEST_SECRET} are the least"
        )
    return key


def _events(section: PluginSettings) -> frozenset[str]:
    named = section.words("events", "")
    for name in named:
        if name not in EVENTS:
            raise ConfigurationError(
                f"{section.name}.events names {name}, which is none of {', '.join(EVENTS)}"
            )
    return frozenset(named)


def _ca_file(section: PluginSettings) -> Path | None:
    if not section.text("ca_file", ""):
        return None
    path = section.path("ca_file")
    if not path.is_file():
        raise ConfigurationError(f"{section.name}.ca_file = {path} is no file")
    return path
