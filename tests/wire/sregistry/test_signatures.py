"""What signatures are worth, to the sregistry client: demanded at a push, shown in lists."""

from sregistry_core.names import CollectionName
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.signed_sif import sign_sif

KEY = Key.make("Ada <ada@example.org>")
PLAIN = make_sif(labels={"a": "b"})
SIGNED = sign_sif(PLAIN, KEY)


def demand(registry, *fingerprints):
    with registry.parts.unit()() as services:
        services.keys.add(KEY.public.encode())
        science = services.catalog.collection(CollectionName("tacc", "science"))
        services.signers.require(science, fingerprints)


def test_only_what_is_signed_is_pushed_to_a_collection_that_demands_it(
    registry, ada_client, stranger
):
    ada_client.push("science/old:1", PLAIN)
    registry.run_jobs()
    demand(registry, KEY.fingerprint)

    for path in ("science/rocks:1", "science/old:2"):
        cid = ada_client.begin(path, status=200).json["cid"]
        refused = ada_client.upload(path, PLAIN, str(cid), status=403)
        assert "takes only images that are signed" in refused.text
        stranger.pull(f"tacc/{path}", status=404)
    ada_client.push("science/rocks:1", SIGNED)

    assert stranger.pull("tacc/science/rocks:1").body == SIGNED


def test_lists_show_what_was_found(registry, ada_client):
    ada_client.push("science/rocks:1", SIGNED)
    registry.run_jobs()
    before = ada_client.get("/api/container/search/name/rocks").json[0]["metadata"]

    demand(registry)
    registry.run_jobs()

    after = ada_client.get("/api/container/search/name/rocks").json[0]["metadata"]
    assert (before["signed"], before["verification"]) == (True, "unknown_key")
    assert (after["signed"], after["verification"]) == (True, "verified")
