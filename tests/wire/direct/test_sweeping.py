"""What pushes to an object store leave behind is found there and removed; what is needed stays."""

from datetime import timedelta

from sregistry_core.contracts import Part
from sregistry_core.jobs.sweeping import sweep
from sregistry_core.testing.direct_storage_contract import ask
from sregistry_core.testing.sif_files import make_sif

from .pushing import MIB, Push, fetch, objects, uploads

IMAGE = make_sif()
LARGE = make_sif(payload_size=6 * MIB)
DAY = timedelta(days=1)


def run(registry, *, grace=DAY, dry_run=False):
    found = sweep(registry.parts.unit(), registry.parts.facilities, grace=grace, dry_run=dry_run)
    return sorted(one.what for one in found)


def test_a_push_that_nobody_goes_on_with_is_dropped_at_the_store(registry, ada):
    whole, parts = Push(ada, IMAGE), Push(ada, LARGE, name="lab/large")
    ask("PUT", whole.address(), IMAGE, {"X-Amz-Content-Sha256": whole.digest})
    parts.send_part(parts.begin_parts().json["data"], 1)
    assert [len(one) for one in objects(registry)] == [1, 1]

    registry.clock.move(2 * DAY)
    assert run(registry) == [
        "object without a row",
        "unfinished upload in a storage",
        "uploads given up",
    ]

    assert objects(registry) == ([], [])
    assert uploads(registry) == 0


def test_a_push_that_is_under_way_is_left_alone(registry, ada, stranger):
    whole, parts = Push(ada, IMAGE), Push(ada, LARGE, name="lab/large")
    ask("PUT", whole.address(), IMAGE, {"X-Amz-Content-Sha256": whole.digest})
    begun = parts.begin_parts().json["data"]
    first = parts.send_part(begun, 1)
    # A question for a part renews the time that a push has.
    registry.clock.move(timedelta(hours=20))
    second = parts.send_part(begun, 2)

    assert run(registry) == []
    registry.clock.move(timedelta(hours=5))
    run(registry)

    parts.finish_parts(begun, [first, second], status=200)
    parts.tag()
    assert fetch(stranger.pull("ada/lab/large:1", status=303)).body == LARGE


def test_what_waits_to_be_verified_does_not_expire(registry, ada, stranger):
    Push(ada, IMAGE).whole()
    registry.clock.move(30 * DAY)

    run(registry)

    assert uploads(registry) == 1
    registry.run_jobs()
    assert fetch(stranger.pull("ada/lab/blast:1", status=303)).body == IMAGE


def test_a_hidden_image_that_waits_to_be_verified_does_not_expire(make_direct):
    registry = make_direct(require_sif="true")
    ada = registry.user("ada")
    Push(ada, IMAGE).whole()
    registry.clock.move(30 * DAY)

    run(registry)
    registry.run_jobs()

    assert fetch(ada.pull("ada/lab/blast:1", status=303)).body == IMAGE


def test_an_upload_that_the_registry_has_never_heard_of_is_dropped(registry, ada):
    """A crash between the store's answer and the commit leaves one."""
    storage = registry.parts.plugins.storages["cloud"]
    storage.begin("sha256/ab/abc-1")

    assert run(registry) == []
    registry.clock.move(DAY + timedelta(minutes=1))
    assert run(registry, dry_run=True) == ["unfinished upload in a storage"]
    assert run(registry) == ["unfinished upload in a storage"]
    assert run(registry) == []


def test_parts_that_were_joined_before_a_crash_go_once_the_push_is_given_up(registry, ada):
    push = Push(ada, LARGE)
    begun = push.begin_parts().json["data"]
    sent = [push.send_part(begun, 1), push.send_part(begun, 2)]
    storage = registry.parts.plugins.storages["cloud"]
    (unfinished,) = storage.unfinished()
    parts = [Part(one["partNumber"], one["token"].strip('"')) for one in sent]
    storage.finish(unfinished.key, unfinished.upload, parts)

    push.finish_parts(begun, sent, status=200)
    registry.run_jobs()
    assert len(objects(registry)[0]) == 1
