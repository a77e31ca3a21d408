"""A store that does not answer: everybody is told to come again, and nothing is lost."""

import pytest

from sregistry_core.testing.direct_storage_contract import ask
from sregistry_core.testing.sif_files import make_sif

from .pushing import MIB, Push, blobs, fetch, objects, shown

IMAGE = make_sif()
LARGE = make_sif(payload_size=6 * MIB)


@pytest.fixture(params=["direct", "relay"])
def registry(request, make_direct):
    return make_direct(cloud__relay="true" if request.param == "relay" else "false")


@pytest.fixture
def is_direct(registry):
    return registry.parts.facilities.blob_store.direct() is not None


def test_the_registry_says_that_it_is_not_ready(registry, stranger, s3_server):
    assert stranger.get("/readyz").json["checks"]["storage cloud"] == "ok"

    with s3_server.away():
        answer = stranger.get("/readyz", status=503)

    said = answer.json["checks"]
    assert (
        said["storage cloud"] == "the object store cloud does not answer: EndpointConnectionError"
    )
    assert said["storage filesystem"] == said["database"] == "ok"
    assert stranger.get("/readyz").json["status"] == "ok"


def test_a_pull_is_told_to_come_again(registry, ada, stranger, s3_server, is_direct):
    if is_direct:
        Push(ada, b"to the store", name="lab/other").whole()
    else:
        ada.push("ada/lab/other:1", b"through us")

    with s3_server.away():
        refused = stranger.pull("ada/lab/other:1", status=503)
        assert "the object store cloud does not answer" in refused.text
        stranger.shub("ada/lab/other:1", status=200)

    stranger.pull("ada/lab/other:1", status=303 if is_direct else 200)


@pytest.mark.parametrize("registry", ["relay"], indirect=True)
def test_a_push_through_us_goes_on_where_it_was(registry, ada, stranger, s3_server):
    push = Push(ada, LARGE)
    begun = push.begin_parts(status=200).json["data"]
    parts = []
    for number in (1, 2):
        part = LARGE[(number - 1) * 5 * MIB : number * 5 * MIB]
        etag = ada.put(push.part_address(begun, number), part).headers["ETag"]
        parts.append({"partNumber": number, "token": etag})

    with s3_server.away():
        push.finish_parts(begun, parts, status=503)
        assert blobs(registry) == []

    push.finish_parts(begun, parts, status=200)
    push.tag(status=200)
    assert stranger.pull("ada/lab/blast:1", status=200).body == LARGE


@pytest.mark.parametrize("registry", ["direct"], indirect=True)
def test_a_push_to_the_store_goes_on_where_it_was(registry, ada, s3_server):
    whole, parts = Push(ada, IMAGE), Push(ada, LARGE, name="lab/large")
    ask("PUT", whole.address(), IMAGE, shown(whole.digest))
    begun = parts.begin_parts(status=200).json["data"]
    first = parts.send_part(begun, 1)

    with s3_server.away():
        whole.finish(status=503)
        parts.part_address(begun, 2, status=200)
        parts.finish_parts(begun, [first, {"partNumber": 2, "token": ""}], status=503)
        Push(ada, LARGE, name="lab/new").begin_parts(status=503)

    whole.finish(status=200)
    parts.finish_parts(begun, [first, parts.send_part(begun, 2)], status=200)
    registry.run_jobs()
    assert [state for _, state in blobs(registry)] == ["verified"] * 2
    assert objects(registry)[1] == []


@pytest.mark.parametrize("registry", ["direct"], indirect=True)
def test_what_is_not_verified_yet_is_verified_later(registry, ada, s3_server):
    Push(ada, IMAGE).whole()

    with s3_server.away():
        registry.run_jobs()
        assert [state for _, state in blobs(registry)] == ["claimed"]

    with registry.parts.unit()() as services:
        for duty in services.outbox.all():
            services.outbox.retry(duty.id)
    registry.run_jobs()
    assert [state for _, state in blobs(registry)] == ["verified"]
    assert fetch(ada.pull("ada/lab/blast:1", status=303)).body == IMAGE
