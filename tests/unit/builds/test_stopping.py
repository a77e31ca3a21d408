"""A worker that is told to stop while it builds: soon, and without losing the build."""

import time

import pytest

from sregistry_core.errors import StorageUnavailable
from sregistry_core.models import Build, BuildState, Outbox, Token
from sregistry_core.names import ImageName
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish
from sregistry_core.storage.blob_store import BlobStore

STOPPED = "the server was stopped: this build waits in the queue, and begins again"
SOON_SECONDS = 10


class Site:
    """A registry whose worker is started and stopped, and one build whose last lines change."""

    def __init__(self, registry, directory):
        self.registry = registry
        self.rest = directory / "rest"
        self.rest.write_text("wait 60\n")
        registry.user("ada")

    def order(self):
        definition = f"remember job 17\nsay begun\nfollow {self.rest}\nsay done\n"
        name = ImageName.parse("ada/lab/blast:1", home="tacc")
        return self.as_ada(lambda mine: mine.builds.order(Wish(definition, name)).id)

    def as_ada(self, act):
        with self.registry.parts.unit()() as services:
            caller = services.accounts.caller_of(services.accounts.find("ada"))
            return act(Services(services.db, caller, services.facilities))

    def begin(self):
        """Order a build, and wait until it says something."""
        build = self.order()
        self.registry.parts.jobs.start()
        self.until(lambda: "begun" in self.log(build))
        return build

    def stop(self):
        """Stop the worker, which must not take long."""
        asked_at = time.monotonic()
        self.registry.parts.jobs.stop()
        assert time.monotonic() - asked_at < SOON_SECONDS

    def show(self, build):
        with self.registry.parts.unit()() as services:
            found = services.db.get_one(Build, build)
            services.db.expunge(found)
            return found

    def log(self, build):
        return self.as_ada(
            lambda mine: [line.text for line in mine.builds.lines(mine.builds.find(build))]
        )

    def duties(self):
        with self.registry.parts.unit()() as services:
            return [
                (one.job, one.attempts, one.claimed_until)
                for one in services.outbox.all()
                if one.queue == "build"
            ]

    def tokens(self, build):
        """How many tokens the build could fetch images with."""
        with self.registry.parts.unit()() as services:
            return services.db.query(Token).filter_by(name=f"of the build {build}").count()

    def until(self, happened):
        deadline = time.monotonic() + 30
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)

    def directories(self):
        return list(self.registry.parts.settings.build_directory.iterdir())


@pytest.fixture
def make_site(make_registry, tmp_path):
    def make(builder):
        registry = make_registry(
            plugin_modules="sregistry_core.testing.toy_builder", builder=builder
        )
        return Site(registry, tmp_path)

    return make


def test_a_build_is_ended_and_put_back_and_begins_again_at_the_next_start(make_site):
    site = make_site("toy")
    build = site.begin()

    site.stop()

    shown = site.show(build)
    assert (shown.state, shown.started_at, shown.handle) == (BuildState.QUEUED, None, None)
    assert site.log(build) == ["begun", STOPPED]
    assert site.duties() == [("builds.run", 0, None)]
    assert site.directories() == []
    assert site.tokens(build) == 0
    site.rest.write_text("say again\n")
    site.registry.parts.jobs.start()
    site.until(lambda: site.show(build).ended_at is not None)
    assert site.show(build).state is BuildState.SUCCEEDED, site.show(build).reason
    assert site.log(build) == ["begun", STOPPED, "begun", "again", "done"]
    assert site.registry.parts.plugins.builders["toy"].cleared == []


def test_a_builder_that_goes_on_leaves_its_build_running_and_follows_it_later(make_site):
    site = make_site("lasting-toy")
    build = site.begin()

    site.stop()

    assert (site.show(build).state, site.show(build).handle) == (BuildState.RUNNING, "job 17")
    assert site.log(build) == ["begun"]
    assert site.duties() == [("builds.run", 0, None)]
    assert [path.name for path in site.directories()] == [build]
    assert site.tokens(build) == 1
    site.rest.write_text("say again\n")
    site.registry.parts.jobs.start()
    site.until(lambda: site.show(build).ended_at is not None)
    assert site.show(build).state is BuildState.SUCCEEDED, site.show(build).reason
    assert "goes on with job 17" in site.log(build)
    site.until(lambda: site.directories() == [])


def test_a_build_that_was_cancelled_is_not_begun_again(make_site):
    site = make_site("toy")
    build = site.begin()

    site.as_ada(lambda mine: mine.builds.cancel(mine.builds.find(build)))
    site.stop()

    assert site.show(build).state is BuildState.CANCELLED
    assert site.duties() == []
    assert STOPPED not in site.log(build)


def test_no_build_is_begun_any_more_while_a_server_stops(make_site):
    site = make_site("toy")
    site.registry.parts.jobs.start()
    site.registry.parts.jobs.interrupt()

    build = site.order()
    time.sleep(1)

    assert site.show(build).state is BuildState.QUEUED
    assert site.duties() == [("builds.run", 0, None)]
    site.stop()


@pytest.mark.parametrize(
    ("builder", "state"), [("toy", BuildState.QUEUED), ("lasting-toy", BuildState.RUNNING)]
)
def test_an_image_that_cannot_be_kept_yet_holds_no_server_up(
    make_site, monkeypatch, builder, state
):
    site = make_site(builder)
    site.rest.write_text("say built\n")
    refused = []

    def away(*_words, **_named):
        refused.append(1)
        raise StorageUnavailable("the storage does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(BlobStore, "put", away)
        build = site.begin()
        site.until(lambda: refused)
        site.stop()
        assert site.show(build).state is state

    site.registry.parts.jobs.start()
    site.until(lambda: site.show(build).ended_at is not None)
    assert site.show(build).state is BuildState.SUCCEEDED, site.show(build).reason


def test_a_duty_that_somebody_else_has_claimed_since_is_not_put_back(make_site):
    site = make_site("toy")
    build = site.order()
    with site.registry.parts.unit()() as services:
        row = services.db.query(Outbox).filter_by(job="builds.run").one()
        lease = services.facilities.settings.job_lease
        duty, attempt = row.id, services.outbox.claim(row.id, lease).attempts

    with site.registry.parts.unit()() as services:
        services.outbox.put_back(duty, attempt - 1)

    assert site.duties()[0][1] == attempt
    assert site.duties()[0][2] is not None
    assert site.show(build).state is BuildState.QUEUED
