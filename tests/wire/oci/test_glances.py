"""Pulls ask the database once, and give what the ordinary way gives; nobody sees more by it."""

from dataclasses import replace

import pytest

from sregistry_core.contracts import Caller
from sregistry_core.digests import ContentDigest
from sregistry_core.models import Container, ManifestTag, Tag
from sregistry_core.names import ContainerName, ImageName
from sregistry_core.services.glances import blob_at, image_at, manifest_at
from sregistry_core.services.manifest_reference import Reference
from sregistry_core.services.seen import SeenImage
from sregistry_core.testing.oci import descriptor, index_of
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of

BLAST, TAGGED = ContainerName("ada", "lab", "blast"), "ada/lab/blast"
ACCEPT = {"Accept": "application/vnd.oci.image.manifest.v1+json"}


@pytest.fixture
def pushed(ada):
    """The digest of a SIF that has been pushed, and of its manifest."""
    image = make_sif()
    manifest = ada.push_sif(TAGGED, "1", image)
    return ContentDigest.of(image), manifest


def test_a_pull_of_what_is_public_asks_the_database_once(registry, stranger, pushed):
    image, manifest = pushed
    for path in (
        f"/v2/{TAGGED}/manifests/1",
        f"/v2/{TAGGED}/manifests/{manifest}",
        f"/v2/{TAGGED}/blobs/{image}",
        "/ada/api/container/lab/blast:1",
        f"/v1/imagefile/{TAGGED}:1?arch=amd64",
        f"/v1/imagefile/{TAGGED}:{str(image).replace(':', '.')}",
    ):
        with statements_of(registry.parts.database) as asked:
            stranger.get(path, headers=ACCEPT, status=200)
        assert len([one for one in asked if one[0].startswith("SELECT")]) == 1, (path, asked)


def test_a_glance_gives_what_the_ordinary_way_gives(registry, pushed):
    image_digest, manifest_digest = pushed
    with registry.parts.unit(Caller.anonymous())() as services:
        for name in (ImageName(BLAST, "1"), ImageName.of(BLAST, str(image_digest))):
            for arch in (None, "amd64"):
                seen, found = services.images.pullable(name, arch), services.images.resolve(name)
                assert isinstance(seen, SeenImage)
                for part in ("id", "digest", "arch", "kind", "description", "created_at"):
                    assert getattr(seen, part) == getattr(found, part)
                for part in ("digest", "size", "storage", "key"):
                    assert getattr(seen.blob, part) == getattr(found.blob, part)
                assert services.downloads.open(seen) == services.downloads.open(found)
        container = services.repositories.find(BLAST)
        for reference in (Reference("1"), Reference.parse(manifest_digest)):
            seen = services.manifest_glimpses.find(BLAST, reference)
            found = services.manifests.find(container, reference)
            for part in ("digest", "media_type", "size", "body", "image_id", "tells_of"):
                assert getattr(seen, part) == getattr(found, part)
            assert seen.container_id == seen.container.id == found.container_id
        assert services.blobs.glimpse(BLAST, image_digest) == services.blobs.open(
            container, image_digest
        )


def test_what_has_become_private_is_seen_by_its_owner_alone(registry, ada, bob, stranger, pushed):
    image, manifest = pushed
    registry.hide("ada/lab")

    for path in (f"/v2/{TAGGED}/manifests/1", f"/v2/{TAGGED}/blobs/{image}"):
        stranger.get(path, status=401)
        bob.get(path, status=404)
        ada.get(path, status=200)
    for path in ("/ada/api/container/lab/blast:1", f"/v1/imagefile/{TAGGED}:1"):
        stranger.get(path, status=404)
        ada.get(path, status=200)
    with registry.parts.unit(Caller.anonymous())() as services:
        assert services.manifest_glimpses.find(BLAST, Reference.parse(manifest)) is None
        assert services.blobs.glimpse(BLAST, image) is None


def test_a_client_that_takes_no_index_is_given_the_usual_child(ada, stranger, pushed):
    _, manifest = pushed
    child = stranger.manifest(TAGGED, manifest).body
    index = index_of([{**descriptor(child), "platform": {"os": "linux", "architecture": "amd64"}}])
    ada.push_manifest(TAGGED, "both", index)

    given = stranger.get(f"/v2/{TAGGED}/manifests/both", headers=ACCEPT, status=200)

    assert given.headers["Docker-Content-Digest"] == manifest


@pytest.mark.parametrize("what", ["container", "tag of an image", "tag of a manifest"])
def test_a_glance_tells_what_is_frozen(registry, pushed, what):
    image, _ = pushed
    with registry.parts.unit()() as services:
        container = services.repositories.find(BLAST)
        if what == "container":
            services.catalog.change_container(container, frozen=True)
        elif what == "tag of an image":
            services.db.get_one(Tag, (container.id, "1", "amd64")).frozen_at = registry.clock()
        else:
            services.db.get_one(ManifestTag, (container.id, "1")).frozen_at = registry.clock()

    with registry.parts.unit(Caller.anonymous())() as services:
        assert services.images.pullable(ImageName(BLAST, "1")).frozen
        by_digest = services.images.pullable(ImageName.of(BLAST, str(image)))
        assert by_digest.frozen is (what == "container")


def test_a_glance_within_a_transaction_sees_what_that_has_written(registry, pushed):
    image, manifest = pushed
    with registry.parts.unit()() as services:
        container = services.repositories.find(BLAST)
        services.db.get_one(Container, container.id).name = "renamed"
        renamed = replace(BLAST, container="renamed")

        assert manifest_at(services.db, renamed, tag="1", digest=None).digest == manifest
        assert blob_at(services.db, renamed, str(image))[0].name == "renamed"
        assert image_at(services.db, ImageName(BLAST, "1"), None) is None
