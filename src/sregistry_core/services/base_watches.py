"""Where one asks whether a base image is another one by now, and which cannot be asked for."""

import re
from dataclasses import dataclass

from sregistry_core.settings import CoreSettings

from .base_images import Base, is_in

_HUB = "registry-1.docker.io"
_HUB_NAMES = frozenset({"docker.io", "index.docker.io", _HUB})
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """A tag in a registry that speaks OCI: `host` is as in an address, with its port."""

    host: str
    repository: str
    tag: str


@dataclass(frozen=True, slots=True)
class Watch:
    """How a base image is watched.

    is_ours   it is in this registry
    remote    where else it is asked for
    trouble   why it cannot be watched; then it is neither
    """

    is_ours: bool = False
    remote: RemoteImage | None = None
    trouble: str | None = None


def watch_of(base: Base, settings: CoreSettings) -> Watch:
    """Tell how a base image is watched."""
    if base.digest is not None:
        return Watch(trouble="its definition names a digest, which never moves")
    if is_in(base, settings.public_url):
        return Watch(is_ours=True)
    if base.agent not in ("docker", "oras"):
        return Watch(trouble="only images of this registry and of OCI registries can be watched")
    remote = _remote(base)
    if remote is None:
        return Watch(trouble="it is no name of a tag in an OCI registry")
    return Watch(remote=remote)


def _remote(base: Base) -> RemoteImage | None:
    """Read a name as Docker does: without a host it is of the Docker Hub."""
    first, slash, rest = base.origin.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, path = first, rest
    else:
        host, path = "docker.io", base.origin
    repository, colon, tag = path.partition(":")
    if host in _HUB_NAMES:
        host = _HUB
        repository = repository if "/" in repository else f"library/{repository}"
    tag = tag if colon else "latest"
    if not (_HOST.match(host) and _NAME.match(repository) and _TAG.match(tag)):
        return None
    return RemoteImage(host, repository, tag)
