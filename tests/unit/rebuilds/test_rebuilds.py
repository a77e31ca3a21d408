"""Images that are built anew every week: what is found the same, changed or broken."""

import hashlib
import io
import tarfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.digests import Digest
from sregistry_core.errors import Conflict, Malformed, NotAllowed, NotFound
from sregistry_core.jobs.duties import PERIODIC
from sregistry_core.jobs.rebuilding import order_rebuild
from sregistry_core.models import (
    AuditEvent,
    BuildContext,
    CollectionRole,
    RebuildSchedule,
    Verdict,
)
from sregistry_core.names import CollectionName, ContainerName, ImageName
from sregistry_core.services.rebuilding import FIND_JOB
from sregistry_core.testing.sif_files import make_sif

BLAST = ContainerName("ada", "lab", "blast")


def news(registry, word):
    with registry.parts.unit()() as services:
        return services.db.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.action.startswith(word))
            .order_by(AuditEvent.at)
        ).all()


def test_what_is_due_is_looked_for_every_few_minutes():
    assert PERIODIC[FIND_JOB] == timedelta(minutes=5)


def test_an_image_is_built_anew_each_week_and_is_the_same(registry, lab):
    lab.build()
    lab.schedule(every_days=7)
    lab.pass_time(timedelta(days=6))
    assert len(lab.builds) == 1

    lab.pass_time(timedelta(days=1))

    assert lab.said == (Verdict.SAME, "the same bytes")
    assert len(lab.builds) == 2
    assert lab.shown.build_id == lab.builds[1].id
    assert lab.builds[1].definition == lab.builds[0].definition
    lab.pass_time()
    assert len(lab.builds) == 3
    assert news(registry, "rebuild.") == ["rebuild.schedule", "rebuild.same", "rebuild.same"]


def test_other_bytes_are_the_same_when_only_the_date_of_the_build_is_another(lab):
    date = "label org.label-schema.build-date={}"
    lab.will_give("created 1", date.format("Monday"), "package zlib=1")
    lab.build()
    before = lab.digest()
    lab.will_give("created 2", date.format("Tuesday"), "package zlib=1")
    lab.schedule(every_days=7)

    lab.pass_time()

    assert lab.digest() != before
    assert lab.said == (Verdict.SAME, "other bytes, and nothing that counts is other")


def test_what_has_changed_is_named_label_by_label_and_package_by_package(registry, lab):
    lab.will_give("label a=1", "label gone=1", "package zlib=1.2", "package old=1", "payload 512")
    lab.build()
    before = lab.digest()
    lab.will_give(
        *("label a=2", "label new=1", "package zlib=1.3", "package young=1", "payload 90000")
    )
    lab.schedule(every_days=7)

    lab.pass_time()

    assert lab.digest() != before
    shown = lab.shown
    assert shown.verdict is Verdict.CHANGED
    assert shown.words.startswith("other: 3 labels, 3 packages, +")
    assert shown.changes["labels"] == {
        "added": {"new": "1"},
        "removed": {"gone": "1"},
        "changed": {"a": ["1", "2"]},
        "count": 3,
    }
    assert shown.changes["packages"] == {
        "added": {"young": "1"},
        "removed": {"old": "1"},
        "upgraded": {"zlib": ["1.2", "1.3"]},
        "count": 3,
    }
    assert shown.changes["size"] - shown.changes["size_before"] > 80_000
    assert shown.changes["file_system"] == "other"
    assert news(registry, "rebuild.")[-1] == "rebuild.changed"


def test_another_file_system_counts_only_where_no_packages_are_listed(lab):
    lab.will_give("payload 512")
    lab.build()
    lab.will_give("payload 513")
    lab.schedule(every_days=7)
    lab.pass_time()
    assert lab.shown.verdict is Verdict.CHANGED
    assert lab.shown.words.startswith("other: the file system")

    lab.will_give("payload 512", "package zlib=1")
    lab.pass_time()
    lab.will_give("payload 600", "package zlib=1")
    lab.pass_time()
    assert lab.shown.verdict is Verdict.SAME
    assert lab.shown.changes["file_system"] == "other"


def test_a_build_that_fails_is_broken_and_the_image_before_it_stays(registry, lab):
    lab.build()
    before = lab.digest()
    lab.will_give("fail no such package")
    lab.schedule(every_days=7)

    lab.pass_time()

    assert lab.said == (Verdict.BROKEN, "no such package")
    assert lab.digest() == before
    assert news(registry, "rebuild.")[-1] == "rebuild.broken"
    lab.will_give()
    lab.pass_time()
    assert lab.said == (Verdict.SAME, "the same bytes")


def test_a_build_whose_worker_was_killed_is_broken_and_tried_again_the_next_time(registry, lab):
    lab.build()
    lab.schedule(every_days=7)
    lab.do(lambda mine: mine.rebuilds.now(mine.catalog.container(BLAST), "1"))
    run_until_ordered(registry)
    lost = lab.shown.build_id
    with registry.parts.unit()() as services:
        services.building.begin(lost)
    registry.run_jobs()

    assert lab.said == (Verdict.BROKEN, "the build was lost: its worker was killed")
    lab.pass_time()
    assert lab.said == (Verdict.SAME, "the same bytes")
    assert lab.shown.build_id != lost


def run_until_ordered(registry):
    """Let the order be written, and no build begin."""
    with registry.parts.unit()() as services:
        schedule = services.db.scalars(select(RebuildSchedule.id)).one()
    parts = registry.parts
    order_rebuild(parts.unit(), parts.facilities, schedule=schedule)


def test_a_build_that_is_cancelled_while_it_waits_is_broken(registry, lab):
    lab.build()
    lab.schedule(every_days=7)
    run_until_ordered(registry)
    build = lab.shown.build_id
    with pytest.raises(Conflict, match="being built anew already"):
        lab.do(lambda mine: mine.rebuilds.now(mine.catalog.container(BLAST), "1"))

    lab.do(lambda mine: mine.builds.cancel(mine.builds.find(build)))
    registry.run_jobs()

    assert lab.said == (Verdict.BROKEN, "the build was cancelled: cancelled by ada")


def test_an_image_that_was_deleted_meanwhile_cannot_be_compared(registry, lab):
    lab.build()
    lab.schedule(every_days=7)
    before = lab.digest()
    lab.will_give("label a=1")
    run_until_ordered(registry)

    def delete(mine):
        name = ImageName.parse(f"ada/lab/blast@{before}", home="tacc")
        mine.images.delete(mine.images.resolve(name))

    lab.do(delete)
    registry.run_jobs()

    assert lab.said == (Verdict.CHANGED, "the image before is not here any more")


def test_a_frozen_tag_is_broken_until_it_thaws(lab):
    lab.build()
    lab.schedule(every_days=7)

    def freeze(frozen):
        lab.do(lambda mine: mine.tags.freeze(mine.catalog.container(BLAST), "1", frozen=frozen))

    freeze(True)
    lab.pass_time()
    assert lab.said == (Verdict.BROKEN, "ada/lab/blast:1 is frozen, push not allowed")
    assert len(lab.builds) == 1
    freeze(False)
    lab.pass_time()
    assert lab.shown.verdict is Verdict.SAME


def test_rights_are_asked_again_each_time(registry, lab):
    lab.build()

    def role(name):
        with registry.parts.unit()() as services:
            collection = services.catalog.collection(CollectionName("ada", "lab"))
            if name:
                services.grants.give(collection, CollectionRole(name), user="bob")
            else:
                services.grants.take(collection, user="bob")

    with pytest.raises(NotAllowed):
        lab.schedule(who="bob", every_days=7)
    role("owner")
    lab.schedule(who="bob", every_days=7)
    lab.pass_time()
    assert lab.shown.verdict is Verdict.SAME
    assert lab.builds[-1].orderer.name == "bob"

    role("")
    lab.pass_time()
    assert lab.said == (Verdict.BROKEN, "bob may not push ada/lab")
    role("writer")
    lab.pass_time()
    assert lab.shown.verdict is Verdict.SAME

    with registry.parts.unit()() as services:
        services.accounts.disable("bob")
    lab.pass_time()
    assert lab.said == (Verdict.BROKEN, "whoever it is built for has no account here any more")


def test_a_tag_that_was_removed_is_broken_and_a_container_takes_its_schedule_along(registry, lab):
    lab.build()
    lab.build("ada/lab/blast:2")
    lab.schedule(every_days=7)
    lab.do(lambda mine: mine.tags.remove(mine.catalog.container(BLAST), "1"))
    lab.pass_time()
    assert lab.said == (Verdict.BROKEN, "ada/lab/blast:1 is not there any more")

    lab.do(lambda mine: mine.catalog.delete_container(mine.catalog.container(BLAST)))
    with registry.parts.unit()() as services:
        assert services.db.scalars(select(RebuildSchedule)).all() == []
    lab.registry.clock.move(timedelta(days=8))
    registry.run_jobs()
    assert len(lab.builds) == 2


def test_as_many_builds_as_may_be_let_a_rebuild_wait(make_registry, lab, tmp_path):
    registry = make_registry(
        plugin_modules="sregistry_core.testing.toy_builder", builder="toy", builds_per_user="1"
    )
    registry.user("ada")
    lab = type(lab)(registry, tmp_path / "other")
    lab.build()
    lab.schedule(every_days=7)
    lab.do(lambda mine: mine.builds.retry(mine.builds.of()[0]))

    run_until_ordered(registry)
    assert lab.shown.last_error == "it waits: you have 1 builds under way, and may have no more"
    lab.pass_time(timedelta(minutes=5))

    assert lab.said == (Verdict.SAME, "the same bytes")
    assert lab.shown.last_error is None


def test_an_image_that_was_pushed_is_built_from_the_definition_within_it(registry, lab, tmp_path):
    ada = registry.user("eve")
    ada.push("eve/lab/blast:1", make_sif(definition="Bootstrap: scratch\nlabel a=1"))
    ada.push("eve/lab/bare:1", make_sif(definition=None))
    ada.push("eve/lab/files:1", make_sif(definition="Bootstrap: scratch\n%files\n  a.txt /a\n"))
    ada.push("eve/lab/base:1", make_sif(definition="Bootstrap: localimage\nFrom: base.sif\n"))
    with pytest.raises(Malformed, match="has not looked into the image yet"):
        lab.schedule("eve/lab/blast:1", who="eve", every_days=7)
    registry.run_jobs()

    with pytest.raises(Malformed, match="was not built here, and holds no definition"):
        lab.schedule("eve/lab/bare:1", who="eve", every_days=7)
    for name in ("files", "base"):
        with pytest.raises(Malformed, match="its definition needs files of its author"):
            lab.schedule(f"eve/lab/{name}:1", who="eve", every_days=7)
    lab.schedule("eve/lab/blast:1", who="eve", every_days=7)
    lab.pass_time()
    assert lab.shown.verdict is Verdict.CHANGED
    assert lab.builds[0].definition == "Bootstrap: scratch\nlabel a=1"


def test_files_that_go_along_stay_as_long_as_they_are_needed(registry, lab, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"hi"))
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(packed.getvalue())
    digest = Digest.parse(f"sha256:{hashlib.sha256(packed.getvalue()).hexdigest()}")
    size = path.stat().st_size
    context = lab.do(lambda mine: mine.build_contexts.adopt(path, digest, size))
    lab.build(header="%files\n  a.txt /a\n", context=context)
    with registry.parts.unit()() as services:
        collection = services.catalog.collection(CollectionName("ada", "lab"))
        services.grants.give(collection, CollectionRole.OWNER, user="bob")
    with pytest.raises(Malformed, match="are somebody else's"):
        lab.schedule(who="bob", every_days=7)
    lab.schedule(every_days=7)

    lab.pass_time(timedelta(days=3))
    lab.pass_time(timedelta(days=4))
    assert lab.said == (Verdict.SAME, "the same bytes")

    def drop(mine):
        mine.rebuilds.remove(mine.catalog.container(BLAST), "1")

    lab.do(drop)
    lab.pass_time(timedelta(days=2))
    with registry.parts.unit()() as services:
        assert services.db.scalars(select(BuildContext)).all() == []
    with pytest.raises(Malformed, match="files that its definition copies are not here any more"):
        lab.schedule(every_days=7)


def test_a_schedule_is_changed_shown_and_ended(lab):
    lab.build()
    with pytest.raises(NotFound, match="blast:2 does not exist"):
        lab.schedule("ada/lab/blast:2", every_days=7)
    for wrong in ({}, {"every_days": 0}, {"every_days": 366}):
        with pytest.raises(Malformed):
            lab.schedule(**wrong)
    lab.schedule(every_days=7)
    due = lab.shown.due_at
    lab.registry.clock.move(timedelta(days=1))
    lab.schedule(every_days=7)
    assert lab.shown.due_at == due
    lab.schedule(every_days=1)
    assert lab.shown.due_at == due - timedelta(days=5)

    def act(mine):
        container = mine.catalog.container(BLAST)
        assert [one.tag for one in mine.rebuilds.of(container.collection)] == ["1"]
        mine.rebuilds.remove(container, "1")
        with pytest.raises(NotFound, match="is not built anew by itself"):
            mine.rebuilds.find(container, "1")

    lab.do(act)
    lab.registry.clock.move(timedelta(days=8))
    lab.registry.run_jobs()
    assert len(lab.builds) == 1


def test_a_rebuild_reads_with_the_rights_of_its_owner_only_what_they_have_ordered(registry, lab):
    """Else the recipe that Bob gives to a tag would read what only Ada may."""
    lab.build()
    lab.schedule(every_days=7)
    lab.pass_time()
    with registry.parts.unit()() as services:
        collection = services.catalog.collection(CollectionName("ada", "lab"))
        services.grants.give(collection, CollectionRole.WRITER, user="bob")
    # Of two builds of the same bytes the later one counts.
    registry.clock.move(timedelta(hours=1))
    lab.build(who="bob")

    lab.pass_time()
    lab.pass_time()

    assert [one.own_recipe for one in lab.builds] == [True, True, True, False, False]
