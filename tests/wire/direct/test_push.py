"""Pushes whose bytes go to the object store itself: claimed at first, and then verified."""

import hashlib

import pytest
from sqlalchemy import select
from webtest import TestApp

from sregistry_core.app import Parts, assemble
from sregistry_core.models import ImageLabel
from sregistry_core.testing.direct_storage_contract import ask
from sregistry_core.testing.sif_files import make_sif

from .pushing import MIB, Push, blobs, fetch, objects, shown, uploads

IMAGE = make_sif(labels={"maintainer": "ada"})
LARGE = make_sif(payload_size=11 * MIB)


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def in_one_piece(actor, image, **options):
    return Push(actor, image, **options).whole()


def in_parts(actor, image, **options):
    return Push(actor, image, **options).in_parts()


@pytest.mark.parametrize(
    ("pushed", "image"), [(in_one_piece, IMAGE), (in_parts, LARGE)], ids=["whole", "parts"]
)
def test_the_bytes_go_to_the_store_and_come_from_there(registry, ada, stranger, pushed, image):
    pushed(ada, image)

    at_once = stranger.pull("ada/lab/blast:1", status=303)
    assert fetch(at_once).body == image
    assert blobs(registry) == [(digest_of(image), "claimed")]

    registry.run_jobs()
    later = stranger.pull("ada/lab/blast:1", status=303)

    assert fetch(later).body == image
    assert fetch(at_once).body == image
    assert blobs(registry) == [(digest_of(image), "verified")]
    assert uploads(registry) == 0
    (key,), unfinished = objects(registry)
    assert key.startswith(f"sha256/{digest_of(image)[:2]}/{digest_of(image)}-")
    assert unfinished == []


def test_of_a_direct_push_nothing_comes_to_our_disk(registry, ada):
    Push(ada, LARGE).in_parts()
    registry.run_jobs()

    waiting = registry.directory / "staging"
    assert [path for path in waiting.rglob("*") if path.is_file()] == []


def test_the_image_is_inspected_like_any_other(registry, ada, stranger):
    Push(ada, IMAGE).whole()
    registry.run_jobs()

    (found,) = stranger.get("/v1/search?value=blast&arch=amd64").json["data"]["image"]
    assert (found["arch"], found["size"], found["uploaded"]) == ("amd64", len(IMAGE), True)
    with registry.parts.unit()() as services:
        assert services.db.scalars(select(ImageLabel.value)).all() == ["ada"]


def test_the_store_takes_only_the_bytes_that_were_announced(registry, ada):
    push = Push(ada, IMAGE)
    other = IMAGE[:-1] + bytes([IMAGE[-1] ^ 1])

    assert ask("PUT", push.address(), other, shown(push.digest)).status in (400, 403)
    assert ask("PUT", push.address(), IMAGE + b"x", shown(push.digest)).status in (400, 403)

    assert "no bytes of this image have arrived" in push.finish(status=400).text
    assert objects(registry) == ([], [])


def test_a_part_is_hashed_by_the_client_and_compared_by_the_store(ada):
    push = Push(ada, LARGE)
    begun = push.begin_parts(status=200).json["data"]

    assert begun["options"] == {"s3compliant": "true"}
    assert (begun["totalParts"], begun["partSize"]) == (3, 5 * MIB)
    part = LARGE[: 5 * MIB]
    address = push.part_address(begun, 1, digest_of(part))
    assert ask("PUT", address, part[::-1], shown(digest_of(part))).status == 400
    assert ask("PUT", address, part, shown(digest_of(part))).status == 200


def test_a_client_that_hashes_no_parts_can_push(registry, ada, stranger):
    push = Push(ada, LARGE)
    begun = push.begin_parts(status=200).json["data"]
    for number in range(1, begun["totalParts"] + 1):
        part = LARGE[(number - 1) * 5 * MIB : number * 5 * MIB]
        assert ask("PUT", push.part_address(begun, number), part).status == 200

    push.finish_parts(begun, [{"partNumber": n, "token": ""} for n in (3, 1, 2)], status=200)
    push.tag(status=200)
    registry.run_jobs()

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == LARGE
    assert blobs(registry) == [(digest_of(LARGE), "verified")]


def test_a_push_without_all_of_its_parts_is_refused_and_can_go_on(registry, ada):
    push = Push(ada, LARGE)
    begun = push.begin_parts(status=200).json["data"]
    parts = [push.send_part(begun, 1), push.send_part(begun, 3)]

    refused = push.finish_parts(begun, parts, status=400)
    assert "part 2 of 3 has not arrived" in refused.text
    made_up = [*parts, {"partNumber": 2, "token": digest_of(b"")[:32]}]
    push.finish_parts(begun, made_up, status=400)

    push.finish_parts(begun, [*parts, push.send_part(begun, 2)], status=200)
    registry.run_jobs()
    assert blobs(registry) == [(digest_of(LARGE), "verified")]


def test_a_push_that_is_given_up_leaves_nothing_at_the_store(registry, ada):
    push = Push(ada, LARGE)
    begun = push.begin_parts(status=200).json["data"]
    push.send_part(begun, 1)
    assert objects(registry)[1] != []

    ada.put(f"/v2/imagefile/{push.id}/_multipart_abort", {"uploadID": begun["uploadID"]})

    assert objects(registry) == ([], [])
    push.finish_parts(begun, [], status=404)


def test_finishing_twice_is_finishing_once(registry, ada):
    whole, parts = Push(ada, IMAGE).whole(), Push(ada, LARGE, name="lab/large")
    begun = parts.begin_parts(status=200).json["data"]
    sent = [parts.send_part(begun, number) for number in (1, 2, 3)]

    whole.finish(status=200)
    for _ in range(2):
        parts.finish_parts(begun, sent, status=200)

    assert len(blobs(registry)) == 2
    registry.run_jobs()
    whole.finish(status=200)
    assert {state for _, state in blobs(registry)} == {"verified"}


def test_what_is_sent_after_the_end_changes_nothing(registry, ada, stranger):
    push = Push(ada, IMAGE, says_digest=False)
    address = push.address()
    ask("PUT", address, IMAGE)
    push.finish(status=200)
    push.tag()

    ask("PUT", address, IMAGE[::-1])

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE
    registry.run_jobs()
    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE


def test_a_push_below_the_size_of_one_byte_comes_to_us(registry, ada):
    push = Push(ada, b"")

    assert push.address().startswith("http://registry.test/transfer/")


def test_a_push_that_is_too_large_is_refused_before_a_byte_is_sent(make_direct):
    registry = make_direct(largest_image="10M")
    push = Push(registry.user("ada"), LARGE)

    push.begin_parts(status=413)
    ada_asks = {"filesize": len(LARGE), "sha256sum": push.digest}
    push.actor.post(f"/v2/imagefile/{push.id}", ada_asks, status=413)
    assert objects(registry) == ([], [])


def test_direct_pushes_need_no_room_on_our_disk(make_direct):
    registry = make_direct(keep_free="1000T")

    Push(registry.user("ada"), LARGE).in_parts()


def test_an_upload_goes_on_after_the_ini_file_has_put_another_storage_first(registry, ada):
    push = Push(ada, LARGE)
    begun = push.begin_parts(status=200).json["data"]
    sent = [push.send_part(begun, number) for number in (1, 2, 3)]

    turned = {**registry.ini, "sregistry.storage": "filesystem cloud"}
    parts = Parts.open(turned, here=registry.directory, environ={}, clock=registry.clock)
    push.actor.app = TestApp(assemble(parts), extra_environ={"REMOTE_ADDR": "127.0.0.1"})

    push.finish_parts(begun, sent, status=200)
    parts.jobs.run_all()
    assert blobs(registry) == [(digest_of(LARGE), "verified")]
    assert Push(ada, IMAGE).address().startswith("http://registry.test/transfer/")
    parts.close()
