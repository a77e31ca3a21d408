"""The ini file and the address of a live registry of a test."""

import random
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_ini(
    path: Path, *, listen: str, url: str, settings: Mapping[str, str], server: Mapping[str, str]
) -> None:
    """Write the embedded default, with what differs from it."""
    app = {**_app(url), **settings}
    if "filesystem" not in app["sregistry.plugins"].split():
        # A key that nobody reads stops the start.
        del app["filesystem.root"]
    path.write_text(
        _section("app:main", app) + _section("server:main", {**_server(listen), **server}),
        encoding="utf-8",
    )


def free_port(address: str = "127.0.0.1") -> int:
    """Give a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def free_address() -> str:
    """Give an address of this machine whose port 80 is free; hardly ever the same for two runs."""
    while True:
        parts = (random.randint(first, 254) for first in (1, 0, 1))  # noqa: S311 - no secret
        address = ".".join(map(str, (127, *parts)))
        with suppress(OSError), socket.create_server((address, 80)):
            return address


def _app(url: str) -> dict[str, str]:
    return {
        "use": "egg:sregistry-core",
        "sregistry.id": "tacc",
        "sregistry.name": "Live Registry",
        "sregistry.public_url": url,
        "sregistry.plugins": "filesystem",
        "sregistry.storage": "filesystem",
        "filesystem.root": "var/images",
        "sregistry.staging": "var/staging",
        "sregistry.database": "sqlite:///var/registry.sqlite",
        "sregistry.secret": secrets.token_hex(32),
        "sregistry.keep_free": "0",
        "sregistry.protocols": "discovery transfer library shub api ui",
    }


def _server(listen: str) -> dict[str, str]:
    return {"use": "egg:sregistry-core#waitress", "listen": listen, "grace": "10s"}


def _section(name: str, values: Mapping[str, str]) -> str:
    # Paste reads % as the beginning of %(here)s.
    lines = [f"{key} = {value.replace('%', '%%')}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, "", ""])
