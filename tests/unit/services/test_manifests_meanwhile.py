"""What others do to a repository while a manifest waits for its turn there, on PostgreSQL."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from sregistry_core.digests import ContentDigest
from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.services.locking import lock_container
from sregistry_core.services.manifest_reference import Reference
from sregistry_core.testing.oci import (
    EMPTY,
    EMPTY_TYPE,
    OCI_MANIFEST,
    OciClient,
    code_of,
    descriptor,
    digest_of,
    manifest_of,
)

REPOSITORY = ContainerName("ada", "lab", "blast")
LAYER = b"a layer"
BODY = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [descriptor(LAYER)])


@pytest.fixture
def registry(make_registry, postgresql):
    url = postgresql.make_database()
    return make_registry(protocols="discovery transfer library oci", database=url)


@pytest.fixture
def ada(registry):
    made = registry.user("ada")
    client = OciClient(made.app, made.name, made.token)
    client.push_blob("ada/lab/blast", LAYER)
    client.push_blob("ada/lab/blast", EMPTY)
    return client


@contextmanager
def holding(registry):
    """Somebody else who writes in the repository, until the end of the block."""
    with registry.parts.unit()() as services:
        container = services.catalog.container(REPOSITORY)
        lock_container(services.db, container.id)
        yield services, container


def wait_until_somebody_waits(registry, task):
    """Wait until a connection waits for a lock, or the task is done."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not task.done():
        with registry.parts.database.reading.connect() as connection:
            if connection.scalar(query):
                return
        time.sleep(0.02)


def put_meanwhile(registry, ada, meanwhile):
    """Let ada push while `meanwhile` is done by whoever holds the repository; gives her answer."""
    with ThreadPoolExecutor(1) as pool:
        with holding(registry) as (services, container):
            task = pool.submit(
                ada.ask,
                "PUT",
                "/v2/ada/lab/blast/manifests/1",
                BODY,
                headers={"Content-Type": OCI_MANIFEST},
            )
            wait_until_somebody_waits(registry, task)
            assert not task.done(), task.result()
            meanwhile(services, container)
        return task.result(30)


def test_a_manifest_is_refused_whose_blob_was_deleted_meanwhile(registry, ada):
    def delete(services, container):
        services.blobs.delete(container, ContentDigest.parse(digest_of(EMPTY)))

    answer = put_meanwhile(registry, ada, delete)

    assert code_of(answer) == "MANIFEST_BLOB_UNKNOWN"
    ada.manifest("ada/lab/blast", "1", status=404)


def test_a_manifest_is_refused_when_signatures_were_demanded_meanwhile(registry, ada):
    def demand(_services, _container):
        def change():
            with registry.parts.unit()() as services:
                name = CollectionName("ada", "lab")
                services.signers.require(services.catalog.collection(name))

        thread = threading.Thread(target=change)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()

    answer = put_meanwhile(registry, ada, demand)

    assert answer.status_int == 403
    ada.manifest("ada/lab/blast", "1", status=404)


def test_a_manifest_is_refused_when_its_tag_was_frozen_meanwhile(registry, ada):
    ada.push_manifest("ada/lab/blast", "1", manifest_of(descriptor(EMPTY, EMPTY_TYPE), []))

    answer = put_meanwhile(
        registry, ada, lambda services, container: services.tags.freeze(container, "1")
    )

    assert answer.status_int == 409


def test_the_sweep_leaves_a_blob_that_a_manifest_is_about_to_name(registry, ada):
    def forget():
        with registry.parts.unit()() as services:
            return services.garbage.forget_loose_blobs(registry.clock() + timedelta(days=1))

    with ThreadPoolExecutor(1) as pool:
        with registry.parts.unit()() as services:
            container = services.catalog.container(REPOSITORY)
            services.manifests.put(container, Reference.parse("1"), BODY, content_type=OCI_MANIFEST)
            task = pool.submit(forget)
            wait_until_somebody_waits(registry, task)
        assert task.result(30) == 0

    for content in (EMPTY, LAYER):
        assert ada.blob("ada/lab/blast", digest_of(content), status=200).body == content
