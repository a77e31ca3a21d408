"""Every door of a service is guarded: a stranger who knocks at a private thing is turned away.

Each public method of each service stands in the table below. A new one without a line fails.
"""

import inspect
import io
import typing
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select

from sregistry_core.contracts import Caller, Scope, Subject
from sregistry_core.digests import ContentDigest, Digest
from sregistry_core.errors import LoginRequired, NotAllowed, NotFound
from sregistry_core.models import (
    BlobUpload,
    Build,
    BuildContext,
    BuildState,
    CollectionRole,
    GitConnection,
    Image,
    Invitation,
    Manifest,
    Outbox,
    RebuildSchedule,
    Team,
    Token,
    Topic,
    Upload,
    User,
    WebSession,
)
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish
from sregistry_core.services.git_connections import Wanted as GitWanted
from sregistry_core.services.manifest_reference import Reference
from sregistry_core.services.rebuilds import RebuildWish
from sregistry_core.testing.registry import Registry
from sregistry_core.testing.sif_files import make_sif

from .doors import DOORS
from .doors.kinds import (
    BLAST,
    FUTURE,
    ISSUER,
    KEY,
    LAB,
    NAME,
    Refuses,
    RefusesAllButTheSystem,
    ShowsNothing,
)

TRIED = {name: door for name, door in DOORS.items() if isinstance(door, Refuses)}
HAS_ITS_CONDITIONS = {
    "account_changes.delete": "she is the last owner of a team",
    "uploads.finish_parts": "no part has come",
}
"""Doors that do not refuse Ada or the system, but have another reason to give no answer."""

OPEN_TO_EVERY_USER = {
    "build_contexts.adopt",
    "build_contexts.announce",
    "journeys.begin",
    "keys.add",
    "renaming.entities",
    "team_changes.open_ones",
    "unnamed_builds.place",
    "stars.mine",
    "teams.create",
    "teams.mine",
}


class TakenBackError(Exception):
    """Ends a transaction that was only a trial."""


def services_by_name():
    return {
        name: typing.get_type_hints(found.func)["return"]
        for kind in Services.__mro__
        for name, found in vars(kind).items()
        if isinstance(found, cached_property)
    }


def doors_of(services):
    """Give `service.method` of every public method."""
    return {
        f"{name}.{method}"
        for name, service in services.items()
        for method, function in inspect.getmembers(service, inspect.isfunction)
        if not method.startswith("_")
    }


def without_a_line(doors, table):
    return sorted(
        door for door in doors if door not in table and door.partition(".")[0] not in table
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory, empty_database):
    """A registry of Ada, an administrator, in which everything is private."""
    registry = Registry(
        tmp_path_factory.mktemp("doors"),
        empty_database,
        {
            "sregistry.publishers": ISSUER,
            "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
            "sregistry.builder": "toy",
        },
    )
    content = make_sif(labels={"org.example": "secret"})
    ada = registry.user("ada", is_admin=True)
    registry.user("bob")
    ada.push("ada/lab/blast:1", content)
    registry.run_jobs()
    registry.hide("ada/lab")
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.teams.create("crew")
        lab = services.catalog.collection(LAB)
        empty = services.catalog.create_collection(lab.entity, "empty", private=True)
        services.signers.require(empty, ["A" * 40])
        services.collection_changes.set_topics(lab, ["secret"])
        services.grants.give(lab, CollectionRole.READER, team="crew")
        services.db.add(Topic(collection_id=lab.id, name="genomics"))
        services.robots.create(LAB, "ci", scope=Scope.PUSH)
        services.publishers.add(
            lab, "builds", issuer=ISSUER, claims={"repository": "a/b"}, scope=Scope.PUSH
        )
        services.shares.create(NAME)
        services.builds.order(Wish("say hello", NAME))
        ended = services.builds.order(Wish("fail", NAME))
        services.builds.cancel(ended)
        services.db.add(
            BuildContext(
                user_id=ended.ordered_by,
                digest=services.images.resolve(NAME).digest,
                size=1,
                arrived_at=ended.ordered_at,
                created_at=ended.ordered_at,
                expires_at=ended.ordered_at,
            )
        )
        services.federation.add("elsewhere", "https://elsewhere.test")
        services.invitations.create("crew", lifetime=timedelta(days=1))
        services.authentication.begin_session(services.accounts.find("ada"), None)
        image = services.images.resolve(NAME)
        services.uploads.begin_parts(image.id, size=len(content))
        services.blob_uploads.begin(image.container)
        services.keys.add(KEY.public.encode())
        services.stars.give(empty)
        services.git_connections.set(lab, GitWanted("https://127.0.0.1/a/b"))
        services.rebuilds.set(services.catalog.container(BLAST), "1", RebuildWish(every_days=7))
        services.build_secrets.set(lab, "TOKEN", "what only builds know")
        services.linked_logins.link(services.access.caller.user_id, Subject("campus", "1", "ada"))
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.manifests.find(services.catalog.container(BLAST), Reference("1"))
    registry.clock.move(timedelta(minutes=1))
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(LAB)
        services.audit.record("image.push", "ada/lab/blast", collection=lab)
    registry.content = content
    yield registry
    registry.close()


def caller_of(registry, name):
    with registry.parts.unit()() as services:
        return services.accounts.caller_of(services.accounts.find(name))


def things_of(services, registry):
    """Rows of Ada's, loaded without asking any service."""

    def only(kind, **wanted):
        return services.db.scalars(select(kind).filter_by(**wanted).limit(1)).one()

    image = only(Image)
    lab = image.container.collection
    git = only(GitConnection).id
    archive = registry.directory / "archive.tar.gz"
    archive.write_bytes(b"packed")
    return SimpleNamespace(
        user=only(User, name="ada"),
        token=only(Token),
        team=only(Team),
        entity=lab.entity,
        lab=lab,
        empty=only(type(lab), name="empty"),
        blast=image.container,
        image=image,
        digest=Digest.parse(image.digest),
        blob=image.blob,
        upload=only(Upload),
        blob_upload=only(BlobUpload),
        build=only(Build, state=BuildState.QUEUED),
        ended_build=only(Build, state=BuildState.CANCELLED),
        manifest=only(Manifest),
        content_digest=ContentDigest("sha256", Digest.parse(image.digest).hex),
        share=1,
        content=registry.content,
        password="not the right one",
        duty=services.db.scalars(select(Outbox.id).limit(1)).one(),
        session=only(WebSession).digest[:16],
        invitation=only(Invitation).id,
        git=git,
        look=SimpleNamespace(connection=git, began_at=FUTURE),
        archive=archive,
        rebuild=only(RebuildSchedule).id,
    )


def test_every_door_has_a_line():
    assert without_a_line(doors_of(services_by_name()), DOORS) == []


def test_every_line_has_a_door():
    doors = doors_of(services_by_name())

    assert [name for name in DOORS if name not in doors and "." in name] == []
    assert {name for name in DOORS if "." not in name} <= set(services_by_name())


def test_a_new_door_would_be_noticed():
    class Careless:
        def tell_all(self): ...

    assert without_a_line(doors_of({"careless": Careless}), DOORS) == ["careless.tell_all"]


def watch(session):
    """Give a list that tells what the session has written from now on."""
    written = []

    def note(state):
        if not state.is_select:
            written.append(str(state.statement))

    event.listen(session, "do_orm_execute", note)
    event.listen(session, "after_flush", lambda *_: written.append("rows"))
    return written


def knock(registry, door, caller):
    with pytest.raises(TakenBackError), registry.parts.unit(caller)() as services:
        things = things_of(services, registry)
        written = watch(services.db)
        if isinstance(door, ShowsNothing):
            assert not door.call(services, things)
        else:
            with pytest.raises((NotFound, LoginRequired, NotAllowed)):
                door.call(services, things)
        services.db.flush()
        assert not written
        raise TakenBackError


@pytest.mark.parametrize("name", TRIED)
def test_a_stranger_is_turned_away(registry, name):
    knock(registry, TRIED[name], Caller.anonymous())


@pytest.mark.parametrize("name", [name for name in TRIED if name not in OPEN_TO_EVERY_USER])
def test_another_user_is_turned_away(registry, name):
    knock(registry, TRIED[name], caller_of(registry, "bob"))


@pytest.mark.parametrize("name", TRIED)
def test_a_token_for_pulling_changes_nothing(registry, name):
    """Ada herself, with a token that is for pulling only; what she may read she still reads."""
    weak = replace(caller_of(registry, "ada"), scope=Scope.PULL)
    with pytest.raises(TakenBackError), registry.parts.unit(weak)() as services:
        things = things_of(services, registry)
        written = watch(services.db)
        with suppress(NotFound, LoginRequired, NotAllowed):
            TRIED[name].call(services, things)
        services.db.flush()
        assert not written
        raise TakenBackError


@pytest.mark.parametrize("name", [name for name in TRIED if name != "authentication.log_in"])
def test_who_may_pass_is_let_through(registry, name):
    door = TRIED[name]
    caller = Caller.system()
    if not isinstance(door, RefusesAllButTheSystem):
        caller = caller_of(registry, "ada")

    with pytest.raises(TakenBackError), registry.parts.unit(caller)() as services:
        things = things_of(services, registry)
        try:
            answer = door.call(services, things)
        except (NotFound, LoginRequired, NotAllowed):
            raise
        except Exception:
            assert name in HAS_ITS_CONDITIONS
        else:
            assert answer or not isinstance(door, ShowsNothing)
        raise TakenBackError


@pytest.mark.parametrize(
    "name", [name for name, door in TRIED.items() if isinstance(door, RefusesAllButTheSystem)]
)
def test_not_even_an_administrator_is_the_system(registry, name):
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        things = things_of(services, registry)
        with pytest.raises(NotAllowed, match="only the registry itself does this"):
            TRIED[name].call(services, things)


def test_an_address_that_nobody_signed_leads_nowhere(registry):
    with registry.parts.unit(Caller.anonymous())() as services:
        for open_door in (
            lambda: services.uploads.receive("forged", io.BytesIO()),
            lambda: services.downloads.redeem("forged"),
            lambda: services.downloads.open_share("forged", "blast:1", "lab"),
            lambda: services.downloads.address_of_share("forged", "blast:1", "lab"),
            lambda: services.shares.redeem("forged", collection="lab", container="blast:1"),
            lambda: services.authentication.caller_of_token("forged"),
            lambda: services.authentication.caller_of_password("ada", "forged"),
        ):
            with pytest.raises((NotFound, LoginRequired)):
                open_door()
        assert services.authentication.caller_of_session("forged").is_anonymous


def test_an_address_stops_working_when_its_user_may_no_longer_read(registry):
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.grants.give(services.catalog.collection(LAB), CollectionRole.READER, user="bob")
    with registry.parts.unit(caller_of(registry, "bob"))() as services:
        address = services.downloads.address(services.images.resolve(NAME)).rsplit("/", 1)[-1]
    registry.clock.move(timedelta(minutes=1))

    with registry.parts.unit(Caller.anonymous())() as services:
        assert services.downloads.redeem(address).size == len(registry.content)
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.grants.take(services.catalog.collection(LAB), user="bob")

    with registry.parts.unit(Caller.anonymous())() as services, pytest.raises(NotFound):
        services.downloads.redeem(address)
