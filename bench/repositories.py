"""Repositories of an OCI registry, ours or another one: pushed to, listed page by page."""

import hashlib
import http.client
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

_PATIENCE_SECONDS = 300
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_SIF_CONFIG = "application/vnd.sylabs.sif.config.v1+json"
_SIF = "application/vnd.sylabs.sif.layer.v1.sif"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class OciRegistry:
    """A registry with an OCI interface on this machine, and what somebody shows to it."""

    url: str
    authorization: str = ""

    def push(
        self, repository: str, tag: str, layer: Path, *, is_sif: bool = False
    ) -> tuple[str, float]:
        """Push a file as the one layer of a manifest.

        is_sif   say that it is an image of Singularity
        Gives the manifest's digest, and the seconds that the layer alone took.
        """
        config = b"{}"
        self._put_small(repository, config)
        with layer.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        begun = time.monotonic()
        self.put_blob(repository, layer, digest)
        seconds = time.monotonic() - begun
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _described(_SIF_CONFIG, _hex(config), len(config)),
            "layers": [_described(_SIF if is_sif else _LAYER, digest, layer.stat().st_size)],
        }
        body = json.dumps(manifest).encode()
        said = self.ask(
            "PUT", f"/v2/{repository}/manifests/{tag}", body, {"Content-Type": MANIFEST}
        )
        _require(said, 201)
        return _hex(body), seconds

    def layer_of(self, repository: str, manifest: str) -> str:
        """Give the digest of the one layer of a manifest."""
        return str(json.loads(self.manifest(repository, manifest))["layers"][0]["digest"])

    def manifest(self, repository: str, digest: str) -> bytes:
        """Give a manifest by its digest, without the word before that."""
        said = self.ask("GET", f"/v2/{repository}/manifests/sha256:{digest}")
        _require(said, 200)
        return said.body

    def put_blob(self, repository: str, path: Path, digest: str) -> None:
        """Send a file in one piece: POST, then PUT."""
        where = self._begin(repository, digest)
        parts = urlsplit(where)
        connection = self._connect()
        with path.open("rb") as file:
            connection.putrequest("PUT", f"{parts.path}?{parts.query}")
            connection.putheader("Content-Length", str(path.stat().st_size))
            connection.putheader("Content-Type", "application/octet-stream")
            if self.authorization:
                connection.putheader("Authorization", self.authorization)
            connection.endheaders()
            connection.sock.sendfile(file)
        response = connection.getresponse()
        response.read()
        connection.close()
        if response.status != 201:
            raise SystemExit(f"bench: a blob was answered {response.status} by {self.url}")

    def put_blobs(self, repository: str, digests: Mapping[Path, str]) -> float:
        """Send several files at once; gives the seconds until the last is there."""
        begun = time.monotonic()
        with ThreadPoolExecutor(len(digests)) as pool:
            tasks = [
                pool.submit(self.put_blob, repository, path, digest)
                for path, digest in digests.items()
            ]
            for task in tasks:
                task.result()
        return time.monotonic() - begun

    def page(self, path: str, key: str) -> tuple[list[str], str | None, float]:
        """Give a page of a list, the path of the next one, and the seconds it took."""
        begun = time.monotonic()
        said = self.ask("GET", path)
        seconds = time.monotonic() - begun
        _require(said, 200)
        link = said.headers.get("Link", "")
        following = link[1 : link.index(">")] if link else None
        return json.loads(said.body)[key] or [], following, seconds

    def walk(self, path: str, key: str) -> tuple[int, float]:
        """Go through a list page by page; gives the number of entries, and the seconds."""
        count, total, following = 0, 0.0, path
        while following:
            entries, further, seconds = self.page(following, key)
            count, total = count + len(entries), total + seconds
            # A registry may answer with an address or with a path.
            parts = urlsplit(urljoin(self.url, further)) if further else None
            following = f"{parts.path}?{parts.query}" if parts else ""
        return count, total

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for one path."""
        connection = self._connect()
        shown = {"Authorization": self.authorization} if self.authorization else {}
        connection.request(method, path, body, {**shown, **(headers or {})})
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.headers), response.read())
        connection.close()
        return answer

    def _put_small(self, repository: str, content: bytes) -> None:
        where = urlsplit(self._begin(repository, _hex(content)))
        said = self.ask(
            "PUT",
            f"{where.path}?{where.query}",
            content,
            {"Content-Type": "application/octet-stream"},
        )
        _require(said, 201)

    def _begin(self, repository: str, digest: str) -> str:
        said = self.ask("POST", f"/v2/{repository}/blobs/uploads/", b"")
        _require(said, 202)
        where = urljoin(self.url, said.headers["Location"])
        return f"{where}{'&' if '?' in where else '?'}digest=sha256:{digest}"

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        return http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS
        )


def _described(media_type: str, digest: str, size: int) -> Mapping[str, object]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _require(said: Answer, status: int) -> None:
    if said.status != status:
        raise SystemExit(f"bench: answered {said.status} and not {status}: {said.body[:300]!r}")
