"""A signed image, and what the registry says of it to OCI clients."""

import json

from sregistry_core.testing.oci import digest_of
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.signed_sif import sign_sif

KEY, OTHER = Key.make("Ada <ada@example.org>"), Key.make("Eve <eve@example.org>")
PLAIN = make_sif(labels={"a": "b"})
SIGNED = sign_sif(PLAIN, KEY)
BLAST = "ada/lab/blast"
RESULT = "application/vnd.sregistry.verification.v1+json"
VERIFIER, VERIFICATION = "vnd.sregistry.verifier", "vnd.sregistry.verification"
HOME = "http://registry.test"


def add_key(registry, key):
    """Let the registry hold a key, and verify what it has signed."""
    with registry.parts.unit()() as services:
        services.keys.add(key.public.encode())
    registry.run_jobs()


def results(person, digest, repository=BLAST):
    """List what the registry, or others, say of an image."""
    path = f"/v2/{repository}/referrers/{digest}?artifactType={RESULT}"
    answer = person.get(path, status=200)
    assert answer.headers["OCI-Filters-Applied"] == "artifactType"
    return answer.json["manifests"]


def statement_of(person, result, repository=BLAST):
    """Pull a result as clients do, by the digests that are named, and give its statement."""
    answer = person.manifest(repository, result["digest"], status=200)
    assert (len(answer.body), digest_of(answer.body)) == (result["size"], result["digest"])
    document = json.loads(answer.body)
    person.blob(repository, document["config"]["digest"], status=200)
    [layer] = document["layers"]
    assert layer["mediaType"] == "application/vnd.in-toto+json"
    content = person.blob(repository, layer["digest"], status=200).body
    assert (len(content), digest_of(content)) == (layer["size"], layer["digest"])
    return json.loads(content)
