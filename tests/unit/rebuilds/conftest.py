"""A registry with a toy builder, whose images ada has built anew by themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Scope
from sregistry_core.models import Build, RebuildSchedule
from sregistry_core.names import ContainerName, ImageName
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish
from sregistry_core.services.rebuilding import FIND_JOB
from sregistry_core.services.rebuilds import RebuildWish

SETTINGS = {
    "plugin_modules": "sregistry_core.testing.toy_builder",
    "builder": "toy",
    "base_allow_private": "true",
}
WEEK = timedelta(days=7)


@pytest.fixture
def registry(make_registry):
    made = make_registry(**SETTINGS)
    for name in ("ada", "bob"):
        made.user(name)
    return made


@pytest.fixture
def lab(registry, tmp_path):
    return Lab(registry, tmp_path / "what-is-built")


class Lab:
    """What ada has: one image, and a file that decides what the next build of it gives."""

    def __init__(self, registry, file):
        self.registry = registry
        self.file = file
        self.will_give()

    def will_give(self, *lines):
        """Say what the toy builder does from now on."""
        self.file.write_text("\n".join(lines))

    def do(self, act, who="ada"):
        with self.registry.parts.unit()() as services:
            caller = services.accounts.caller_of(services.accounts.find(who), scope=Scope.ADMIN)
            return act(Services(services.db, caller, services.facilities))

    def build(self, name="ada/lab/blast:1", *, header="", who="ada", **wish):
        """Build an image for the first time."""
        definition = f"{header}\nfollow {self.file}"
        wanted = Wish(definition, ImageName.parse(name, home="tacc"), **wish)
        self.do(lambda mine: mine.builds.order(wanted).id, who)
        self.registry.run_jobs()

    def schedule(self, name="ada/lab/blast:1", who="ada", **wish):
        container, _, tag = name.partition(":")
        found = ContainerName.parse(container, home="tacc")

        def act(mine):
            row = mine.rebuilds.set(mine.catalog.container(found), tag, RebuildWish(**wish))
            return [(one["address"], one["trouble"]) for one in row.bases]

        return self.do(act, who)

    def pass_time(self, time=WEEK):
        """Let time pass until everything that is due by then has been done."""
        self.registry.clock.move(time)
        for job in ("builds.expire", FIND_JOB):
            with self.registry.parts.unit()() as services:
                services.outbox.write(job)
        self.registry.run_jobs()

    @property
    def shown(self):
        with self.registry.parts.unit()() as services:
            found = services.db.scalars(select(RebuildSchedule)).one()
            services.db.expunge(found)
            return found

    @property
    def said(self):
        """The verdict and its words."""
        return self.shown.verdict, self.shown.words

    @property
    def builds(self):
        """All builds, the first one first."""
        with self.registry.parts.unit()() as services:
            found = services.db.scalars(select(Build).order_by(Build.ordered_at, Build.id)).all()
            services.db.expunge_all()
            return found

    def digest(self, name="ada/lab/blast:1"):
        with self.registry.parts.unit()() as services:
            return services.images.resolve(ImageName.parse(name, home="tacc")).digest
