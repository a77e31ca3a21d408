"""Pushes and pulls on OpenStack Swift, a second S3 server of other code than Ceph."""

from contextlib import suppress
from datetime import timedelta
from urllib.error import URLError

import pytest

from sregistry_core.jobs.sweeping import sweep
from sregistry_core.testing.direct_storage_contract import ask
from sregistry_core.testing.oci import OciClient, digest_of
from sregistry_core.testing.sif_files import make_sif

from .pushing import MIB, Push, blobs, fetch, objects

IMAGE = make_sif()
LARGE = make_sif(payload_size=6 * MIB)


@pytest.fixture
def cloud(make_swift_bucket):
    return make_swift_bucket(attempts="1", connect_timeout="1s")


def read(answer):
    return fetch(answer).body if answer.status_int in (302, 303, 307) else answer.body


def swept(registry):
    registry.clock.move(timedelta(days=3))
    return [
        one.what
        for one in sweep(registry.parts.unit(), registry.parts.facilities, grace=timedelta(0))
    ]


def test_a_push_whole_and_one_in_parts_are_pulled_verified_deleted_and_swept(registry, ada):
    Push(ada, IMAGE).whole()
    Push(ada, LARGE, name="lab/large").in_parts()
    registry.run_jobs()

    assert [state for _, state in blobs(registry)] == ["verified"] * 2
    assert fetch(ada.pull("ada/lab/blast:1", status=303)).body == IMAGE
    address = ada.pull("ada/lab/large:1", status=303).headers["Location"]
    middle = ask("GET", address, headers={"Range": "bytes=1000-1999"})
    assert (middle.status, middle.body) == (206, LARGE[1000:2000])

    for name in ("blast", "large"):
        ada.delete(f"/v1/images/ada/lab/{name}:1?arch=amd64", status=200)
    swept(registry)
    assert objects(registry) == ([], [])


def test_the_address_of_a_part_changes_nothing_of_what_was_pushed(registry, ada):
    push = Push(ada, LARGE)
    begun = push.begin_parts(status=200).json["data"]
    addresses = [push.part_address(begun, number) for number in (1, 2)]
    parts = [push.send_part(begun, number) for number in (1, 2)]
    push.finish_parts(begun, parts, status=200)
    push.tag(status=200)

    # It is refused, maybe before all of it was read.
    with suppress(URLError):
        assert ask("PUT", addresses[0], bytes(5 * MIB)).status in range(400, 500)
    registry.run_jobs()

    assert [state for _, state in blobs(registry)] == ["verified"]
    assert fetch(ada.pull("ada/lab/blast:1", status=303)).body == LARGE


@pytest.mark.parametrize("relay", ["true", "false"])
def test_oci_clients_push_and_pull(make_direct, relay):
    registry = make_direct(cloud__relay=relay)
    made = registry.user("ada")
    ada = OciClient(made.app, made.name, made.token)

    manifest = ada.push_sif("ada/lab/blast", "1", LARGE)

    assert ada.manifest("ada/lab/blast", "1").headers["Docker-Content-Digest"] == manifest
    assert read(ada.blob("ada/lab/blast", digest_of(LARGE))) == LARGE
    part = ada.pull("ada/lab/blast:1", headers={"Range": "bytes=-10"})
    if relay == "true":
        assert (part.status_int, part.body) == (206, LARGE[-10:])
    ada.delete(f"/v2/ada/lab/blast/manifests/{manifest}", status=202)
    swept(registry)
    assert [one for one in objects(registry)[0] if digest_of(LARGE)[7:] in str(one)] == []
