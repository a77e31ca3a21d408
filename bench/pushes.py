"""Pushes of a large file to a registry, timed from the announcement of its size to the end."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from files import hex_of

_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Pusher:
    """A user of a registry who pushes files, sent by the kernel so that the client costs little."""

    url: str
    token: str
    known: dict[Path, str] = field(default_factory=dict)
    """Digests of files that were hashed before, so that the client hashes nothing meanwhile."""

    def container(self, path: str) -> str:
        """Make a container `entity/collection/container`; gives its identifier."""
        entity, collection, container = path.split("/")
        owner = self._ask("GET", f"/v1/entities/{entity}")["id"]
        above = self._ask("POST", "/v1/collections", {"name": collection, "entity": owner})["id"]
        wanted = {"name": container, "collection": above}
        return str(self._ask("POST", "/v1/containers", wanted)["id"])

    def push(
        self, container: str, tag: str, path: Path, *, in_parts: bool = False
    ) -> tuple[str, float]:
        """Push a file; gives its digest, and the seconds from `begin` until it is published."""
        digest = self.known.get(path) or hex_of(path)
        wanted = {"hash": f"sha256.{digest}", "container": container}
        image = str(self._ask("POST", "/v1/images", wanted)["id"])
        begun = time.monotonic()
        if in_parts:
            self._send_parts(image, path)
        else:
            self._send_whole(image, path)
        seconds = time.monotonic() - begun
        wanted = {"Arch": "amd64", "Tag": tag, "ImageID": image}
        self._ask("POST", f"/v2/tags/{container}", wanted)
        return digest, seconds

    def delete(self, name: str) -> None:
        """Delete an image."""
        self._ask("DELETE", f"/v1/images/{name}")

    def _send_whole(self, image: str, path: Path) -> None:
        size = path.stat().st_size
        begun = self._ask("POST", f"/v2/imagefile/{image}", {"filesize": size})
        self._put(begun["uploadURL"], path, 0, size)
        self._ask("PUT", f"/v2/imagefile/{image}/_complete", {})

    def _send_parts(self, image: str, path: Path) -> None:
        size, where = path.stat().st_size, f"/v2/imagefile/{image}/_multipart"
        begun = self._ask("POST", where, {"filesize": size})
        completed = []
        for number in range(1, begun["totalParts"] + 1):
            wanted = {"uploadID": begun["uploadID"], "partNumber": number}
            address = self._ask("PUT", where, wanted)["presignedURL"]
            offset = (number - 1) * begun["partSize"]
            token = self._put(address, path, offset, min(begun["partSize"], size - offset))
            completed.append({"partNumber": number, "token": token})
        end = {"uploadID": begun["uploadID"], "completedParts": completed}
        self._ask("PUT", f"{where}_complete", end)

    def _put(self, address: str, path: Path, offset: int, size: int) -> str:
        # Maybe at a store, which the registry has signed the address for.
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_SECONDS)
        with path.open("rb") as file:
            connection.putrequest(
                "PUT", f"{parts.path}?{parts.query}" if parts.query else parts.path
            )
            connection.putheader("Content-Length", str(size))
            connection.endheaders()
            connection.sock.sendfile(file, offset, size)
        response = connection.getresponse()
        said = response.read()
        connection.close()
        if response.status != 200:
            raise SystemExit(f"bench: a PUT was answered {response.status}: {said.decode()}")
        return str(response.headers["ETag"])

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        connection = self._connect()
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Authorization": f"Bearer {self.token}"})
        response = connection.getresponse()
        said = response.read()
        connection.close()
        if response.status != 200:
            raise SystemExit(f"bench: {method} {path} gave {response.status}: {said.decode()}")
        return json.loads(said)["data"] if said else None

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        return http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS
        )
