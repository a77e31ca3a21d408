"""A registry with a toy builder, a forge on loopback, and a collection connected to it."""

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Scope
from sregistry_core.models import Build, GitConnection
from sregistry_core.names import CollectionName
from sregistry_core.services import Services
from sregistry_core.services.git_connections import Wanted
from sregistry_core.testing.git_forge import GitForge

SETTINGS = {
    "plugin_modules": "sregistry_core.testing.toy_builder",
    "builder": "toy",
    "git_allow_private": "true",
    "builds_per_user": "100",
}


@pytest.fixture
def forge(tmp_path):
    made = GitForge(tmp_path / "forge")
    made.directory.mkdir()
    yield made
    made.close()


@pytest.fixture
def repository(forge):
    return forge.repository("ada/recipes")


@pytest.fixture
def registry(make_registry):
    return ready(make_registry(**SETTINGS))


def ready(registry):
    """Make ada, with a collection."""
    registry.user("ada")
    registry.user("bob")
    with registry.parts.unit()() as services:
        owner = services.accounts.caller_of(services.accounts.find("ada"))
        mine = Services(services.db, owner, services.facilities)
        mine.catalog.create_collection(mine.catalog.entity("ada"), "lab")
    return registry


@pytest.fixture
def lab(registry):
    return Lab(registry)


class Lab:
    """The collection ada/lab, and what its owner does with its repository."""

    def __init__(self, registry):
        self.registry = registry

    def do(self, act, who="ada", scope=Scope.ADMIN):
        with self.registry.parts.unit()() as services:
            caller = services.accounts.caller_of(services.accounts.find(who), scope=scope)
            mine = Services(services.db, caller, services.facilities)
            return act(mine, mine.catalog.collection(CollectionName("ada", "lab")))

    def connect(self, repository, who="ada", **wanted):
        """Connect it, let everything happen, and give what its owner is shown."""
        url = getattr(repository, "url", repository)
        shown = self.do(lambda s, lab: s.git_connections.set(lab, Wanted(url, **wanted)), who)
        self.registry.run_jobs()
        return shown

    def look(self, **how):
        self.do(lambda s, lab: s.git_connections.look(lab, **how))
        self.registry.run_jobs()

    @property
    def connection(self):
        with self.registry.parts.unit()() as services:
            found = services.db.scalars(select(GitConnection)).one()
            assert found.seen is not None
            services.db.expunge(found)
            return found

    @property
    def builds(self):
        """Names of all builds, in the order in which they were ordered."""
        return [f"{one.container}:{one.tag}" for one in self.all_builds()]

    def all_builds(self):
        with self.registry.parts.unit()() as services:
            found = services.db.scalars(
                select(Build).order_by(Build.ordered_at, Build.container, Build.tag)
            ).all()
            services.db.expunge_all()
            return found

    def forget_builds(self):
        """Remove all builds, so that the next ones are seen alone."""
        with self.registry.parts.unit()() as services:
            for build in services.db.scalars(select(Build)):
                services.db.delete(build)

    def log(self, build):
        with self.registry.parts.unit()() as services:
            found = services.builds.find(build.id)
            return [line.text for line in services.builds.lines(found)]
