"""Tokens of builds: what they may read, for whom they are made, and when they end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Scope
from sregistry_core.errors import LoginRequired
from sregistry_core.models import Build, BuildState, CollectionRole, Token
from sregistry_core.names import CollectionName, ImageName
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish

TOY = {"plugin_modules": "sregistry_core.testing.toy_builder", "builder": "toy"}


@pytest.fixture
def registry(make_registry):
    made = make_registry(**TOY)
    made.user("ada")
    return made


@pytest.fixture
def begin(registry):
    """Orders a build of Ada's, and begins it as a worker does; gives its number."""

    def begin(**more):
        name = ImageName.parse("ada/lab/blast:1", home="tacc")
        with registry.parts.unit()() as services:
            ada = services.accounts.caller_of(services.accounts.find("ada"))
            mine = Services(services.db, ada, services.facilities)
            build = mine.builds.order(Wish("say hello", name, **more)).id
        with registry.parts.unit()() as services:
            assert services.building.begin(build) is not None
        return build

    return begin


def issue(registry, build):
    with registry.parts.unit()() as services:
        return services.build_tokens.issue(build)


def caller(registry, secret):
    with registry.parts.unit()() as services:
        return services.authentication.caller_of_token(secret)


def test_a_token_of_a_build_is_its_orderers_and_only_pulls(registry, begin):
    token = issue(registry, begin())

    found = caller(registry, token.secret)

    assert (token.user, found.name, found.scope) == ("ada", "ada", Scope.PULL)
    assert token.secret not in repr(token)


def test_a_worker_that_finds_a_build_again_has_the_same_token(registry, begin):
    build = begin()

    assert issue(registry, build) == issue(registry, build)
    with registry.parts.unit()() as services:
        named = select(Token).where(Token.name == f"of the build {build}")
        assert len(services.db.scalars(named).all()) == 1


@pytest.mark.parametrize("state", [BuildState.SUCCEEDED, BuildState.CANCELLED, BuildState.LOST])
def test_a_token_ends_with_its_build_and_so_does_what_was_made_from_it(registry, begin, state):
    build, other = begin(), begin()
    token, others = issue(registry, build), issue(registry, other)
    with registry.parts.unit()() as services:
        ours = services.authentication.caller_of_token(token.secret)
        mine = Services(services.db, ours, services.facilities)
        narrow = mine.narrow_tokens.issue(["repository:ada/lab/blast:pull,push"]).text
        assert services.narrow_tokens.caller_of(narrow).scope is Scope.PULL

    with registry.parts.unit()() as services:
        services.building.end(build, state)

    with pytest.raises(LoginRequired):
        caller(registry, token.secret)
    with registry.parts.unit()() as services, pytest.raises(LoginRequired):
        services.narrow_tokens.caller_of(narrow)
    assert caller(registry, others.secret).name == "ada"
    assert issue(registry, build) is None


def test_a_token_lives_no_longer_than_a_build_may(registry, begin):
    token = issue(registry, begin())

    registry.clock.move(registry.parts.settings.build_time_limit + timedelta(seconds=1))

    with pytest.raises(LoginRequired, match="expired"):
        caller(registry, token.secret)


def test_a_recipe_that_somebody_else_has_sent_has_none(registry, begin):
    assert issue(registry, begin(own_recipe=False)) is None


def test_to_try_again_what_somebody_else_has_ordered_gives_them_nothing_to_read(registry, begin):
    registry.user("bob")
    build = begin()
    with registry.parts.unit()() as services:
        services.building.end(build, BuildState.FAILED)
        services.grants.give(
            services.catalog.collection(CollectionName.parse("ada/lab", home="tacc")),
            CollectionRole.WRITER,
            user="bob",
        )

    of_bob, of_ada = retried(registry, build, "bob"), retried(registry, build, "ada")
    assert issue(registry, of_bob) is None
    with registry.parts.unit()() as services:
        services.building.end(of_bob, BuildState.FAILED)
    of_both = retried(registry, of_bob, "ada")

    assert issue(registry, of_both) is None
    assert issue(registry, of_ada).user == "ada"


def retried(registry, build, who):
    """Has somebody order it again, begins that, and gives its number."""
    with registry.parts.unit()() as services:
        caller = services.accounts.caller_of(services.accounts.find(who))
        mine = Services(services.db, caller, services.facilities)
        again = mine.builds.retry(mine.builds.find(build)).id
    with registry.parts.unit()() as services:
        services.building.begin(again)
    return again


def test_nobody_who_is_gone_or_disabled_has_one(registry, begin):
    builds = [begin(), begin()]
    with registry.parts.unit()() as services:
        services.db.get_one(Build, builds[0]).ordered_by = None
        services.accounts.disable("ada")

    assert [issue(registry, build) for build in builds] == [None, None]
