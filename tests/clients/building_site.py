"""A registry that builds with the real Apptainer, and images for its builds to start from."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.live import LiveRegistry

BUSYBOX = Path("/bin/busybox")
OCI = "application/vnd.oci.image"


@dataclass(frozen=True)
class Built:
    """What became of a build: its state, the reason if it has none, and what it said."""

    build: str
    state: str
    reason: str
    log: str


@dataclass(frozen=True)
class Site:
    """A registry that builds in the root of the client, and two users of it."""

    registry: LiveRegistry
    place: Apptainer
    tokens: dict[str, str]

    @property
    def host(self):
        return self.registry.url.removeprefix("http://")

    def ask(self, user, path, body=None, *, method=None, media_type="application/json"):
        """Ask the registry as a user; give the body of the answer."""
        return self.ask_with(self.tokens[user], path, body, method=method, media_type=media_type)

    def ask_with(self, token, path, body=None, *, method=None, media_type="application/json"):
        """Ask the registry with a token; give the body of the answer."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type}
        with urlopen(
            Request(self.registry.url + path, body, headers, method=method), timeout=60
        ) as answer:
            return answer.read()

    def order(self, user, definition, name="lab/made:1", **arguments):
        """Order a build; give its number."""
        wish = {
            "name": f"{user}/{name}",
            "definition": definition.replace("HOST", self.host).replace("URL", self.registry.url),
            "arguments": arguments,
        }
        return json.loads(self.ask(user, "/api/v1/builds", json.dumps(wish).encode()))["id"]

    def build(self, user, definition, name="lab/made:1", **arguments):
        """Order a build, and wait for its end."""
        return self.end_of(user, self.order(user, definition, name, **arguments))

    def end_of(self, user, build):
        """Wait for the end of a build."""
        deadline = time.monotonic() + 100
        while True:
            seen = json.loads(self.ask(user, f"/api/v1/builds/{build}"))
            if seen["state"] not in ("queued", "running"):
                break
            assert time.monotonic() < deadline, seen
            time.sleep(0.1)
        lines = json.loads(self.ask(user, f"/api/v1/builds/{build}/log?limit=1000"))["items"]
        text = "\n".join(line["text"] for line in lines)
        return Built(build, seen["state"], seen["reason"] or "", text)

    def must_build(self, user, definition, name="lab/made:1", **arguments):
        """Order a build that must succeed; give what it said."""
        built = self.build(user, definition, name, **arguments)
        assert built.state == "succeeded", f"{built.reason}\n{built.log}"
        return built.log

    def look_into(self, user, name="lab/made:1"):
        """Unpack an image; give the directory of its files."""
        self.place.must(
            *("pull", "--no-https", "--force", "made.sif"),
            f"oras://{self.host}/{user}/{name}",
            environment={
                "APPTAINER_DOCKER_USERNAME": user,
                "APPTAINER_DOCKER_PASSWORD": self.tokens[user],
                "APPTAINER_DISABLE_CACHE": "1",
            },
        )
        shutil.rmtree(self.place.place / "unpacked", ignore_errors=True)
        self.place.must("build", "--sandbox", "unpacked", "made.sif")
        return self.place.place / "unpacked"


def scratch(place, more=""):
    """A definition that starts from nothing and has a shell."""
    return (
        "Bootstrap: scratch\n\n%setup\n    mkdir -p ${APPTAINER_ROOTFS}/bin\n"
        "    ln -s busybox ${APPTAINER_ROOTFS}/bin/sh\n"
        f"%files\n    {place.place}/busybox /bin/busybox\n{more}"
    )


def push_blob(site, repository, content):
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    path = f"/v2/{repository}/blobs/uploads/?digest={digest}"
    site.ask("ada", path, content, media_type="application/octet-stream")
    return {"digest": digest, "size": len(content)}


def push_manifest(site, repository, config, layer):
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": config,
        "layers": [layer],
    }
    site.ask(
        "ada",
        f"/v2/{repository}/manifests/1",
        json.dumps(manifest).encode(),
        method="PUT",
        media_type=f"{OCI}.manifest.v1+json",
    )


def push_sif(site, base, repository):
    """Push a SIF as ORAS clients do."""
    layer = {
        "mediaType": "application/vnd.sylabs.sif.layer.v1.sif",
        **push_blob(site, repository, base.read_bytes()),
        "annotations": {"org.opencontainers.image.title": "base.sif"},
    }
    config = {
        "mediaType": "application/vnd.sylabs.sif.config.v1+json",
        **push_blob(site, repository, b"{}"),
    }
    push_manifest(site, repository, config, layer)


def push_docker(site, repository):
    """Push an image of one layer with a shell, as OCI clients do."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as files:
        files.add(BUSYBOX, "bin/busybox")
        for name in ("sh", "cat"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname, link.mode = tarfile.SYMTYPE, "busybox", 0o777
            files.addfile(link)
    layer = packed.getvalue()
    settings = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    push_manifest(
        site,
        repository,
        {
            "mediaType": f"{OCI}.config.v1+json",
            **push_blob(site, repository, json.dumps(settings).encode()),
        },
        {
            "mediaType": f"{OCI}.layer.v1.tar+gzip",
            **push_blob(site, repository, gzip.compress(layer, 1)),
        },
    )
