"""People who speak OCI distribution to a registry of the tests, and the documents they push."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from webtest import TestResponse

from .registry import Actor

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
SIF_LAYER = "application/vnd.sylabs.sif.layer.v1.sif"
SIF_CONFIG = "application/vnd.sylabs.sif.config.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
EMPTY = b"{}"
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    """What a client calls some bytes."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def descriptor(
    content: bytes,
    media_type: str = "application/octet-stream",
    *,
    algorithm: str = "sha256",
    **more: Any,
) -> dict[str, Any]:
    """What a manifest says of some bytes."""
    return {
        "mediaType": media_type,
        "digest": digest_of(content, algorithm),
        "size": len(content),
        **more,
    }


def manifest_of(
    config: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], **more: Any
) -> bytes:
    """An image manifest."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": config,
            "layers": list(layers),
            **more,
        }
    ).encode()


def index_of(manifests: Sequence[Mapping[str, Any]], **more: Any) -> bytes:
    """An index."""
    return json.dumps(
        {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(manifests), **more}
    ).encode()


@dataclass
class OciClient(Actor):
    """Somebody with an OCI client; every repository is named as the client spells it."""

    def patch(self, path: str, body: bytes = b"", **options: Any) -> TestResponse:
        """PATCH."""
        return self._ask("PATCH", path, body=body, **options)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **options: Any
    ) -> TestResponse:
        """Any method; refusals are answers."""
        return self._ask(method, path, body=body, expect_errors=True, **options)

    def begin(self, repository: str, query: str = "", **options: Any) -> str:
        """Begin an upload; give its address."""
        answer = self.post(f"/v2/{repository}/blobs/uploads/{query}", status=202, **options)
        return str(answer.headers["Location"])

    def push_blob(self, repository: str, content: bytes, *, algorithm: str = "sha256") -> str:
        """Push a blob in two steps; give its digest."""
        digest = digest_of(content, algorithm)
        place = self.begin(repository)
        self.put(f"{place}?digest={quote(digest, safe='')}", content, status=201)
        return digest

    def push_manifest(
        self,
        repository: str,
        reference: str,
        body: bytes,
        *,
        media_type: str | None = None,
        status: int = 201,
    ) -> TestResponse:
        """Push a manifest as the type it has."""
        named = media_type or json.loads(body)["mediaType"]
        return self.put(
            f"/v2/{repository}/manifests/{reference}",
            body,
            headers={"Content-Type": named},
            status=status,
        )

    def push_artifact(
        self,
        repository: str,
        reference: str,
        content: bytes = b"a layer",
        *,
        layer_type: str = "application/vnd.example.layer",
        config: bytes = EMPTY,
        config_type: str = EMPTY_TYPE,
        **more: Any,
    ) -> str:
        """Push a manifest of one layer with its blobs; give the digest of the manifest."""
        self.push_blob(repository, content)
        self.push_blob(repository, config)
        body = manifest_of(
            descriptor(config, config_type), [descriptor(content, layer_type)], **more
        )
        self.push_manifest(repository, reference, body)
        return digest_of(body)

    def push_sif(self, repository: str, tag: str, image: bytes) -> str:
        """Push a SIF as Apptainer 1.4 does; give the digest of the manifest."""
        return self.push_artifact(
            repository, tag, image, layer_type=SIF_LAYER, config_type=SIF_CONFIG
        )

    def manifest(self, repository: str, reference: str, **options: Any) -> TestResponse:
        """GET a manifest."""
        return self.get(f"/v2/{repository}/manifests/{reference}", **options)

    def blob(self, repository: str, digest: str, **options: Any) -> TestResponse:
        """GET a blob."""
        return self.get(f"/v2/{repository}/blobs/{digest}", **options)

    def tags(self, repository: str, query: str = "") -> list[str]:
        """List the tags."""
        answer = self.get(f"/v2/{repository}/tags/list{query}", status=200)
        return list(answer.json["tags"])

    def log_in(self, *scopes: str, **options: Any) -> "OciClient":
        """The same person with a narrow token for some scopes."""
        query = "&".join(f"scope={quote(scope)}" for scope in scopes)
        answer = self.get(f"/v2/token?service=registry.test&{query}", status=200, **options)
        return OciClient(self.app, self.name, answer.json["token"])


def challenge_of(answer: TestResponse) -> dict[str, str]:
    """Read the challenge of a 401."""
    header = answer.headers["WWW-Authenticate"]
    scheme, _, rest = header.partition(" ")
    return {"scheme": scheme, **dict(_CHALLENGE.findall(rest))}


def code_of(answer: TestResponse) -> str:
    """Read the one error of a refusal, which must be in the dialect of OCI."""
    assert answer.content_type == "application/json", answer
    [error] = answer.json["errors"]
    assert set(error) == {"code", "message", "detail"}
    assert re.fullmatch(r"[A-Z_]+", error["code"])
    assert error["message"]
    return str(error["code"])
