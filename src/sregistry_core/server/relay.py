"""Hands connections over to another server of this machine: waitress upgrades none to WebSocket."""

import logging
import selectors
import socket
import threading

_MOST = 500
"""Connections at the same time: each takes a thread."""
_AT_ONCE = 64 * 1024
_STALLED_SECONDS = 120.0

log = logging.getLogger(__name__)


class Relay:
    """Takes connections whose first request begins with some words."""

    def __init__(self, begins: bytes, address: tuple[str, int]):
        """begins: such as `GET /v1/build-ws/`; address: of the server that answers those."""
        self._begins = begins
        self._address = address
        self._free = threading.BoundedSemaphore(_MOST)

    def takes(self, data: bytes) -> bool:
        """Tell whether what has come first is for the other server."""
        return data.startswith(self._begins)

    def take(self, client: socket.socket, data: bytes) -> None:
        """Carry bytes to and fro until one side ends; `client` is closed then.

        data   what has come of the client already
        """
        if not self._free.acquire(blocking=False):
            log.warning("%d connections are handed over already", _MOST)
            client.close()
            return
        thread = threading.Thread(
            target=self._carry, args=(client, data), name="relay", daemon=True
        )
        thread.start()

    def _carry(self, client: socket.socket, data: bytes) -> None:
        try:
            # The client's socket was waitress's, and so waits for nothing.
            client.settimeout(_STALLED_SECONDS)
            with client, socket.create_connection(self._address, _STALLED_SECONDS) as other:
                other.sendall(data)
                _carry(client, other)
        except OSError as error:
            log.info("a connection that was handed over has ended: %s", error)
        finally:
            self._free.release()


def _carry(client: socket.socket, other: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, (client, other))
        selector.register(other, selectors.EVENT_READ, (other, client))
        while True:
            for key, _ in selector.select():
                source, target = key.data
                data = source.recv(_AT_ONCE)
                if not data:
                    return
                target.sendall(data)
