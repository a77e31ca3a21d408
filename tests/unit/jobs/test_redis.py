"""The same jobs with a real Redis: it only delivers the news, the rows are the truth."""

import time

import pytest
from sqlalchemy import func, select

from sregistry_core.models import Outbox
from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.live_worker import LiveWorker
from sregistry_core.testing.sif_files import make_sif

pytestmark = pytest.mark.real
AT_ONCE = 1.0  # seconds; a connection that is not answered would take two, an answer five


def wait_for(condition, patience=20):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def inspected(ada):
    image = ada.get("/v1/images/ada/lab/blast:1").json["data"]
    found = ada.get("/v1/search?value=version%3D2.1&arch=amd64").json["data"]["image"]
    return [one["id"] for one in found] == [image["id"]]


def write_duties(registry, number):
    with registry.services() as services:
        for _ in range(number):
            services.outbox.write("uploads.expire")


def waiting(registry):
    with registry.services() as services:
        return services.db.scalar(select(func.count()).select_from(Outbox))


@pytest.fixture
def live(tmp_path, redis):
    """A registry whose jobs go through Redis; the server itself need not run."""
    registry = LiveRegistry(tmp_path / "live", settings={"sregistry.jobs": redis.url})
    registry.admin("init")
    return registry


def test_a_worker_hears_through_redis_of_what_was_pushed(make_registry, redis):
    registry = make_registry(jobs=redis.url)
    ada = registry.user("ada")
    registry.parts.jobs.start()

    ada.push("ada/lab/blast:1", make_sif(labels={"version": "2.1"}))

    wait_for(lambda: inspected(ada))
    registry.parts.jobs.stop()


def test_a_push_while_redis_is_gone_is_taken_and_its_job_done_later(make_registry, redis):
    registry = make_registry(jobs=redis.url)
    ada = registry.user("ada")
    redis.kill()

    ada.push("ada/lab/blast:1", make_sif(labels={"version": "2.1"}))
    assert not inspected(ada)

    redis.start()
    registry.parts.jobs.start()
    wait_for(lambda: inspected(ada))
    registry.parts.jobs.stop()


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_nobody_waits_for_a_redis_that_does_not_answer(make_registry, redis, how):
    registry = make_registry(jobs=redis.url)
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", make_sif())
    getattr(redis, how)()

    for number in range(3):
        began = time.monotonic()
        with registry.parts.unit()() as services:
            for _ in range(20):
                services.outbox.write("uploads.expire")
        ada.get("/v1/images/ada/lab/blast:1", status=200)
        assert time.monotonic() - began < AT_ONCE, f"turn {number} waited"
    if how == "freeze":
        redis.thaw()


def test_a_redis_that_forgets_everything_loses_no_job(live, redis):
    with LiveWorker(live, "first"), LiveWorker(live, "second"):
        for _ in range(3):
            write_duties(live, 30)
            redis.kill()
            write_duties(live, 30)
            redis.start()
        wait_for(lambda: waiting(live) == 0, 60)


def test_workers_on_several_machines_share_the_jobs(live, redis):
    with LiveWorker(live, "first") as first, LiveWorker(live, "second") as second:
        write_duties(live, 200)
        wait_for(lambda: waiting(live) == 0, 60)
    assert "failed" not in first.log + second.log


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_a_worker_that_is_told_to_stop_while_redis_is_gone_stops(live, redis, how):
    with LiveWorker(live) as worker:
        write_duties(live, 30)
        wait_for(lambda: waiting(live) < 30, 60)
        getattr(redis, how)()
        time.sleep(1)

        worker.stop(within=30)

    if how == "freeze":
        redis.thaw()


def test_the_relay_rings_no_more_for_what_workers_have_not_heard_yet(make_registry, redis):
    """Otherwise a long backlog would fill Redis with the same news, again every few seconds."""
    registry = make_registry(jobs=redis.url)
    with registry.parts.unit()() as services:
        for _ in range(300):
            services.outbox.write("uploads.expire")
    jobs = registry.parts.jobs
    wait_for(lambda: jobs.news("quick") >= 300)

    for _ in range(5):
        jobs.look_for_work()

    assert jobs.news("quick") == 300
    assert registry.run_jobs() == 300
