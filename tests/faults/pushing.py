"""Pushes and pulls over real sockets, step by step as the library clients do, with any body."""

import hashlib
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .answers import Answer, Refused
from .bodies import MIB, Body

PATIENCE = 60.0  # seconds without a byte


@dataclass
class Client:
    """Somebody who pushes and pulls: every request on a connection of its own."""

    url: str
    token: str | None = None
    name: str = "ada"
    answered: list[int] = field(default_factory=list)
    """The status of every answer."""
    asked: str = ""
    """The address of the last request of a pull."""
    trust: ssl.SSLContext | None = None
    """What proves a server that is spoken to over TLS."""
    stores: frozenset[str] = frozenset()
    """`host:port` of object stores: an address there is asked there, any other one at `url`."""

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        length: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, a JSON body unless it is bytes or an iterator, and read the answer.

        headers   beside those of every request, or in their place
        """
        connection, shown = self.connect(path), {"Connection": "close"}
        if not path.startswith("http") and self.token:
            shown["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        if length is not None:
            shown["Content-Length"] = str(length)
        shown.update(headers or {})
        try:
            # When it is refused before the end of the body, the answer may be there.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, _path(path), body, shown)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        self.hear(method, path, answer)
        return answer

    def hear(self, method: str, path: str, answer: Answer) -> None:
        """Keep what matters of an answer."""
        self.answered.append(answer.status)

    def connect(self, path: str = "") -> http.client.HTTPConnection:
        """Open a connection, for an address of an object store to there; the caller closes it."""
        parts = urlsplit(path)
        if parts.netloc not in self.stores:
            parts = urlsplit(self.url)
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=PATIENCE, context=self.trust
            )
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)

    def container(self, path: str) -> str:
        """Give the identifier of a container, made as clients do: each level asked for first."""
        entity, collection, container = path.split("/")
        above = self._ensure("entities", entity, {"name": entity})
        above = self._ensure(
            "collections", f"{entity}/{collection}", {"name": collection, "entity": above}
        )
        return self._ensure("containers", path, {"name": container, "collection": above})

    def announce(self, container: str, digest: str) -> Mapping[str, Any]:
        """Announce an image."""
        wanted = {"hash": f"sha256.{digest}", "container": container}
        announced: Mapping[str, Any] = self.ask("POST", "/v1/images", wanted).data()
        return announced

    def begin(self, image: str, size: int) -> str:
        """Begin an upload in one piece; give the address for the PUT."""
        begun = self.ask("POST", f"/v2/imagefile/{image}", {"filesize": size}).data()
        return str(begun["uploadURL"])

    def put(self, address: str, body: Any, size: int) -> Answer:
        """Send bytes to an address."""
        return self.ask("PUT", address, iter(body), length=size)

    def complete(self, image: str) -> None:
        """Say that the one piece is there."""
        self.ask("PUT", f"/v2/imagefile/{image}/_complete", {}).data()

    def send(self, image: str, body: Body) -> None:
        """Send an announced image in one piece."""
        self.put(self.begin(image, body.size), body, body.size).data()
        self.complete(image)

    def send_in_parts(self, image: str, body: Body) -> None:
        """Send an announced image in parts, one after the other."""
        path = f"/v2/imagefile/{image}/_multipart"
        begun = self.ask("POST", path, {"filesize": body.size}).data()
        upload, part_size = begun["uploadID"], begun["partSize"]
        completed = []
        for number in range(1, begun["totalParts"] + 1):
            wanted = {"uploadID": upload, "partNumber": number, "partSize": part_size}
            address = self.ask("PUT", path, wanted).data()["presignedURL"]
            offset = (number - 1) * part_size
            size = min(part_size, body.size - offset)
            answer = self.put(address, body.part(offset, size), size)
            answer.data()
            completed.append({"partNumber": number, "token": answer.headers["ETag"]})
        self.ask(
            "PUT", f"{path}_complete", {"uploadID": upload, "completedParts": completed}
        ).data()

    def send_at_once(self, image: str, body: Body) -> None:
        """Send an announced image as clients before 3.3 do."""
        self.ask("POST", f"/v1/imagefile/{image}", iter(body), length=body.size).data()

    def push(self, name: str, body: Body, *, way: str = "send") -> str:
        """Push `entity/collection/container:tag`, the tag last; give the digest.

        way   the method that sends the bytes
        """
        path, _, tag = name.partition(":")
        container, digest = self.container(path), body.digest
        announced = self.announce(container, digest)
        if not announced["uploaded"]:
            getattr(self, way)(announced["id"], body)
        self.tag(container, tag, announced["id"])
        return digest

    def tag(self, container: str, tag: str, image: str) -> None:
        """Let a tag point at an image."""
        wanted = {"Arch": "amd64", "Tag": tag, "ImageID": image}
        self.ask("POST", f"/v2/tags/{container}", wanted).data()

    def pull(self, name: str) -> str:
        """Pull by library://, redirections followed; give the digest of what came.

        Raises Refused, and http.client.IncompleteRead when not all came.
        """
        path = f"/v1/imagefile/{name}?arch=amd64"
        for _ in range(2):
            self.asked = path
            connection, headers = self.connect(path), {"Connection": "close"}
            if self.token and not path.startswith("http"):
                headers["Authorization"] = f"Bearer {self.token}"
            try:
                connection.request("GET", _path(path), headers=headers)
                response = connection.getresponse()
                if response.status == 200:
                    self.answered.append(200)
                    return _digest(response)
                answer = Answer(response.status, response.headers, response.read(MIB))
                self.hear("GET", path, answer)
                if answer.status != 303:
                    raise Refused(answer.status, answer.message)
                path = response.headers["Location"]
            finally:
                connection.close()
        raise AssertionError(f"{name} leads in circles")

    def raw(self, method: str, path: str, *headers: str) -> socket.socket:
        """Send the head of a request; the caller does the rest, and closes."""
        parts = urlsplit(self.url)
        opened = socket.create_connection((parts.hostname or "", parts.port or 80), PATIENCE)
        lines = [f"{method} {_path(path)} HTTP/1.1", f"Host: {parts.netloc}", *headers]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        opened.sendall("\r\n".join([*lines, "", ""]).encode())
        return opened

    def _ensure(self, kind: str, path: str, wanted: Mapping[str, str]) -> str:
        found = self.ask("GET", f"/v1/{kind}/{path}")
        if found.status == 404:
            found = self.ask("POST", f"/v1/{kind}", wanted)
        return str(found.data()["id"])


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _digest(response: http.client.HTTPResponse) -> str:
    running, left = hashlib.sha256(), int(response.headers["Content-Length"])
    while piece := response.read(MIB):
        running.update(piece)
        left -= len(piece)
    if left:
        raise http.client.IncompleteRead(b"", left)
    return running.hexdigest()
