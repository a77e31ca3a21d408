"""Debian's docker-registry, run beside the registry: what a peer makes of the same requests."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.testing.live import free_port

_PATIENCE_SECONDS = 20
_CONFIGURATION = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {root}, maxthreads: 100}}
  delete: {{enabled: true}}
  cache: {{blobdescriptor: inmemory}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True)
class Peer:
    """A docker-registry that runs."""

    url: str
    root: Path

    def shelve(self, name: str, tags: int, digest: str) -> None:
        """Give a repository so many tags of a manifest that it has, as pushes leave them."""
        manifests = self._repository(name) / "_manifests"
        link = manifests / "revisions" / "sha256" / digest / "link"
        for number in range(tags):
            tag = manifests / "tags" / f"t{number:05}"
            for place in (tag / "current", tag / "index" / "sha256" / digest):
                place.mkdir(parents=True)
                shutil.copyfile(link, place / "link")

    def multiply(self, name: str, others: list[str]) -> None:
        """Make other repositories that hold the same as one."""
        for other in others:
            shutil.copytree(self._repository(name), self._repository(other))

    def _repository(self, name: str) -> Path:
        return self.root / "docker" / "registry" / "v2" / "repositories" / name


@contextmanager
def docker_registry(room: Path) -> Iterator[Peer]:
    """Run a docker-registry with its files in a new directory, for the time of the block."""
    room.mkdir()
    port, configuration = free_port(), room / "configuration.yml"
    peer = Peer(f"http://127.0.0.1:{port}", room / "files")
    configuration.write_text(_CONFIGURATION.format(root=peer.root, port=port), encoding="utf-8")
    with (room / "log").open("wb") as log:
        child = subprocess.Popen(
            ["docker-registry", "serve", str(configuration)], stdout=log, stderr=log
        )
        try:
            _wait(peer.url, child)
            yield peer
        finally:
            child.terminate()
            child.wait(_PATIENCE_SECONDS)


def _wait(url: str, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/v2/", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise SystemExit("bench: docker-registry does not start")
