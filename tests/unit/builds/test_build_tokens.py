"""Tokens of builds: what they may read, for whom they are made, and when they end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Scope
from sregistry_core.errors import LoginRequired
from sregistry_core.models import Build, BuildState, Token
from sregistry_core.names import ImageName
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


def test_a_build_from_git_has_none(registry, begin):
    assert issue(registry, begin(source={"repository": "https://git.test/a/b"})) is None


def test_nobody_who_is_gone_or_disabled_has_one(registry, begin):
    builds = [begin(), begin()]
    with registry.parts.unit()() as services:
        services.db.get_one(Build, builds[0]).ordered_by = None
        services.accounts.disable("ada")

    assert [issue(registry, build) for build in builds] == [None, None]
