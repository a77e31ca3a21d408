"""What Apptainer and Singularity read of logins, in `~/.apptainer` and `~/.singularity`."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .builder import RegistryLogin

FOLDERS = {"APPTAINER": ".apptainer", "SINGULARITY": ".singularity"}
"""Where each program looks, by the prefix of its variables."""
_REMOTE = "registry"


@dataclass(frozen=True, slots=True)
class DockerLogin:
    """A user of one registry for OCI images, such as `docker.io`."""

    registry: str
    user: str
    password: str = field(repr=False)


def login_files(registry: RegistryLogin | None, docker: DockerLogin | None) -> Mapping[str, str]:
    """Give the text of each file by its name; every login is shown to its own registry alone."""
    files = {}
    logins = {}
    if docker is not None:
        logins[_key_of(docker.registry)] = (docker.user, docker.password)
    if registry is not None:
        address = urlsplit(registry.url)
        place = f"{address.netloc}{address.path}".rstrip("/")
        remote: dict[str, object] = {"URI": place, "System": False}
        if registry.token:
            remote["Token"] = registry.token
            logins[address.netloc] = (registry.user, registry.token)
        if address.scheme == "http":
            remote["Insecure"] = True
        # What is JSON is YAML, too.
        files["remote.yaml"] = json.dumps({"Active": _REMOTE, "Remotes": {_REMOTE: remote}})
    if logins:
        auths = {key: {"auth": _basic(*login)} for key, login in logins.items()}
        files["docker-config.json"] = json.dumps({"auths": auths})
    return files


def secrets_of(registry: RegistryLogin | None, docker: DockerLogin | None) -> Iterator[str]:
    """Give what must not be shown of them, in each way that it is written."""
    if docker is not None:
        yield from (docker.password, _basic(docker.user, docker.password))
    if registry is not None and registry.token:
        yield from (registry.token, _basic(registry.user, registry.token))


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _key_of(registry: str) -> str:
    """Give what a registry is called in `docker-config.json`."""
    return "https://index.docker.io/v1/" if registry == "docker.io" else registry


__all__ = ["FOLDERS", "DockerLogin", "login_files", "secrets_of"]
