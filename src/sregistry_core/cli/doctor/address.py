"""Examines the public address: its spelling, and whether it leads to this registry."""

import json
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from sregistry_core.server import ServerSettings
from sregistry_core.server.settings import parse_address
from sregistry_core.settings import CoreSettings

from .clock import examine_clock
from .fetching import Answer, fetch
from .finding import Finding

_SERVICES = "/assets/config/config.prod.json"


def examine_address(settings: CoreSettings, server: ServerSettings) -> Iterator[Finding]:
    """Read the address with the eyes of clients, and ask it who it is."""
    url = settings.public_url
    yield from _spelling(url)
    try:
        health = fetch(f"{url}/healthz")
    except OSError as error:
        yield _unreachable(url, error, server)
        return
    yield _whose(url, health, settings)
    yield examine_clock(health.date)


def _spelling(url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "http" and not _is_loopback(host):
        yield Finding.warning(
            f"sregistry.public_url = {url} is not encrypted: "
            "everybody on the way reads passwords, tokens and private images"
        )
    if parts.port is None:
        return
    yield Finding.warning(
        f"sregistry.public_url = {url}: shub:// cannot be used, "
        "its clients take no port, only 80 and 443"
    )
    yield Finding.warning(
        f"sregistry.public_url = {url}: `remote add` cannot be used, it needs an address "
        "without a port; library:// works with --library"
    )


def _unreachable(url: str, error: OSError, server: ServerSettings) -> Finding:
    reason = error.strerror or str(error) or type(error).__name__
    if isinstance(error, socket.gaierror):
        return Finding.failure(f"sregistry.public_url = {url}: its host is not known: {reason}")
    for listen in server.listen:
        if _answers(listen):
            return Finding.failure(
                f"sregistry.public_url = {url} does not lead to the server, "
                f"which answers at {listen}: {reason}"
            )
    return Finding.warning(
        f"public address: nobody answers at {url} ({reason}): "
        "the server is not running, or sregistry.public_url is wrong"
    )


def _whose(url: str, health: Answer, settings: CoreSettings) -> Finding:
    if health.location:
        return Finding.failure(
            f"sregistry.public_url = {url} leads on to {health.location}: "
            "say there what clients end up with"
        )
    if health.status != 200 or _json(health) != {"status": "ok"}:
        return Finding.failure(
            f"sregistry.public_url = {url} leads to something else: "
            f"{url}/healthz answers {health.status}"
        )
    if "discovery" not in settings.protocols:
        return Finding.ok(f"public address: a registry answers at {url}")
    services = _json(fetch(url + _SERVICES))
    named = services.get("libraryAPI", {}).get("uri") if isinstance(services, dict) else None
    if named != url:
        return Finding.failure(
            f"sregistry.public_url = {url} leads to a registry that calls itself "
            f"{named or 'nothing'}: one of the two is wrong"
        )
    return Finding.ok(f"public address: {url} leads to this registry")


def _answers(listen: str) -> bool:
    host, port = parse_address(listen)
    shown = "127.0.0.1" if host in ("*", "0.0.0.0", "::") else host  # noqa: S104 - no binding
    if ":" in shown:
        shown = f"[{shown}]"
    try:
        answer = fetch(f"http://{shown}:{port}/healthz")
    except OSError:
        return False
    return _json(answer) == {"status": "ok"}


def _json(answer: Answer) -> object:
    try:
        found: object = json.loads(answer.body)
    except ValueError:
        return None
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
