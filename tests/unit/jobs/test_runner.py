"""Duties: written down with the act, claimed once, tried again, and coming round."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.jobs.duties import PERIODIC, SOON
from sregistry_core.models import Outbox, Periodic
from sregistry_core.services.outbox import QUICK

LEASE = timedelta(minutes=1)
HOURLY = sorted(
    job for job, pause in PERIODIC.items() if pause <= timedelta(hours=1) or job in SOON
)

PLUGIN = '''
"""Duties for the tests."""

from sregistry_core import hookimpl

DONE = []
FAILING = []


def note(services, *, text):
    if FAILING:
        raise RuntimeError("not today")
    DONE.append(text)


@hookimpl
def sregistry_jobs():
    return {"noting.note": note}
'''


@pytest.fixture
def noting(tmp_path, monkeypatch):
    """A plugin module that offers the job `noting.note`."""
    (tmp_path / "noting_duties.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    import noting_duties

    noting_duties.DONE.clear()
    noting_duties.FAILING.clear()
    return noting_duties


@pytest.fixture
def registry(make_registry, noting):
    return make_registry(plugin_modules="noting_duties")


def write(registry, text="x", queue=QUICK):
    with registry.parts.unit()() as services:
        services.outbox.write("noting.note", queue=queue, text=text)


def rows(registry):
    with registry.parts.unit()() as services:
        return services.db.scalars(select(Outbox)).all()


def test_a_duty_is_done_once_and_struck_off(registry, noting):
    write(registry)

    assert registry.run_jobs() == 1
    assert registry.run_jobs() == 0
    assert noting.DONE == ["x"]


def test_a_duty_of_an_act_that_failed_was_never_there(registry, noting):
    with pytest.raises(RuntimeError), registry.parts.unit()() as services:
        services.outbox.write("noting.note", text="x")
        raise RuntimeError("the act failed")

    assert registry.run_jobs() == 0


def test_a_duty_that_fails_is_tried_again_later_and_later(registry, noting):
    noting.FAILING.append(True)
    write(registry)
    pauses = []
    for _ in range(4):
        registry.run_jobs()
        (row,) = rows(registry)
        assert row.error == "RuntimeError: not today"
        pauses.append(row.due_at - registry.clock.now)
        registry.clock.move(pauses[-1])
    noting.FAILING.clear()

    assert pauses == sorted(set(pauses))
    assert registry.run_jobs() == 1
    assert noting.DONE == ["x"]


def test_a_duty_that_always_fails_is_given_up_and_stays_to_be_seen(registry, noting):
    noting.FAILING.append(True)
    write(registry)
    for _ in range(30):
        registry.run_jobs()
        registry.clock.move(timedelta(hours=2))

    (row,) = rows(registry)
    assert row.failed_at is not None
    with registry.parts.unit()() as services:
        assert services.outbox.counts() == {"waiting": 0, "failed": 1}


def test_a_duty_that_no_plugin_knows_is_told_so(registry):
    with registry.parts.unit()() as services:
        services.outbox.write("gone.job")
    registry.run_jobs()

    (row,) = rows(registry)
    assert "no plugin in use offers the job gone.job" in row.error


def test_of_many_workers_one_gets_each_duty(registry, noting):
    for number in range(10):
        write(registry, str(number))
    ids = [row.id for row in rows(registry)]

    def work():
        for duty in ids:
            registry.parts.jobs.run_duty(duty)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(noting.DONE) == sorted(map(str, range(10)))


def test_the_duty_of_a_worker_that_died_is_taken_over(registry, noting):
    write(registry)
    (row,) = rows(registry)
    with registry.parts.unit()() as services:
        assert services.outbox.claim(row.id, LEASE) is not None

    assert registry.run_jobs() == 0
    registry.clock.move(LEASE + timedelta(seconds=1))
    assert registry.run_jobs() == 1


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_the_embedded_worker_hears_of_a_duty_after_the_commit(registry, noting):
    registry.parts.jobs.start()

    write(registry, "rung")

    wait_for(lambda: noting.DONE == ["rung"])
    registry.parts.jobs.stop()


def test_a_worker_that_starts_finds_what_was_written_before(registry, noting):
    write(registry, "before")

    registry.parts.jobs.start()

    wait_for(lambda: noting.DONE == ["before"])
    registry.parts.jobs.stop()


def test_what_comes_round_is_written_down_once_each_time(registry):
    jobs = registry.parts.jobs
    jobs.look_for_work()
    jobs.look_for_work()
    assert rows(registry) == []
    registry.clock.move(timedelta(hours=1))

    jobs.look_for_work()
    jobs.look_for_work()

    assert sorted(row.job for row in rows(registry)) == HOURLY
    with registry.parts.unit()() as services:
        due = {row.job: row.due_at for row in services.db.scalars(select(Periodic))}
    assert due["garbage.collect"] == registry.clock.now + timedelta(hours=1)


def test_what_shows_something_comes_a_minute_after_the_first_start(registry):
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(minutes=1))

    registry.parts.jobs.look_for_work()

    assert {row.job for row in rows(registry)} == {"storage.measure", "storages.check"}


def test_what_comes_round_runs(registry):
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(hours=1))
    registry.parts.jobs.look_for_work()

    assert registry.run_jobs() == len(HOURLY)
    assert rows(registry) == []
