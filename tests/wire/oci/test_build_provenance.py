"""How an image was built: told to OCI clients and programs in the words of in-toto and SLSA."""

import hashlib
import json

import pytest
from google.protobuf.json_format import Parse, ParseDict
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from sregistry_core.names import ImageName
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish
from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.sif_files import make_sif

PROTOCOLS = "discovery transfer library oci shub api"
STATEMENT = "application/vnd.in-toto+json"
SLSA = "https://slsa.dev/provenance/v1"
PINNED = "docker://alpine@sha256:" + "a" * 64
DEFINITION = f"""\
Bootstrap: docker
From: {PINNED.removeprefix("docker://")}
Stage: one

Bootstrap: oras
From: registry.test/ada/lab/base:1
Stage: two

Bootstrap: library
From: alpine:{{{{ VERSION }}}}

Bootstrap: shub
From: registry.test/bob/secret/base:1

Bootstrap: docker
From: debian:{{{{ NOBODY_KNOWS }}}}

say building
fact node=node-7
fact base:library://alpine:3.20=sha256:{"b" * 64}
"""


@pytest.fixture
def registry(make_registry):
    return make_registry(
        protocols=PROTOCOLS,
        plugin_modules="sregistry_core.testing.toy_builder",
        builder="toy",
    )


@pytest.fixture
def base(ada):
    image = make_sif(labels={"a": "base"})
    ada.push("ada/lab/base:1", image)
    return f"sha256:{hashlib.sha256(image).hexdigest()}"


@pytest.fixture
def built(registry, ada, bob, base):
    """A build that has ended, as the API shows it."""
    bob.push("bob/secret/base:1", make_sif(labels={"a": "secret"}))
    registry.hide("bob/secret")
    wish = {"name": "ada/lab/blast:1", "definition": DEFINITION, "arguments": {"VERSION": "3.20"}}
    build = ada.post("/api/v1/builds", wish, status=201).json["id"]
    registry.run_jobs()
    return ada.get(f"/api/v1/builds/{build}", status=200).json


def client_of(registry, actor):
    return OciClient(registry.app, actor.name, actor.token)


def referrers(client, repository, digest, kind=STATEMENT):
    found = client.get(f"/v2/{repository}/referrers/{digest}?artifactType={STATEMENT}", status=200)
    return [one for one in found.json["manifests"] if one["artifactType"] == kind]


def manifest_digest(client, repository="ada/lab/blast", tag="1"):
    return client.manifest(repository, tag).headers["Docker-Content-Digest"]


def test_a_built_image_has_a_referrer_that_tells_how(registry, ada, stranger, built, base):
    client = client_of(registry, stranger)
    subject = manifest_digest(client)

    (found,) = referrers(client, "ada/lab/blast", subject)

    assert found["annotations"]["in-toto.io/predicate-type"] == SLSA
    assert found["annotations"]["vnd.sregistry.build"] == built["id"]
    manifest = client.manifest("ada/lab/blast", found["digest"]).json
    assert manifest["subject"]["digest"] == subject
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == STATEMENT
    statement = json.loads(client.blob("ada/lab/blast", layer["digest"]).body)
    predicate = statement["predicate"]
    wanted = predicate["buildDefinition"]["externalParameters"]
    assert (wanted["image"], wanted["definition"]) == ("ada/lab/blast:1", DEFINITION)
    assert wanted["arguments"] == {"VERSION": "3.20"}
    assert predicate["buildDefinition"]["internalParameters"] == {"node": "node-7"}
    assert predicate["buildDefinition"]["resolvedDependencies"] == [
        {"uri": PINNED, "digest": {"sha256": "a" * 64}},
        {
            "uri": "oras://registry.test/ada/lab/base:1",
            "digest": {"sha256": base.removeprefix("sha256:")},
        },
        {"uri": "library://alpine:3.20", "digest": {"sha256": "b" * 64}},
        # Of what the one who has ordered may not read, and of what was not found out, no digest.
        {"uri": "shub://registry.test/bob/secret/base:1"},
    ]
    run = predicate["runDetails"]
    assert run["builder"]["version"]["toy"] == "toy 1.0"
    assert run["metadata"] == {
        "invocationId": f"http://registry.test/-/builds/{built['id']}",
        "startedOn": built["started_at"],
        "finishedOn": built["ended_at"],
    }
    assert run["byproducts"][0]["digest"]["sha256"] == hashlib.sha256(b"building\n").hexdigest()
    digests = [one["digest"]["sha256"] for one in statement["subject"]]
    assert [f"sha256:{one}" for one in digests] == [built["image_digest"], subject]


def test_the_statement_is_what_in_toto_and_slsa_have_published(ada, built):
    shown = ada.get("/api/v1/containers/ada/lab/blast/images/1/provenance", status=200).json
    (one,) = shown["items"]

    assert one["build"] == built["id"]
    parsed = Parse(json.dumps(one["statement"]), statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()
    # An unknown member would be refused.
    provenance = ParseDict(one["statement"]["predicate"], provenance_pb2.Provenance())
    assert provenance.build_definition.build_type.startswith("urn:sregistry:")
    assert provenance.run_details.metadata.started_on.seconds > 0
    for resource in provenance.build_definition.resolved_dependencies:
        assert resource.uri


def test_an_image_that_was_pushed_has_none(registry, ada, base):
    registry.run_jobs()

    shown = ada.get("/api/v1/containers/ada/lab/base/images/1/provenance", status=200).json

    assert shown == {"items": [], "next_after": None}


def test_each_build_of_the_same_bytes_has_its_own(registry, ada, built):
    again = ada.post(f"/api/v1/builds/{built['id']}/retry", status=201).json["id"]
    registry.run_jobs()

    path = "/api/v1/containers/ada/lab/blast/images/1/provenance"
    found = ada.get(path, status=200).json["items"]

    assert {one["build"] for one in found} == {built["id"], again}
    first = ada.get(f"{path}?limit=1", status=200).json
    rest = ada.get(f"{path}?limit=1&after={first['next_after']}", status=200).json
    assert [one["digest"] for one in (*first["items"], *rest["items"])] == sorted(
        one["digest"] for one in found
    )


def test_nobody_says_in_our_name_how_an_image_was_built(registry, ada, bob, built):
    client = client_of(registry, ada)
    (ours,) = referrers(client, "ada/lab/blast", manifest_digest(client))
    body = client.manifest("ada/lab/blast", ours["digest"]).body
    config = client.push_blob("ada/lab/blast", b"{}")
    assert config in body.decode()
    forged = json.loads(body)
    forged["annotations"]["vnd.sregistry.builder"] = "HTTP://registry.test/"
    forged["layers"][0]["digest"] = client.push_blob("ada/lab/blast", b'{"a": "lie"}')

    refusal = client.push_manifest(
        "ada/lab/blast", f"sha256:{_digest(forged)}", _text(forged), status=403
    )

    assert "says itself" in refusal.text
    del forged["annotations"]["vnd.sregistry.builder"]
    client.push_manifest("ada/lab/blast", f"sha256:{_digest(forged)}", _text(forged))


def test_a_copy_takes_it_along(registry, ada, built):
    client = client_of(registry, ada)
    subject = manifest_digest(client)
    (ours,) = referrers(client, "ada/lab/blast", subject)
    for digest in (subject, ours["digest"]):
        manifest = client.manifest("ada/lab/blast", digest)
        for one in (manifest.json["config"], *manifest.json["layers"]):
            content = client.blob("ada/lab/blast", one["digest"]).body
            client.push_blob("ada/lab/copy", content)
        client.push_manifest("ada/lab/copy", digest, manifest.body)

    (copied,) = referrers(client, "ada/lab/copy", subject)

    assert copied["digest"] == ours["digest"]
    path = f"/api/v1/containers/ada/lab/copy/images/{built['image_digest']}/provenance"
    (shown,) = ada.get(path, status=200).json["items"]
    assert shown["build"] is None
    assert shown["statement"]["predicateType"] == SLSA


def test_it_goes_with_its_image(registry, ada, built):
    client = client_of(registry, ada)
    subject = manifest_digest(client)

    ada.delete("/api/v1/containers/ada/lab/blast/images/1", status=204)

    assert referrers(client, "ada/lab/blast", subject) == []
    assert ada.get(f"/api/v1/builds/{built['id']}", status=200).json["state"] == "succeeded"


def test_names_and_passwords_of_repositories_are_not_told(registry, ada):
    commit = "c" * 40
    source = {
        "repository": "https://ada:swordfish@git.example.org/ada/recipes.git",
        "commit": commit,
        "path": "Singularity.blast",
    }
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        mine = Services(services.db, services.accounts.caller_of(user), services.facilities)
        name = ImageName.parse("ada/lab/git:1", home="tacc")
        mine.builds.order(Wish("say hello", name, source=source))
    registry.run_jobs()

    shown = ada.get("/api/v1/containers/ada/lab/git/images/1/provenance", status=200)

    assert "swordfish" not in shown.text
    definition = shown.json["items"][0]["statement"]["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["source"] == {
        "repository": "https://git.example.org/ada/recipes.git",
        "commit": commit,
        "path": "Singularity.blast",
    }
    assert definition["resolvedDependencies"] == [
        {"uri": "git+https://git.example.org/ada/recipes.git", "digest": {"gitCommit": commit}}
    ]


def _text(document):
    return json.dumps(document).encode()


def _digest(document):
    return hashlib.sha256(_text(document)).hexdigest()
