"""Bytes on the direct path of an S3 storage: counted on every connection to the registry."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from files import write_random
from loads import pull
from pushes import Pusher

from sregistry_core.testing.live import LiveRegistry, free_port
from sregistry_core.testing.s3_fixtures import as_ini
from sregistry_core.testing.s3_server import CephGateway

_CONTAINER = "ada/lab/cloud"
_BLOCK = 1 << 16


@dataclass
class _Counted:
    """What has passed, in bytes, both ways."""

    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, size: int) -> None:
        with self.lock:
            self.size += size


def count_bytes(room: Path, *, size: int) -> int:
    """Push an image of `size` bytes in parts and pull it; give what passed through the registry."""
    with tempfile.TemporaryDirectory() as directory, CephGateway(Path(directory)) as store:
        at, listen = free_port(), free_port()
        url = f"http://127.0.0.1:{listen}"
        registry = LiveRegistry(
            room / "direct",
            listen=f"127.0.0.1:{at}",
            settings={
                "sregistry.plugins": "filesystem s3",
                "sregistry.storage": "cloud",
                "sregistry.public_url": url,
                "filesystem.root": "",
                **as_ini("cloud", store.make_bucket()),
            },
        )
        with registry, _counting(listen, at) as counted:
            pusher = Pusher(url, registry.make_user("ada"))
            container = pusher.container(_CONTAINER)
            image = room / "cloud.img"
            write_random(image, size)
            pusher.push(container, "1", image, in_parts=True)
            found = pull(f"{url}/v1/imagefile/{_CONTAINER}:1?arch=amd64")
            image.unlink()
            if found.size != size:
                raise SystemExit(f"bench: {found.size} bytes came back, and not {size}")
            return counted.size


@contextmanager
def _counting(listen: int, target: int) -> Iterator[_Counted]:
    counted = _Counted()
    with socket.create_server(("127.0.0.1", listen)) as listener:
        threading.Thread(target=_serve, args=(listener, target, counted), daemon=True).start()
        yield counted
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, target: int, counted: _Counted) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        behind = socket.create_connection(("127.0.0.1", target))
        for one, other in ((client, behind), (behind, client)):
            threading.Thread(target=_pass_on, args=(one, other, counted), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, counted: _Counted) -> None:
    try:
        while piece := source.recv(_BLOCK):
            counted.add(len(piece))
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        target.close()
