"""What a push over the quota is told, by each client: with images on S3, and PostgreSQL."""

import pytest

from sregistry_core.testing.live import LiveRegistry, free_address
from sregistry_core.testing.s3_fixtures import as_ini

from .test_every_pair import ADA, everybody
from .ways import WAYS_IN

pytestmark = pytest.mark.real

__all__ = ["everybody"]

QUOTA = 100_000
"""In bytes: less than any image of these tests."""
REASON = "ada has a quota of 97.7 KiB and uses"
EMPTY_CONFIGURATION = 2
"""The bytes of `{}`, which clients of OCI send beside an image, and which fit."""
WITHOUT_THE_REASON = {"sregistry", "curl"}
"""Clients that show no more than the status of a refusal."""


@pytest.fixture(scope="module")
def server(apptainer_root, s3_server, postgresql, tmp_path_factory):
    """The real server, with its images on a real store and its rows in PostgreSQL."""
    settings = {
        "sregistry.protocols": "discovery transfer library oci sregistry shub api ui",
        "sregistry.plugins": "s3",
        "sregistry.storage": "cloud",
        "sregistry.database": postgresql.make_database(),
        "filesystem.root": "",
        **as_ini("cloud", s3_server.make_bucket()),
    }
    directory = tmp_path_factory.mktemp("server")
    with LiveRegistry(directory, listen=f"{free_address()}:80", settings=settings) as registry:
        yield registry
    assert "Traceback" not in registry.log


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_push_over_the_quota_is_told_so(everybody, server, samples, way_in):
    with server.services() as services:
        services.quotas.set(ADA, QUOTA)

    image = everybody.ada.apptainer.put(samples.small)
    with pytest.raises(AssertionError) as refused:
        WAYS_IN[way_in](everybody.ada, image, "lab/over-the-quota")

    assert (REASON in str(refused.value)) == (way_in not in WITHOUT_THE_REASON)
    with server.services() as services:
        assert services.quotas.of(ADA).used <= EMPTY_CONFIGURATION


def test_a_larger_quota_lets_the_push_through(everybody, server, samples):
    with server.services() as services:
        services.quotas.set(ADA, 100 << 20)

    image = everybody.ada.apptainer.put(samples.small)
    WAYS_IN["library://"](everybody.ada, image, "lab/within-the-quota")
