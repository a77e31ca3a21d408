"""Builds from an order to an image, as the services and a worker have them."""

import hashlib
import io
import tarfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Scope
from sregistry_core.digests import Digest
from sregistry_core.errors import (
    Conflict,
    LoginRequired,
    Malformed,
    NotAllowed,
    NotFound,
    StorageUnavailable,
)
from sregistry_core.models import Build, BuildState, Container
from sregistry_core.names import ImageName
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish
from sregistry_core.storage.blob_store import BlobStore

TOY = {"plugin_modules": "sregistry_core.testing.toy_builder", "builder": "toy"}
NAME = "ada/lab/blast:1"


@pytest.fixture
def registry(make_registry):
    made = make_registry(**TOY)
    for name in ("ada", "bob"):
        made.user(name)
    return made


class People:
    """Orders of named people, each in a transaction of its own."""

    def __init__(self, registry):
        self.registry = registry

    def do(self, name, act, scope=Scope.ADMIN):
        with self.registry.parts.unit()() as services:
            user = services.accounts.find(name)
            caller = services.accounts.caller_of(user, scope=scope)
            return act(Services(services.db, caller, services.facilities))

    def order(self, definition="say hello", name=NAME, who="ada", **wish):
        wanted = Wish(definition, ImageName.parse(name, home="tacc"), **wish)
        return self.do(who, lambda mine: mine.builds.order(wanted).id)

    def state(self, build):
        return self.show(build).state

    def show(self, build):
        with self.registry.parts.unit()() as services:
            found = services.db.get_one(Build, build)
            services.db.expunge(found)
            return found

    def log(self, build, who="ada"):
        def read(mine):
            return [line.text for line in mine.builds.lines(mine.builds.find(build))]

        return self.do(who, read)


@pytest.fixture
def people(registry):
    return People(registry)


def test_what_is_ordered_becomes_an_image_that_is_pulled(registry, people, stranger):
    build = people.order("say one\nsay two\nlabel org.example=built")
    assert people.state(build) is BuildState.QUEUED

    registry.run_jobs()

    shown = people.show(build)
    assert shown.state is BuildState.SUCCEEDED, shown.reason
    image = stranger.pull(NAME).body
    assert shown.image_digest == f"sha256:{hashlib.sha256(image).hexdigest()}"
    assert (shown.image_size, shown.built_with) == (len(image), "toy 1.0")
    assert people.log(build) == ["one", "two"]
    said = hashlib.sha256(b"one\ntwo\n").hexdigest()
    assert shown.log_digest == f"sha256:{said}"
    assert list(registry.parts.settings.build_directory.iterdir()) == []


def test_a_build_that_fails_says_why_and_leaves_no_container(registry, people):
    build = people.order("say trying\nfail no   such\tpackage")

    registry.run_jobs()

    assert people.state(build) is BuildState.FAILED
    assert people.show(build).reason == "no such package"
    assert people.log(build) == ["trying"]
    with registry.parts.unit()() as services:
        assert services.db.scalars(select(Container)).all() == []


@pytest.mark.parametrize("definition", ["nothing", "leave", "link /etc/hostname"])
def test_a_build_without_an_image_of_its_own_has_failed(registry, people, definition):
    build = people.order(definition)

    registry.run_jobs()

    assert people.state(build) is BuildState.FAILED
    assert people.show(build).reason == "the build ended well and left no image"


def test_a_builder_that_breaks_does_not_leave_the_build_running(registry, people):
    build = people.order("crash")

    registry.run_jobs()

    assert people.state(build) is BuildState.FAILED
    assert "broke" in people.show(build).reason
    assert registry.run_jobs() == 0


def test_a_build_that_waits_is_cancelled_at_once_and_never_begun(registry, people):
    build = people.order()

    people.do("ada", lambda mine: mine.builds.cancel(mine.builds.find(build)))
    registry.run_jobs()

    assert people.state(build) is BuildState.CANCELLED
    assert people.log(build) == []
    with pytest.raises(Conflict, match="cancelled already"):
        people.do("ada", lambda mine: mine.builds.cancel(mine.builds.find(build)))


def test_a_build_of_a_killed_worker_is_lost_and_what_is_left_is_cleared(registry, people):
    build = people.order("say hello")
    with registry.parts.unit()() as services:
        services.building.begin(build)
        services.building.remember(build, "process 17")

    registry.run_jobs()

    assert people.state(build) is BuildState.LOST
    assert people.show(build).reason == "its worker was killed"
    assert registry.parts.plugins.builders["toy"].cleared == ["process 17"]


def test_a_builder_that_can_goes_on_after_its_worker_was_killed(make_registry, stranger):
    registry = make_registry(**{**TOY, "builder": "lasting-toy"})
    registry.user("ada")
    people = People(registry)
    build = people.order("say hello")
    with registry.parts.unit()() as services:
        services.building.begin(build)
        services.building.remember(build, "job 17")
        services.building.say(build, [(1, "before")])

    registry.run_jobs()

    assert people.state(build) is BuildState.SUCCEEDED
    assert people.log(build) == ["before", "goes on with job 17", "hello"]


def test_a_build_whose_storage_is_away_is_published_later_and_not_built_again(
    registry, people, stranger, monkeypatch
):
    refused = []
    put = BlobStore.put

    def away_at_first(*words, **named):
        if len(refused) < 2:
            refused.append(1)
            raise StorageUnavailable("the storage does not answer")
        return put(*words, **named)

    monkeypatch.setattr(BlobStore, "put", away_at_first)
    build = people.order("say once")

    registry.run_jobs()

    assert len(refused) == 2
    assert people.state(build) is BuildState.SUCCEEDED, people.show(build).reason
    assert people.log(build) == ["once"]
    assert stranger.pull(NAME).status_code == 200


def test_a_build_whose_storage_stays_away_can_be_cancelled(registry, people, monkeypatch):
    def away(*words, **named):
        people.do("ada", lambda mine: mine.builds.cancel(mine.builds.find(build)))
        raise StorageUnavailable("the storage does not answer")

    monkeypatch.setattr(BlobStore, "put", away)
    build = people.order("say once")

    registry.run_jobs()

    assert people.state(build) is BuildState.CANCELLED


def test_a_builder_that_begins_again_repeats_no_line(make_registry):
    registry = make_registry(**{**TOY, "builder": "lasting-toy"})
    registry.user("ada")
    people = People(registry)
    build = people.order("again\nsay one\nsay two\nsay three")
    with registry.parts.unit()() as services:
        services.building.begin(build)
        services.building.remember(build, "job 17")
        services.building.say(build, [(1, "goes on with job 17"), (2, "one")])

    registry.run_jobs()

    assert people.log(build) == ["goes on with job 17", "one", "two", "three"]
    said = hashlib.sha256(b"goes on with job 17\none\ntwo\nthree\n").hexdigest()
    assert people.show(build).log_digest == f"sha256:{said}"


def test_secrets_and_what_moves_a_cursor_are_not_in_the_log(registry, people):
    build = people.order(
        "hide swordfish\nsay the word is swordfish\nsay \x1b[31mred\x1b[0m\x07 x\x01"
    )

    registry.run_jobs()

    assert people.log(build) == ["the word is ***", "red\ufffd x\ufffd"]


def test_who_may_not_push_cannot_order_and_sees_no_build(registry, people):
    build = people.order()

    with pytest.raises(NotAllowed):
        people.order(who="bob")
    with pytest.raises(NotFound):
        people.do("bob", lambda mine: mine.builds.find(build))
    assert people.do("bob", lambda mine: mine.builds.of()) == []
    assert [one.id for one in people.do("ada", lambda mine: mine.builds.of())] == [build]
    with pytest.raises(NotAllowed):
        wish = Wish("say x", ImageName.parse(NAME, home="tacc"))
        people.do("ada", lambda mine: mine.builds.order(wish), scope=Scope.PULL)
    with registry.parts.unit()() as services, pytest.raises(LoginRequired):
        nobody = Services(services.db, services.caller.anonymous(), services.facilities)
        nobody.builds.order(wish)


def test_whose_right_has_ended_by_the_end_of_the_build_publishes_nothing(registry, people):
    build = people.order()
    with registry.parts.unit()() as services:
        services.accounts.disable("ada")

    registry.run_jobs()

    assert people.state(build) is BuildState.FAILED


def test_a_build_is_tried_again_as_a_new_one(registry, people):
    build = people.order("fail once")
    registry.run_jobs()

    again = people.do("ada", lambda mine: mine.builds.retry(mine.builds.find(build)).id)

    assert people.show(again).retry_of == build
    assert people.show(again).definition == "fail once"
    with pytest.raises(Conflict, match="under way"):
        people.do("ada", lambda mine: mine.builds.retry(mine.builds.find(again)))


def test_one_user_has_only_so_many_builds_under_way(make_registry):
    registry = make_registry(**TOY, builds_per_user="1")
    registry.user("ada")
    people = People(registry)
    people.order()

    with pytest.raises(Conflict, match="you have 1 builds under way"):
        people.order(name="ada/lab/other:1")
    registry.run_jobs()
    people.order(name="ada/lab/other:1")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"definition": "  \n"}, "empty"),
        ({"definition": "say \0"}, "NUL"),
        ({"builder": "none"}, "there is no builder none"),
        ({"arch": "a b"}, "no architecture"),
        ({"arguments": {"a b": "x"}}, "no name of a build argument"),
        ({"arguments": {"a": "x\ny"}}, "cannot be printed"),
        ({"context": "0" * 32}, "not here"),
        ({"name": "ada/lab/blast@sha256:" + "0" * 64}, "names a digest"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_built_is_refused_before_anything_is_written(people, wish, words):
    with pytest.raises(Malformed, match=words):
        people.order(**wish)


def test_lines_of_old_builds_are_forgotten_and_the_build_stays(registry, people):
    build = people.order("say hello")
    registry.run_jobs()
    registry.clock.move(timedelta(days=91))

    with registry.parts.unit()() as services:
        assert services.builds.forget_old() == 1

    assert people.log(build) == []
    assert people.state(build) is BuildState.SUCCEEDED


def archive(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def test_files_sent_along_are_there_while_it_builds(registry, people):
    sent = archive(work__data="a text of mine")
    digest = Digest(hashlib.sha256(sent).hexdigest())

    def announce(mine):
        return mine.build_contexts.announce(digest, len(sent)).address

    address = people.do("ada", announce)
    with registry.parts.unit()() as services:
        services.build_contexts.receive(address, io.BytesIO(sent), size=len(sent))
    context = people.do("ada", lambda mine: mine.build_contexts.arrived(digest))
    build = people.order("copy work/data", context=context)
    registry.run_jobs()

    assert people.log(build) == ["a text of mine"]
    assert people.do("ada", announce) is None
    with pytest.raises(NotFound):
        people.do("bob", lambda mine: mine.build_contexts.arrived(digest))
    people.do("ada", lambda mine: mine.build_contexts.forget(digest))
    with pytest.raises(NotFound):
        people.do("ada", lambda mine: mine.build_contexts.arrived(digest))


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd__x"])
def test_files_sent_along_stay_in_their_place(registry, people, name):
    sent = archive(**{name: "x", "good": "y"})
    digest = Digest(hashlib.sha256(sent).hexdigest())
    address = people.do("ada", lambda mine: mine.build_contexts.announce(digest, len(sent)).address)
    with registry.parts.unit()() as services:
        services.build_contexts.receive(address, io.BytesIO(sent), size=len(sent))
    context = people.do("ada", lambda mine: mine.build_contexts.arrived(digest))
    build = people.order("copy good", context=context)

    registry.run_jobs()

    outside = registry.parts.settings.build_directory
    assert not (outside / "outside").exists()
    assert not (outside / build).exists()


def test_other_bytes_than_those_announced_are_not_kept(registry, people):
    digest = Digest("0" * 64)
    address = people.do("ada", lambda mine: mine.build_contexts.announce(digest, 3).address)

    with registry.parts.unit()() as services, pytest.raises(Malformed):
        services.build_contexts.receive(address, io.BytesIO(b"xyz"), size=3)

    with pytest.raises(NotFound):
        people.do("ada", lambda mine: mine.build_contexts.arrived(digest))
