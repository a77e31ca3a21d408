"""Reads the settings of `[server:main]`: addresses, sizes, durations, and the proxy in front."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from sregistry_core.errors import ConfigurationError

_SIZE_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """How the server listens, how much it takes, and how long it waits.

    listen            addresses such as `127.0.0.1:8080`, `[::1]:8080` or `*:8080`; port 0 takes a
                      free one.
    max_body_size     bytes of one request's body that are still taken.
    threads           requests that the application works on at the same time.
    connection_limit  connections that are open at the same time; further ones wait.
    grace             how long requests under way may go on after the first signal to stop.
    channel_timeout   how long a connection may stay without a byte in either direction; whole
                      seconds.
    recv_bytes        bytes read from a connection at once. Waitress's 8 KiB halve the speed.
    spool             the directory for arriving bodies, on the disk where images are staged.
                      None: one in the temporary directory, that lives as long as the server.
    trusted_proxy     the IP address whose X-Forwarded-For and X-Forwarded-Proto are believed, or
                      `*` for any. None: nobody's.
    body_files        the directory where the trusted proxy puts bodies, to name them in
                      X-Body-File; on the disk of the spool. None: nowhere.
    """

    listen: tuple[str, ...] = ("127.0.0.1:8080",)
    max_body_size: int = 100 * 1024**4
    threads: int = 8
    connection_limit: int = 1000
    grace: timedelta = timedelta(hours=1)
    channel_timeout: timedelta = timedelta(minutes=2)
    recv_bytes: int = 256 * 1024
    spool: Path | None = None
    trusted_proxy: str | None = None
    body_files: Path | None = None


def from_ini(values: Mapping[str, str]) -> ServerSettings:
    """Read the settings of `[server:main]`; what is not set keeps its default.

    A size is a number of bytes, or ends in K, M, G, T or P, the powers of 1024. A duration ends
    in s, m, h or d.
    Raises ConfigurationError naming the first setting that is unknown or cannot be read.
    """
    read: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _READERS:
            raise ConfigurationError(f"server:main knows no setting {name}")
        try:
            read[name] = _READERS[name](value.strip())
        except ValueError as error:
            raise ConfigurationError(f"server:main {name} = {value}: {error}") from error
    if read.get("body_files") and read.get("trusted_proxy") in (None, "*"):
        raise ConfigurationError("server:main body_files needs the address of one trusted_proxy")
    return ServerSettings(**read)


def parse_address(text: str) -> tuple[str, int]:
    """Split `host:port`; `*` stays `*`, and an IPv6 address loses its brackets.

    Raises ValueError.
    """
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:\[\]/]+)):(\d{1,5})", text, re.ASCII)
    if match is None or int(match[3]) > 65535:
        raise ValueError(f"{text or 'nothing'} is no address such as 127.0.0.1:8080")
    return match[1] or match[2], int(match[3])


def _addresses(text: str) -> tuple[str, ...]:
    addresses = tuple(text.replace(",", " ").split())
    for address in addresses or ("",):
        parse_address(address)
    return addresses


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMGTP]?)", text, re.ASCII)
    if match is None or int(match[1]) == 0:
        raise ValueError("not a size such as 64M, 100T or 1048576")
    unit: int = 1024 ** _SIZE_UNITS[match[2]]
    return int(match[1]) * unit


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,9})([smhd])", text, re.ASCII)
    if match is None:
        raise ValueError("not a duration such as 30s, 5m, 1h or 7d")
    return min(timedelta(**{_DURATION_UNITS[match[2]]: int(match[1])}), _LONGEST)


def _positive_duration(text: str) -> timedelta:
    duration = _duration(text)
    if not duration:
        raise ValueError("must be longer than nothing")
    return duration


def _count(text: str) -> int:
    match = re.fullmatch(r"\d{1,6}", text, re.ASCII)
    if match is None or int(text) == 0:
        raise ValueError("not a whole number from 1 to 999999")
    return int(text)


def _directory(text: str) -> Path:
    if not text:
        raise ValueError("no directory")
    return Path(text).absolute()


def _directory_if_any(text: str) -> Path | None:
    # A site takes it back with an empty value, as in [app:main].
    return _directory(text) if text else None


def _proxy(text: str) -> str:
    if text == "*":
        return text
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise ValueError("neither an IP address nor *") from error


_READERS: Mapping[str, Callable[[str], Any]] = {
    "listen": _addresses,
    "max_body_size": _size,
    "threads": _count,
    "connection_limit": _count,
    "grace": _duration,
    "channel_timeout": _positive_duration,
    "spool": _directory,
    "body_files": _directory_if_any,
    "trusted_proxy": _proxy,
}
