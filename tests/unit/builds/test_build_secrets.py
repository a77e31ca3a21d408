"""Secrets of builds: sealed, given while a build runs, and kept out of its log."""

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Secret
from sregistry_core.errors import Malformed, NotAllowed, NotFound
from sregistry_core.models import Build, BuildSecret, BuildState
from sregistry_core.names import CollectionName, ImageName
from sregistry_core.services import Services
from sregistry_core.services.build_secrets import LONGEST, MOST
from sregistry_core.services.builds import Wish
from sregistry_core.storage.signed_urls import Signer

TOY = {"plugin_modules": "sregistry_core.testing.toy_builder", "builder": "toy"}
VALUE = "swordfish's own"


@pytest.fixture
def registry(make_registry):
    made = make_registry(**TOY)
    for name in ("ada", "bob"):
        made.user(name)
    as_user(made, lambda mine: mine.catalog.create_collection(mine.catalog.entity("ada"), "lab"))
    return made


LAB = CollectionName.parse("ada/lab", home="tacc")


def as_user(registry, act, who="ada"):
    with registry.parts.unit()() as services:
        user = services.accounts.find(who)
        return act(Services(services.db, services.accounts.caller_of(user), services.facilities))


def keep(registry, name="TOKEN", value=VALUE, who="ada"):
    return as_user(
        registry,
        lambda mine: mine.build_secrets.set(mine.catalog.collection(LAB), name, value).name,
        who,
    )


def build(registry, definition, name="ada/lab/blast:1"):
    wish = Wish(definition, ImageName.parse(name, home="tacc"))
    ordered = as_user(registry, lambda mine: mine.builds.order(wish).id)
    registry.run_jobs()
    with registry.parts.unit()() as services:
        row = services.db.get_one(Build, ordered)
        said = [line.text for line in services.builds.lines(row)]
        services.db.expunge(row)
    return row, said


def test_a_build_is_given_the_secrets_of_its_collection_and_its_log_hides_them(registry):
    keep(registry)
    keep(registry, "LINES", "first line of it\nsecond line of it")

    row, said = build(
        registry,
        "reveal TOKEN\nreveal LINES\nsay + echo 'swordfish'\\''s own'\nsay second line of it",
    )

    assert row.state is BuildState.SUCCEEDED, row.reason
    assert said == ["TOKEN is ***", "LINES is ***", "***", "+ echo '***'", "***"]


def test_a_build_of_another_collection_is_not_given_them(registry):
    keep(registry)

    row, said = build(registry, "reveal TOKEN", name="ada/other/blast:1")

    assert row.state is BuildState.FAILED
    assert said == []


def test_the_value_stands_nowhere_in_the_database(registry):
    keep(registry)

    with registry.parts.unit()() as services:
        (row,) = services.db.scalars(select(BuildSecret))
        assert VALUE not in row.sealed
        assert (row.name, row.set_by) == ("TOKEN", services.accounts.find("ada").id)


def test_after_a_new_secret_of_the_site_builds_say_what_to_set_anew(registry):
    keep(registry)
    facilities = registry.parts.facilities
    other = Signer(Secret("another secret of the site, long enough"), facilities.clock)
    object.__setattr__(facilities, "signer", other)

    row, _ = build(registry, "say hello")

    assert row.state is BuildState.FAILED
    assert row.reason == "the secret TOKEN cannot be opened any more, and must be set anew"


def test_who_may_only_push_neither_sets_nor_sees_them(registry):
    with pytest.raises(NotAllowed):
        keep(registry, who="bob")
    with pytest.raises(NotAllowed):
        as_user(
            registry, lambda mine: mine.build_secrets.of(mine.catalog.collection(LAB)), who="bob"
        )


def test_a_secret_is_replaced_and_forgotten(registry):
    keep(registry)
    keep(registry, value="another value")
    assert build(registry, "say another value")[1] == ["***"]

    def remove(mine):
        mine.build_secrets.remove(mine.catalog.collection(LAB), "TOKEN")

    as_user(registry, remove)

    assert build(registry, "say another value")[1] == ["another value"]
    with pytest.raises(NotFound):
        as_user(registry, remove)


@pytest.mark.parametrize("name", ["", "1A", "A-B", "PATH", "LD_PRELOAD", "apptainer_X", "A" * 65])
def test_names_that_no_shell_knows_or_that_programs_use_are_refused(registry, name):
    with pytest.raises(Malformed):
        keep(registry, name)


@pytest.mark.parametrize(
    "value", ["", "short", "x" * (LONGEST + 1), "with a \0 in it", "\udc80" * 9]
)
def test_values_that_cannot_be_hidden_or_given_are_refused(registry, value):
    with pytest.raises(Malformed):
        keep(registry, value=value)


def test_a_collection_has_so_many_and_no_more(registry):
    for number in range(MOST):
        keep(registry, f"NAME_{number}")

    with pytest.raises(Malformed, match="may have no more"):
        keep(registry, "ONE_MORE")
    keep(registry, "NAME_1", "a new value")
