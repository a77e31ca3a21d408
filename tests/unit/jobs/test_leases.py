"""A duty belongs to its worker while that one is heard of, whatever the clock does."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.jobs.duties import PERIODIC
from sregistry_core.models import Outbox, Periodic
from sregistry_core.services.outbox import QUICK, SLOW

LEASE = timedelta(minutes=1)
A_MOMENT = timedelta(seconds=1)
A_DAY = timedelta(days=1)
PLUGIN = '''
"""A duty that lasts as long as a test wants."""

import threading

from sregistry_core import hookimpl

BEGUN, MAY_END, RUNS, FAILING = threading.Event(), threading.Event(), [], []


def wait(services):
    RUNS.append(1)
    BEGUN.set()
    # No lock of the database is held: nothing was asked of it yet.
    MAY_END.wait(30)
    if FAILING:
        raise RuntimeError("not today")


@hookimpl
def sregistry_jobs():
    return {"waiting.wait": wait}
'''


@pytest.fixture
def waiting(tmp_path, monkeypatch):
    (tmp_path / "waiting_duties.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    import waiting_duties

    for event in (waiting_duties.BEGUN, waiting_duties.MAY_END):
        event.clear()
    waiting_duties.RUNS.clear()
    waiting_duties.FAILING.clear()
    return waiting_duties


@pytest.fixture
def registry(make_registry, waiting):
    return make_registry(plugin_modules="waiting_duties")


@pytest.fixture
def duty(registry):
    return write(registry)


def write(registry, queue=QUICK):
    with registry.parts.unit()() as services:
        services.outbox.write("waiting.wait", queue=queue)
    return row_of(registry).id


def row_of(registry):
    with registry.parts.unit()() as services:
        return services.db.scalars(select(Outbox)).one_or_none()


def claim(registry, duty):
    """Claim a duty, as a worker of another process; what its attempts then are, or None."""
    with registry.parts.unit()() as services:
        claimed = services.outbox.claim(duty, LEASE)
        return claimed.attempts if claimed is not None else None


def due(registry):
    with registry.parts.unit()() as services:
        return [one for one, _ in services.outbox.due()]


@pytest.fixture
def at_work(registry, waiting, duty):
    """A thread of this process that is at the duty until the test lets it end."""
    thread = threading.Thread(target=registry.parts.jobs.run_duty, args=[duty])
    thread.start()
    assert waiting.BEGUN.wait(10)
    yield thread
    waiting.MAY_END.set()
    thread.join()


def test_a_duty_is_renewed_for_as_long_as_it_is_worked_at(registry, waiting, duty, at_work):
    for _ in range(5):
        registry.clock.move(LEASE - A_MOMENT)
        registry.parts.jobs._leases.renew()

    assert claim(registry, duty) is None
    waiting.MAY_END.set()
    at_work.join()
    assert row_of(registry) is None


def test_the_duty_of_a_worker_that_is_no_longer_heard_of_is_taken_over(registry, duty):
    assert claim(registry, duty) == 1
    registry.clock.move(LEASE + A_MOMENT)

    assert claim(registry, duty) == 2


def test_a_worker_that_wakes_up_does_not_take_its_duty_back(registry, waiting, duty, at_work):
    registry.clock.move(LEASE + A_MOMENT)
    assert claim(registry, duty) == 2
    until = row_of(registry).claimed_until
    registry.clock.move(A_MOMENT)

    registry.parts.jobs._leases.renew()

    assert row_of(registry).claimed_until == until


def test_a_failure_of_a_worker_that_wakes_up_is_not_that_of_the_next_one(
    registry, waiting, duty, at_work
):
    registry.clock.move(LEASE + A_MOMENT)
    assert claim(registry, duty) == 2
    waiting.FAILING.append(True)

    waiting.MAY_END.set()
    at_work.join()

    assert row_of(registry).claimed_until is not None
    assert row_of(registry).error is None


def test_a_jump_of_the_clock_does_not_run_a_duty_twice_in_one_process(
    registry, waiting, duty, at_work
):
    registry.clock.move(A_DAY)
    registry.parts.jobs.run_duty(duty)
    registry.clock.move(-2 * A_DAY)
    registry.parts.jobs.run_duty(duty)

    assert waiting.RUNS == [1]


def test_a_duty_of_a_dead_worker_does_not_wait_for_a_clock_that_was_put_back(registry, duty):
    assert claim(registry, duty) == 1
    registry.clock.move(-A_DAY)

    assert due(registry) == [duty]
    assert claim(registry, duty) == 2


def test_a_duty_does_not_wait_for_a_clock_that_was_put_back(registry, waiting, duty):
    waiting.MAY_END.set()
    registry.clock.move(-A_DAY)

    assert registry.run_jobs() == 1
    assert row_of(registry) is None


def test_a_duty_that_fails_after_the_clock_was_put_back_rests_as_always(registry, waiting, duty):
    waiting.MAY_END.set()
    waiting.FAILING.append(True)
    registry.clock.move(-A_DAY)

    assert registry.run_jobs() == 1

    assert due(registry) == []
    assert row_of(registry).due_at > registry.clock()
    registry.clock.move(timedelta(minutes=1))
    assert due(registry) == [duty]


def test_the_clock_of_another_machine_may_be_some_minutes_ahead(registry, duty):
    registry.clock.move(timedelta(minutes=4))
    assert claim(registry, duty) == 1
    registry.clock.move(timedelta(minutes=-4))

    assert claim(registry, duty) is None


def test_what_comes_round_goes_on_after_the_clock_was_put_back(registry):
    registry.clock.move(A_DAY)
    registry.parts.jobs.look_for_work()
    registry.clock.move(-A_DAY)

    registry.parts.jobs.look_for_work()

    with registry.parts.unit()() as services:
        pauses = {
            row.job: row.due_at - registry.clock() for row in services.db.scalars(select(Periodic))
        }
    assert pauses.keys() >= PERIODIC.keys()
    assert all(pauses[job] <= PERIODIC[job] for job in PERIODIC)


def test_what_hangs_is_left_to_others(registry, duty):
    assert claim(registry, duty) == 1
    leases = registry.parts.jobs._leases

    with leases.held(duty, 1, at_most=timedelta(0)):
        registry.clock.move(LEASE + A_MOMENT)
        leases.renew()

    assert claim(registry, duty) == 2


def test_a_long_duty_is_claimed_for_no_longer_than_a_quick_one(registry, waiting):
    duty = write(registry, queue=SLOW)
    waiting.FAILING.append(True)

    thread = threading.Thread(target=registry.parts.jobs.run_duty, args=[duty])
    thread.start()
    assert waiting.BEGUN.wait(10)
    until = row_of(registry).claimed_until
    waiting.MAY_END.set()
    thread.join()

    assert until == registry.clock() + LEASE
