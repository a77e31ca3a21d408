"""Threads of the server: one answers what is short, others come where it is held up."""

import random
import threading
import time
from functools import partial

import pytest

from sregistry_core.server.threads import PATIENCE_SECONDS, LatestFirst, Threads

PATIENCE = 10


class Task:
    """A request that is answered by doing something; notes who has answered it."""

    def __init__(self, work=lambda: None):
        self.work = work
        self.answered_by = None
        self.done = threading.Event()

    def service(self):
        try:
            self.work()
        finally:
            self.answered_by = threading.current_thread().name
            self.done.set()


@pytest.fixture
def threads():
    threads = Threads()
    threads.set_thread_count(4)
    yield threads
    threads.shutdown(timeout=PATIENCE)
    assert not threads.threads


def look_until_all_are(done, threads):
    """Do what the loop of the server does while requests wait."""
    deadline = time.monotonic() + PATIENCE
    while not all(task.done.is_set() for task in done):
        assert time.monotonic() < deadline
        threads.relieve()
        time.sleep(PATIENCE_SECONDS)


def rest_all(threads):
    """Wait until every thread waits for a request."""
    deadline = time.monotonic() + PATIENCE
    while threads.active_count or len(threads.queue_cv._waiting) < len(threads.threads):
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_requests_that_come_at_once_are_answered_by_one_thread_when_they_are_short():
    # By this clock no time passes, however busy the machine is.
    threads = Threads(clock=lambda: 0.0)
    threads.set_thread_count(4)
    begun = threading.Event()
    first = Task(lambda: begun.wait(PATIENCE))
    threads.add_task(first)
    deadline = time.monotonic() + PATIENCE
    while threads.queue:
        assert time.monotonic() < deadline
        time.sleep(PATIENCE_SECONDS)
    others = [Task() for _ in range(50)]
    for task in others:
        threads.add_task(task)
    begun.set()
    look_until_all_are([first, *others], threads)
    threads.shutdown(timeout=PATIENCE)

    assert len({task.answered_by for task in [first, *others]}) == 1


def test_a_request_wakes_one_thread_and_another_one_only_when_that_does_not_come(monkeypatch):
    now = [100.0]
    threads, woken = Threads(clock=lambda: now[0]), []
    monkeypatch.setattr(threads.queue_cv, "notify", lambda: woken.append(now[0]))
    threads.add_task(Task())
    for _ in range(3):
        threads.relieve()
    threads.add_task(Task())
    assert woken == [100.0]

    now[0] += 2 * PATIENCE_SECONDS
    for _ in range(3):
        threads.relieve()
    assert woken == [100.0, now[0]]


def test_a_thread_that_was_woken_in_vain_is_woken_again_at_once():
    # By this clock nobody is ever late.
    threads = Threads(clock=lambda: 0.0)
    threads.set_thread_count(1)
    for _ in range(20):
        rest_all(threads)
        with threads.lock:
            threads._call_runner()
        rest_all(threads)
        task = Task()
        threads.add_task(task)
        assert task.done.wait(PATIENCE)
    threads.shutdown(timeout=PATIENCE)


def test_a_request_that_is_held_up_holds_up_no_other(threads):
    free = threading.Event()
    held_up = [Task(lambda: free.wait(PATIENCE)) for _ in range(3)]
    for task in held_up:
        threads.add_task(task)
    others = [Task() for _ in range(20)]
    for task in others:
        threads.add_task(task)
    look_until_all_are(others, threads)

    assert not any(task.done.is_set() for task in held_up)
    free.set()
    look_until_all_are(held_up, threads)


def test_more_that_are_held_up_than_there_are_threads_are_all_answered_in_the_end(threads):
    free = threading.Event()
    tasks = [Task(lambda: free.wait(PATIENCE)) for _ in range(9)]
    for task in tasks:
        threads.add_task(task)
    for _ in range(10):
        threads.relieve()
        time.sleep(PATIENCE_SECONDS)
    assert threads.active_count == 4

    free.set()
    look_until_all_are(tasks, threads)


def test_whoever_is_back_late_rests_and_can_be_woken_again(threads):
    for _ in range(5):
        free = threading.Event()
        late, other = Task(lambda free=free: free.wait(PATIENCE)), Task()
        threads.add_task(late)
        threads.add_task(other)
        look_until_all_are([other], threads)
        free.set()
        look_until_all_are([late], threads)
    rest_all(threads)
    last = Task()
    threads.add_task(last)
    assert last.done.wait(PATIENCE)


def test_no_request_is_forgotten_however_long_each_of_them_takes(threads):
    chance = random.Random(1)
    lengths = chance.choices([0, 0, 0, 0.001, 0.02], k=400)
    tasks = [Task(partial(time.sleep, seconds)) for seconds in lengths]

    def come(part):
        for task in part:
            threads.add_task(task)

    crowd = [threading.Thread(target=come, args=(tasks[start::4],)) for start in range(4)]
    for one in crowd:
        one.start()
    look_until_all_are(tasks, threads)
    for one in crowd:
        one.join()

    assert all(task.answered_by for task in tasks)


def test_a_request_that_fails_badly_is_told_and_ends_no_thread(threads, caplog):
    def fail():
        raise RuntimeError("badly")

    bad, good = Task(fail), Task()
    threads.add_task(bad)
    threads.add_task(good)
    look_until_all_are([bad, good], threads)

    assert "badly" in caplog.text
    assert len(threads.threads) == 4


def test_who_came_last_is_woken_first():
    lock = threading.Lock()
    condition, woken = LatestFirst(lock), []

    def wait(number):
        with lock:
            waiting.release()
            condition.wait()
            woken.append(number)

    waiting = threading.Semaphore(0)
    sleepers = []
    for number in range(3):
        sleepers.append(threading.Thread(target=wait, args=(number,)))
        sleepers[-1].start()
        assert waiting.acquire(timeout=PATIENCE)
    for expected in ([2], [2, 1], [2, 1, 0]):
        with lock:
            condition.notify()
        deadline = time.monotonic() + PATIENCE
        while len(woken) < len(expected) and time.monotonic() < deadline:
            time.sleep(0.001)
        assert woken == expected
    for sleeper in sleepers:
        sleeper.join()
