"""The ini keys that every kind of login here has."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sregistry_core.contracts import ConfigurationError, PluginSettings, Secret

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Who we are at the other site, and how it is asked."""

    name: str
    """Of the login in the ini file."""
    label: str
    """What the button says."""
    client_id: str
    client_secret: Secret
    """Empty for a client that has none."""
    scope: str
    """What is asked for, separated by blanks."""
    timeout: float
    """Seconds, for everything that one sign-in asks at a time."""
    ca_file: Path | None


def read_client(
    section: PluginSettings, *, site: str, scope: str, needs_secret: bool = True
) -> ClientSettings:
    """Read the keys that all kinds share. Raises ConfigurationError for the first that is wrong.

    site   what the other site is called, for the button
    """
    ca_file = section.path("ca_file") if section.text("ca_file", "") else None
    if ca_file is not None and not ca_file.is_file():
        raise ConfigurationError(f"{section.name}.ca_file = {ca_file} is no file")
    return ClientSettings(
        name=section.name,
        label=section.text("label", f"Sign in with {site}"),
        client_id=section.text("client_id"),
        client_secret=(
            section.secret("client_secret")
            if needs_secret
            else section.secret("client_secret", None)
        ),
        scope=" ".join(section.words("scope", scope)),
        timeout=section.duration("timeout", "10s").total_seconds(),
        ca_file=ca_file,
    )


def read_address(section: PluginSettings, key: str, default: str | None = None) -> str:
    """Read the address of a site, without a slash at its end.

    Raises ConfigurationError unless it is https; http is for this very machine.
    """
    text = section.text(key) if default is None else section.text(key, default)
    if not is_safe(text) or urlsplit(text).query or urlsplit(text).fragment:
        raise ConfigurationError(
            f"{section.name}.{key} = {text} is not an address such as https://login.example.org"
        )
    return text.rstrip("/")


def is_safe(address: str) -> bool:
    """True for an https address; http only on this machine, where nobody listens in."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
