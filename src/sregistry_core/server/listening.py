"""Opens the sockets that the server listens on."""

import errno
import os
import socket
from collections.abc import Iterable

from sregistry_core.errors import ConfigurationError

from .settings import parse_address

_BACKLOG = 1024
_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def listening_sockets(addresses: Iterable[str]) -> list[socket.socket]:
    """Listen on every address; a name or `*` may stand for several.

    Raises ConfigurationError, with all sockets closed, when one cannot be had.
    """
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets.extend(_sockets_of(address))
    except (OSError, ValueError) as error:
        for opened in sockets:
            opened.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"cannot listen on {address}: {reason.lower()}") from error
    return sockets


def _sockets_of(address: str) -> list[socket.socket]:
    host, port = parse_address(address)
    found = socket.getaddrinfo(
        None if host == "*" else host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    last_error = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    try:
        for family, place in dict.fromkeys((entry[0], entry[4]) for entry in found):
            try:
                sockets.append(_listen(family, place))
            except OSError as error:
                # `localhost` has an IPv6 address even where the machine has no IPv6.
                if error.errno not in _NO_SUCH_FAMILY:
                    raise
                last_error = error
    except OSError:
        for opened in sockets:
            opened.close()
        raise
    if not sockets:
        raise last_error
    return sockets


def _listen(family: int, place: tuple[object, ...]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(place)
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened
