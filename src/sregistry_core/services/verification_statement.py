"""How the result of a verification is published: a statement, and a manifest that brings it.

Source: in-toto attestation, Statement v1 and Simple Verification Result v0.1; OCI image 1.1,
manifest.md, on artifacts. The same result always has the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sregistry_core.digests import ContentDigest, Digest
from sregistry_core.formats.oci_manifest import OCI_EMPTY, OCI_MANIFEST, Document
from sregistry_core.models import ImageSignature, Manifest, SignatureState

from .verdicts import Worth

RESULT_TYPE: Final = "application/vnd.sregistry.verification.v1+json"
"""The artifact type of the manifest."""
VERIFIER: Final = "vnd.sregistry.verifier"
"""The annotation that names the registry whose result it is, by its public address."""
VERIFICATION: Final = "vnd.sregistry.verification"
EMPTY_CONFIG: Final = b"{}"
_STATEMENT_TYPE: Final = "application/vnd.in-toto+json"
_PREDICATE_TYPE: Final = "https://in-toto.io/attestation/svr/v0.1"


@dataclass(frozen=True, slots=True)
class Result:
    """What the signatures of an image are worth, according to one registry.

    image_digest   of the SIF
    since          when it was first found so
    verifier       the public address of the registry
    """

    image_digest: Digest
    worth: Worth
    since: datetime
    signatures: Sequence[ImageSignature]
    verifier: str


@dataclass(frozen=True, slots=True)
class Published:
    """The bytes that are published: a statement, and a manifest of which it is the layer."""

    statement: bytes
    manifest: bytes

    @property
    def digest(self) -> ContentDigest:
        """Of the manifest."""
        return ContentDigest.of(self.manifest)


def publish(result: Result, subject: Manifest) -> Published:
    """Write down a result, for the manifest of the image."""
    statement = _as_json(_statement(result))
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": RESULT_TYPE,
        "config": _descriptor(EMPTY_CONFIG, OCI_EMPTY),
        "layers": [
            {
                **_descriptor(statement, _STATEMENT_TYPE),
                "annotations": {"in-toto.io/predicate-type": _PREDICATE_TYPE},
            }
        ],
        "subject": {
            "mediaType": subject.media_type,
            "digest": subject.digest,
            "size": subject.size,
        },
        "annotations": {VERIFIER: result.verifier, VERIFICATION: result.worth.value},
    }
    return Published(statement, _as_json(manifest))


def claims_to_be_of(verifier: str, document: Document) -> bool:
    """Tell whether a manifest says that it is a result of this registry."""
    named = document.annotations.get(VERIFIER, "")
    return document.artifact_type == RESULT_TYPE and _plain(named) == _plain(verifier)


def _statement(result: Result) -> Mapping[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": result.image_digest.hex}}],
        "predicateType": _PREDICATE_TYPE,
        "predicate": {
            "verifier": {"id": result.verifier},
            "timeCreated": f"{result.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "properties": _properties(result),
            # What follows is ours: the predicate knows only what has passed.
            "verification": result.worth.value,
            "signatures": [
                {
                    "object_id": one.object_id,
                    "format": one.format,
                    "fingerprint": one.fingerprint,
                    "signer": one.signer,
                    "state": one.state.value,
                    "reason": one.reason,
                    "covers_all": one.covers_all,
                }
                for one in result.signatures
            ],
        },
    }


def _properties(result: Result) -> list[str]:
    if result.worth is not Worth.VERIFIED:
        return []
    signers = {
        one.fingerprint
        for one in result.signatures
        if one.fingerprint and one.covers_all and one.state is SignatureState.VERIFIED
    }
    return [
        "SREGISTRY_SIGNATURES_VERIFIED",
        *(f"SREGISTRY_SIGNED_BY_{one}" for one in sorted(signers)),
    ]


def _descriptor(content: bytes, media_type: str) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": str(ContentDigest.of(content)),
        "size": len(content),
    }


def _plain(address: str) -> str:
    return address.strip().lower().rstrip("/")


def _as_json(document: Mapping[str, Any]) -> bytes:
    # The order of the keys is that in which they were written down: the same bytes every time.
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode()
