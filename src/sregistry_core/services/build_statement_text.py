"""How an image was built, written down: a SLSA provenance, and a manifest that brings it.

Source: in-toto attestation, Statement v1; SLSA v1.0, provenance; OCI image 1.1, manifest.md, on
artifacts. The same build always has the same bytes.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from sregistry_core import __version__
from sregistry_core.digests import ContentDigest
from sregistry_core.formats.oci_manifest import OCI_EMPTY, OCI_MANIFEST, Document
from sregistry_core.models import Build, Manifest

from .base_images import FACT, bases_of

STATEMENT: Final = "application/vnd.in-toto+json"
"""The type of the statement, and of the artifact that brings it."""
PREDICATE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:sregistry:build-from-definition:v1"
BUILDER: Final = "vnd.sregistry.builder"
"""The annotation that names the registry that has built, by its public address."""
BUILD: Final = "vnd.sregistry.build"
EMPTY_CONFIG: Final = b"{}"
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """The bytes that are published: a statement, and a manifest of which it is the layer."""

    statement: bytes
    manifest: bytes

    @property
    def digest(self) -> ContentDigest:
        """Of the manifest."""
        return ContentDigest.of(self.manifest)


def write(build: Build, container: str, subject: Manifest, registry: str) -> Written:
    """Write down how the image of a manifest was built; what is not known is left out.

    container   the full name of where the image is
    registry    its public address
    """
    statement = _as_json(_statement(build, container, subject, registry))
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": STATEMENT,
        "config": _descriptor(EMPTY_CONFIG, OCI_EMPTY),
        "layers": [
            {
                **_descriptor(statement, STATEMENT),
                "annotations": {"in-toto.io/predicate-type": PREDICATE},
            }
        ],
        "subject": {
            "mediaType": subject.media_type,
            "digest": subject.digest,
            "size": subject.size,
        },
        "annotations": {
            "in-toto.io/predicate-type": PREDICATE,
            BUILDER: registry,
            BUILD: build.id,
        },
    }
    return Written(statement, _as_json(manifest))


def claims_to_be_built_by(registry: str, document: Document) -> bool:
    """Tell whether a manifest says that this registry has made it."""
    named = document.annotations.get(BUILDER, "")
    return named.strip().lower().rstrip("/") == registry.lower().rstrip("/")


def dependencies_of(build: Build) -> Sequence[Mapping[str, Any]]:
    """Give what a build was made of: images that it started from, and the commit of its recipe."""
    known = {base.address: base.digest for base in bases_of(build.definition, build.arguments)}
    for name, value in build.facts.items():
        if name.startswith(FACT) and _SHA256.match(str(value)):
            known[name.removeprefix(FACT)] = str(value)
    bases = [_resource(address, digest) for address, digest in known.items()]
    repository, commit = build.source.get("repository"), build.source.get("commit")
    if not repository:
        return bases
    digests = {"digest": {"gitCommit": commit}} if commit and _COMMIT.match(commit) else {}
    return [{"uri": f"git+{without_secrets(repository)}", **digests}, *bases]


def _statement(build: Build, container: str, subject: Manifest, registry: str) -> Mapping[str, Any]:
    host = urlsplit(registry).netloc
    algorithm, _, digits = subject.digest.partition(":")
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": f"{container}.sif", "digest": {"sha256": _hex(build.image_digest)}},
            {"name": f"{host}/{container}", "digest": {algorithm: digits}},
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": _wanted(build, container),
                "internalParameters": {
                    name: value
                    for name, value in sorted(build.facts.items())
                    if not name.startswith(FACT)
                },
                "resolvedDependencies": list(dependencies_of(build)),
            },
            "runDetails": {
                "builder": {
                    "id": f"{registry}/-/builds#{build.builder}",
                    "version": {
                        "sregistry-core": __version__,
                        **({build.builder: build.built_with} if build.built_with else {}),
                    },
                },
                "metadata": {
                    "invocationId": f"{registry}/-/builds/{build.id}",
                    **_time("startedOn", build.started_at),
                    **_time("finishedOn", build.ended_at),
                },
                "byproducts": [
                    {
                        "name": "log",
                        "digest": {"sha256": _hex(build.log_digest)},
                        "mediaType": "text/plain",
                    }
                ]
                if build.log_digest
                else [],
            },
        },
    }


def _wanted(build: Build, container: str) -> Mapping[str, Any]:
    source = {
        name: without_secrets(value) if name == "repository" else value
        for name, value in sorted(build.source.items())
    }
    return {
        "image": f"{container}:{build.tag}",
        "arch": build.arch,
        "definition": build.definition,
        "definitionDigest": {"sha256": hashlib.sha256(build.definition.encode()).hexdigest()},
        "arguments": dict(sorted(build.arguments.items())),
        **({"source": source} if source else {}),
    }


def _resource(address: str, digest: str | None) -> Mapping[str, Any]:
    known = _SHA256.match(digest) if digest else None
    return {"uri": address, **({"digest": {"sha256": known[1]}} if known else {})}


def without_secrets(address: str) -> str:
    """Give an address without the name and the password that may stand in it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if "@" not in parts.netloc:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _time(name: str, moment: datetime | None) -> Mapping[str, str]:
    return {name: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"} if moment is not None else {}


def _hex(digest: str | None) -> str:
    return str(digest).partition(":")[2]


def _descriptor(content: bytes, media_type: str) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": str(ContentDigest.of(content)),
        "size": len(content),
    }


def _as_json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode()
