"""Speaks to a live server byte by byte, and looks at what it costs the server."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sregistry_core.testing.live import LiveRegistry

PATIENCE = 20.0
MIB = 1 << 20


class Wire:
    """One connection."""

    def __init__(self, url: str):
        address = urlsplit(url)
        self.socket = socket.create_connection(
            (address.hostname or "", address.port or 80), timeout=PATIENCE
        )

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def head(self, method: str, path: str, *headers: str) -> None:
        """Send a request line and headers."""
        lines = [f"{method} {path} HTTP/1.1", "Host: registry", *headers, "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))

    def send(self, content: bytes) -> bool:
        """Send; False when the server does not take any more."""
        try:
            self.socket.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def status(self) -> int:
        """Read on to the end of an answer's status line; 0 when the server has hung up."""
        said = b""
        with suppress(ConnectionResetError):
            while b"\r\n" not in said:
                piece = self.socket.recv(4096)
                if not piece:
                    return 0
                said += piece
        return int(said.split()[1]) if said else 0

    def everything(self) -> bytes:
        """Read until the server hangs up, or says nothing for a while."""
        said = b""
        self.socket.settimeout(3)
        with suppress(ConnectionResetError, TimeoutError):
            while piece := self.socket.recv(65536):
                said += piece
        return said


@dataclass(frozen=True)
class Cost:
    """What a server holds at a moment: open files, and files in its waiting room."""

    descriptors: int
    files: int

    def is_about(self, before: "Cost") -> bool:
        """True when it is no more than before; the database may have opened a connection."""
        return self.files <= before.files and self.descriptors <= before.descriptors + 2


def cost_of(registry: LiveRegistry) -> Cost:
    """Look at the server's process and its waiting room."""
    spool = registry.data / "staging"
    return Cost(
        descriptors=len([*Path(f"/proc/{registry.pid}/fd").iterdir()]),
        files=len([path for path in spool.rglob("*") if path.is_file()]),
    )
