"""A tag that the sregistry client deletes takes no image that an OCI index still names."""

import pytest

from sregistry_core.testing.oci import (
    EMPTY,
    OCI_MANIFEST,
    SIF_CONFIG,
    SIF_LAYER,
    OciClient,
    descriptor,
    digest_of,
    index_of,
    manifest_of,
)
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(labels={"maintainer": "ada"})
NAME = "tacc/science/rocks"


@pytest.fixture
def ada_oci(registry, ada):
    return OciClient(registry.app, "ada", ada.token)


@pytest.fixture
def child(ada, ada_oci):
    """The manifest of an image that has the tag 1."""
    ada.push("tacc/science/other:1", IMAGE)
    ada_oci.push_blob(NAME, IMAGE)
    ada_oci.push_blob(NAME, EMPTY)
    body = manifest_of(descriptor(EMPTY, SIF_CONFIG), [descriptor(IMAGE, SIF_LAYER)])
    ada_oci.push_manifest(NAME, "1", body)
    return body


def index_naming(body):
    platform = {"architecture": "amd64", "os": "linux"}
    return index_of([descriptor(body, OCI_MANIFEST, platform=platform)])


def test_an_image_that_an_index_names_outlives_its_tag(ada_client, ada_oci, child):
    index = index_naming(child)
    ada_oci.push_manifest(NAME, digest_of(index), index)

    ada_client.delete("science/rocks:1", status=204)

    ada_oci.manifest(NAME, "1", status=404)
    assert ada_oci.manifest(NAME, digest_of(child), status=200).body == child
    assert ada_oci.blob(NAME, digest_of(IMAGE), status=200).body == IMAGE


def test_an_index_goes_with_its_last_tag_and_its_images_with_it(ada_client, ada_oci, child):
    index = index_naming(child)
    ada_oci.push_manifest(NAME, "all", index)

    ada_client.delete("science/rocks:1", status=204)
    assert ada_oci.manifest(NAME, digest_of(child), status=200).body == child
    ada_client.delete("science/rocks:all", status=204)

    for digest in (digest_of(index), digest_of(child)):
        ada_oci.manifest(NAME, digest, status=404)


def test_an_index_with_another_tag_stays_with_what_it_names(ada_client, ada_oci, child):
    index = index_naming(child)
    ada_oci.push_manifest(NAME, "all", index)
    ada_oci.push_manifest(NAME, "every", index)
    ada_client.delete("science/rocks:1", status=204)

    ada_client.delete("science/rocks:all", status=204)

    assert ada_oci.manifest(NAME, "every", status=200).body == index
    assert ada_oci.manifest(NAME, digest_of(child), status=200).body == child
