"""Questions to other sites: with a deadline, for a bounded answer, and never sent elsewhere."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sregistry_core.errors import Unavailable

LARGEST_ANSWER = 1 << 20
_AGENT = "sregistry-core"
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """What another site has answered: also a refusal, and also a redirect, which nobody follows.

    headers   by their names in small letters; of several of one name the last
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


def ask_site(
    method: str,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    allow_private: bool = False,
    ca_file: Path | None = None,
    largest: int = LARGEST_ANSWER,
) -> SiteAnswer:
    """Send one request, and read the whole answer.

    seconds         from the connection to the last byte; looking the name up is not in it
    allow_private   connect also to addresses that are not of the public internet
    ca_file         certificates of authorities to trust in place of the system's
    largest         how many bytes are read of an answer
    Proxies of the environment are not used: behind one nobody knows whom one talks to.
    Raises Unavailable when there is no whole answer, with the reason.
    """
    parts = urlsplit(url)
    # Without the path: addresses of webhooks are secrets there.
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    shown = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **(headers or {})}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    deadline = time.monotonic() + seconds
    alarm: threading.Timer | None = None
    try:
        connection = _connection(parts, seconds, allow_private, ca_file)
    except (OSError, ValueError) as error:
        raise Unavailable(f"{place}: {_said(error)}") from error
    try:
        connection.connect()
        alarm = _alarm(connection.sock, deadline)
        connection.request(method, target, body, shown)
        response = connection.getresponse()
        content = response.read(largest + 1)
        missing = response.length
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{place}: {_said(error)}") from error
    finally:
        if alarm is not None:
            alarm.cancel()
        connection.close()
    if len(content) > largest:
        raise Unavailable(f"{place}: more than {largest} bytes")
    if time.monotonic() >= deadline:
        raise Unavailable(f"{place}: no answer within {seconds:g} seconds")
    if missing:
        raise Unavailable(f"{place}: the answer ends too early")
    said = {name.lower(): value for name, value in response.getheaders()}
    return SiteAnswer(response.status, content, said)


def is_public_address(address: str) -> bool:
    """True for an address of the public internet, also when it is wrapped in one of version 6."""
    try:
        # What belongs to one link is written with a `%` and the link's name.
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        else:
            found = found.ipv4_mapped or found.sixtofour or found
    return found.is_global and not found.is_multicast


def addresses_of(host: str, port: int, *, allow_private: bool = False) -> list[str]:
    """Give the addresses of a host that may be connected to, for whoever connects to one of them.

    Looked up once more the same name may lead elsewhere. Raises OSError when there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    wanted = [one for one in addresses if allow_private or is_public_address(one)]
    if not wanted:
        raise OSError(f"{addresses[0]} is a private address, and those are not allowed")
    return wanted


def _connection(
    parts: SplitResult, seconds: float, allow_private: bool, ca_file: Path | None
) -> http.client.HTTPConnection:
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("it is no address of a site")
    connection: Any
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        connection = http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=seconds)

    def connect(place: tuple[str, int], timeout: float, *_about: Any) -> socket.socket:
        return _connect(place, timeout, allow_private)

    # Where the library itself has what makes its connections.
    connection._create_connection = connect
    found: http.client.HTTPConnection = connection
    return found


def _connect(place: tuple[str, int], timeout: float, allow_private: bool) -> socket.socket:
    """Connect to an address that was looked at: between a look and a name, the name may change."""
    wanted = addresses_of(*place, allow_private=allow_private)
    for address in wanted[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, place[1]), timeout / len(wanted))
    return socket.create_connection((wanted[-1], place[1]), timeout)


def _alarm(opened: socket.socket, deadline: float) -> threading.Timer:
    """End a conversation in time. Each read waits anew: an answer may come byte by byte, for ever.

    The socket is kept here: its connection forgets it where an answer has no length.
    """
    alarm = threading.Timer(max(deadline - time.monotonic(), 0), _hang_up, [opened])
    alarm.daemon = True
    alarm.start()
    return alarm


def _hang_up(opened: socket.socket) -> None:
    # It may have ended in this moment.
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


__all__ = ["LARGEST_ANSWER", "SiteAnswer", "addresses_of", "ask_site", "is_public_address"]
