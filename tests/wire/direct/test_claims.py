"""What a client only says to be some bytes is served to nobody else, and is gone when it is not."""

import hashlib
import logging
from datetime import timedelta

import pytest

from sregistry_core import hookimpl
from sregistry_core.contracts import PushRefused
from sregistry_core.jobs.sweeping import sweep
from sregistry_core.testing.direct_storage_contract import ask
from sregistry_core.testing.sif_files import make_sif

from .pushing import MIB, Push, blobs, fetch, objects, uploads

IMAGE = make_sif()
OTHER = make_sif(labels={"another": "one"})
LARGE = make_sif(payload_size=6 * MIB)


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def lie(actor, said, content, name="lab/blast"):
    """Push something else than what is said, as only a client can that names no SHA-256 later."""
    push = Push(actor, said, name=name, says_digest=False)
    assert ask("PUT", push.address(len(content)), content).status == 200
    push.finish(status=200)
    push.tag(status=200)
    return push


def lie_in_parts(actor, said, content):
    push = Push(actor, said)
    begun = push.begin_parts(status=200).json["data"]
    sent = []
    for number in range(1, begun["totalParts"] + 1):
        part = content[(number - 1) * 5 * MIB : number * 5 * MIB]
        answer = ask("PUT", push.part_address(begun, number), part)
        sent.append({"partNumber": number, "token": answer.etag})
    push.finish_parts(begun, sent, status=200)
    push.tag(status=200)
    return push


def same_size(image):
    return image[:-1] + bytes([image[-1] ^ 1])


@pytest.mark.parametrize(
    ("tell", "image"), [(lie, IMAGE), (lie_in_parts, LARGE)], ids=["whole", "parts"]
)
def test_an_image_of_other_bytes_is_hidden_and_said_so(
    registry, ada, stranger, caplog, tell, image
):
    tell(ada, image, same_size(image))

    with caplog.at_level(logging.WARNING):
        registry.run_jobs()

    assert f"sha256:{digest_of(image)} of ada/lab/blast is not published" in caplog.text
    stranger.pull("ada/lab/blast:1", status=404)
    assert blobs(registry) == [(digest_of(image), "corrupt")]
    assert uploads(registry) == 0
    assert ada.get("/v1/containers/ada/lab/blast").json["data"]["imageTags"] == {}
    assert stranger.get("/v1/search?value=blast").json["data"]["image"] in (None, [])


def test_after_the_grace_the_wrong_bytes_are_gone(registry, ada):
    lie(ada, IMAGE, same_size(IMAGE))
    registry.run_jobs()
    registry.clock.move(timedelta(days=1, seconds=1))

    facilities = registry.parts.facilities
    list(sweep(registry.parts.unit(), facilities, grace=timedelta(days=1)))

    assert blobs(registry) == []
    assert objects(registry) == ([], [])


def test_the_right_bytes_can_be_pushed_after_the_wrong_ones(registry, ada, stranger):
    lie(ada, IMAGE, same_size(IMAGE))
    registry.run_jobs()

    Push(ada, IMAGE).whole()
    registry.run_jobs()

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE


def test_what_is_claimed_is_shared_with_nobody(registry, ada, bob):
    Push(ada, IMAGE).whole()

    of_bob = Push(bob, IMAGE, name="home/copy")
    assert of_bob.announced["uploaded"] is False
    assert Push(ada, IMAGE, name="lab/copy").announced["uploaded"] is False

    registry.run_jobs()
    assert of_bob.announce()["uploaded"] is True


def test_who_pushes_what_is_claimed_already_sends_it_again(registry, ada, stranger):
    """Otherwise somebody who lies first would make the honest push vanish."""
    lie(ada, IMAGE, same_size(IMAGE))

    again = Push(ada, IMAGE)
    assert again.announced["uploaded"] is False
    again.whole()
    registry.run_jobs()

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE
    assert dict(blobs(registry)) == {digest_of(IMAGE): "verified"}


def test_what_is_proven_does_not_give_way_to_a_claim(registry, ada, stranger):
    Push(ada, IMAGE).whole()
    registry.run_jobs()

    lie(ada, IMAGE, same_size(IMAGE))
    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE
    registry.run_jobs()

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE
    assert (digest_of(IMAGE), "verified") in blobs(registry)


def test_the_honest_push_may_also_come_first(registry, ada, stranger):
    Push(ada, IMAGE).whole()
    lie(ada, IMAGE, same_size(IMAGE))

    registry.run_jobs()

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE


def test_the_same_bytes_of_two_people_are_kept_once(registry, ada, bob, stranger):
    Push(ada, IMAGE).whole()
    Push(bob, IMAGE, name="home/copy").whole()

    registry.run_jobs()
    registry.clock.move(timedelta(days=2))
    list(sweep(registry.parts.unit(), registry.parts.facilities, grace=timedelta(days=1)))

    for name in ("ada/lab/blast:1", "bob/home/copy:1"):
        assert fetch(stranger.pull(name, status=303)).body == IMAGE
    assert blobs(registry) == [(digest_of(IMAGE), "verified")]
    assert len(objects(registry)[0]) == 1


def test_bytes_that_came_through_us_meanwhile_are_the_ones_that_stay(registry, ada, stranger):
    Push(ada, IMAGE).whole()
    legacy = Push(ada, IMAGE, name="lab/blast")
    ada.post(f"/v1/imagefile/{legacy.id}", IMAGE, status=200)

    registry.run_jobs()

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE
    assert sorted(state for _, state in blobs(registry)) == ["claimed", "verified"]
    registry.clock.move(timedelta(days=2))
    list(sweep(registry.parts.unit(), registry.parts.facilities, grace=timedelta(days=1)))
    assert blobs(registry) == [(digest_of(IMAGE), "verified")]
    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE


def test_an_image_that_is_deleted_before_it_is_verified_leaves_nothing(registry, ada):
    Push(ada, IMAGE).whole()
    ada.delete("/v1/images/ada/lab/blast:1", status=200)

    registry.run_jobs()
    registry.clock.move(timedelta(days=2))
    list(sweep(registry.parts.unit(), registry.parts.facilities, grace=timedelta(days=1)))

    assert blobs(registry) == []
    assert objects(registry) == ([], [])


def test_verifying_twice_is_verifying_once(registry, ada, stranger):
    Push(ada, IMAGE).whole()
    with registry.parts.unit()() as services:
        duties = [one for one in services.outbox.all() if one.job == "blobs.verify"]
        (arguments,) = [dict(one.arguments) for one in duties]
    registry.run_jobs()

    with registry.parts.unit()() as services:
        services.claims.run(**arguments)

    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE
    assert blobs(registry) == [(digest_of(IMAGE), "verified")]


def test_what_is_gone_from_the_store_is_hidden(registry, ada, stranger):
    Push(ada, IMAGE).whole()
    storage = registry.parts.plugins.storages["cloud"]
    for found in list(storage.walk()):
        storage.delete(found.key)

    registry.run_jobs()

    stranger.pull("ada/lab/blast:1", status=404)


def test_what_is_no_sif_is_refused_in_the_job_where_only_sif_is_taken(make_direct):
    registry = make_direct(require_sif="true")
    ada = registry.user("ada")
    junk = b"no image at all" * 100

    Push(ada, junk).whole()
    ada.pull("ada/lab/blast:1", status=404)
    Push(ada, IMAGE, name="lab/good").whole()
    ada.pull("ada/lab/good:1", status=404)
    registry.run_jobs()

    ada.pull("ada/lab/blast:1", status=404)
    assert fetch(ada.pull("ada/lab/good:1", status=303)).body == IMAGE


def test_an_image_that_a_collection_demands_signed_is_seen_only_once_that_is_known(registry, ada):
    push = Push(ada, IMAGE)
    with registry.parts.unit()() as services:
        image = services.images.by_id(push.id)
        services.signers.require(image.container.collection)

    push.whole()
    ada.pull("ada/lab/blast:1", status=404)
    registry.run_jobs()

    ada.pull("ada/lab/blast:1", status=404)
    assert ada.get("/v1/containers/ada/lab/blast").json["data"]["imageTags"] == {}


@pytest.fixture
def watched(make_direct):
    """A registry with a policy that looks at every image; it refuses those it is told to."""
    registry = make_direct()
    seen, refused = [], set()

    class Policy:
        @hookimpl
        def sregistry_before_publish(self, image):
            with image.open() as source:
                seen.append((image.name, image.digest, image.size, source.read()))
            if image.digest in refused:
                raise PushRefused("this one is not wanted here")

    registry.parts.plugins._manager.register(Policy(), name="policy")
    return registry, seen, refused


def test_a_policy_looks_before_anybody_sees_an_image(watched):
    registry, seen, _ = watched
    ada = registry.user("ada")

    Push(ada, IMAGE).whole()
    ada.pull("ada/lab/blast:1", status=404)
    assert seen == []
    registry.run_jobs()

    assert seen == [("ada/lab/blast", f"sha256:{digest_of(IMAGE)}", len(IMAGE), IMAGE)]
    assert fetch(ada.pull("ada/lab/blast:1", status=303)).body == IMAGE
    (image,) = ada.get("/v1/search?value=blast").json["data"]["image"]
    assert image["tags"] == ["1"]


def test_what_a_policy_refuses_never_appears(watched, caplog):
    registry, _, refused = watched
    ada = registry.user("ada")
    refused.add(f"sha256:{digest_of(IMAGE)}")

    Push(ada, IMAGE).whole()
    Push(ada, OTHER, name="lab/other").whole()
    registry.run_jobs()

    ada.pull("ada/lab/blast:1", status=404)
    assert fetch(ada.pull("ada/lab/other:1", status=303)).body == OTHER
    assert "this one is not wanted here" in caplog.text
    registry.clock.move(timedelta(days=2))
    list(sweep(registry.parts.unit(), registry.parts.facilities, grace=timedelta(days=1)))
    assert blobs(registry) == [(digest_of(OTHER), "verified")]
