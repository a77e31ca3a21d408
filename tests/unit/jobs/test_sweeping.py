"""Garbage: what nobody owns goes, after its grace; what anybody owns stays."""

import os
import time
from datetime import timedelta

from sregistry_core.jobs.sweeping import sweep
from sregistry_core.storage.blob_store import Place
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()
OTHER = make_sif(labels={"other": "one"})
DAY = timedelta(days=1)


def run(registry, *, grace=DAY, dry_run=False):
    unit = registry.parts.unit()
    return list(sweep(unit, registry.parts.facilities, grace=grace, dry_run=dry_run))


def files(registry):
    return [path for path in (registry.directory / "images").rglob("*") if path.is_file()]


def test_the_bytes_of_a_deleted_image_go_after_the_grace(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.delete("/v1/images/ada/lab/blast:1")

    assert run(registry) == []
    registry.clock.move(DAY + timedelta(seconds=1))
    (swept,) = run(registry)

    assert swept.what == "blob"
    assert swept.size == len(IMAGE)
    assert files(registry) == []


def test_bytes_that_somebody_else_has_stay(registry, ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("ada/lab/copy:1", IMAGE)
    ada.delete("/v1/images/ada/lab/blast:1")
    registry.clock.move(2 * DAY)

    assert run(registry) == []
    assert stranger.pull("ada/lab/copy:1").body == IMAGE


def test_bytes_that_are_pushed_again_within_the_grace_stay(registry, ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.delete("/v1/images/ada/lab/blast:1")
    ada.push("ada/lab/blast:2", IMAGE)
    registry.clock.move(2 * DAY)

    assert run(registry) == []
    assert len(files(registry)) == 1
    assert stranger.pull("ada/lab/blast:2").body == IMAGE


def test_a_rehearsal_removes_nothing(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.delete("/v1/images/ada/lab/blast:1")
    registry.clock.move(2 * DAY)

    assert len(run(registry, dry_run=True)) == 1
    assert len(files(registry)) == 1
    assert len(run(registry)) == 1


def test_an_object_without_a_row_goes_and_one_with_a_row_stays(registry, ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    (owned,) = files(registry)
    orphan = owned.with_name("0" * 64 + "-orphan")
    orphan.write_bytes(b"crashed")
    two_days_ago = time.time() - 2 * 86400
    for path in (owned, orphan):
        os.utime(path, (two_days_ago, two_days_ago))

    (swept,) = run(registry)

    assert swept.what == "object without a row"
    assert files(registry) == [owned]
    assert stranger.pull("ada/lab/blast:1").body == IMAGE


def test_an_object_whose_row_may_still_come_is_left_alone(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    (owned,) = files(registry)
    owned.with_name("0" * 64 + "-arriving").write_bytes(b"just adopted")

    assert run(registry, grace=timedelta(0)) == []


def test_the_waiting_room_is_swept(registry):
    dead = registry.directory / "staging" / "uploads" / "dead.parts"
    dead.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 86400
    os.utime(dead, (two_days_ago, two_days_ago))

    (swept,) = run(registry)

    assert swept.name == "dead.parts"
    assert not dead.exists()


def test_a_deleted_container_frees_all_its_bytes(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("ada/lab/blast:2", OTHER)
    with registry.parts.unit()() as services:
        from sregistry_core.names import ContainerName

        container = services.catalog.container(ContainerName("ada", "lab", "blast"))
        services.catalog.delete_container(container)
    registry.clock.move(2 * DAY)

    assert len(run(registry)) == 2
    assert files(registry) == []


def test_bytes_that_are_owned_again_while_they_are_swept_stay(registry, ada, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.delete("/v1/images/ada/lab/blast:1")
    registry.clock.move(2 * DAY)
    before = registry.clock.now - DAY
    with registry.parts.unit()() as services:
        (blob,) = services.garbage.unowned_blobs(before)
    ada.push("ada/lab/blast:2", IMAGE)

    with registry.parts.unit()() as services:
        assert services.garbage.strike(blob.id, before) is None

    assert stranger.pull("ada/lab/blast:2").body == IMAGE


def test_a_key_is_never_used_twice(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    (first,) = files(registry)
    ada.delete("/v1/images/ada/lab/blast:1")
    registry.clock.move(2 * DAY)
    run(registry)

    ada.push("ada/lab/blast:1", IMAGE)

    (second,) = files(registry)
    assert first != second
    late = Place("filesystem", first.relative_to(registry.directory / "images").as_posix())
    registry.parts.facilities.blob_store.delete(late)
    assert second.exists()
