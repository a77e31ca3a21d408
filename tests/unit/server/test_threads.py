"""Threads of the server: who runs the loop answers, and others come where one is held up."""

import queue
import random
import threading
import time
from functools import partial

import pytest

from sregistry_core.server.latest_first import LatestFirst
from sregistry_core.server.threads import Threads

PATIENCE = 10
THREADS = 4


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


class Server:
    """A loop that brings the requests that a test sends, the threads, and one that watches them."""

    def __init__(self, **options):
        self.threads = Threads(self.turn, self.wake, **options)
        self.coming = queue.SimpleQueue()
        self.turns = []
        self.error = None
        self.is_over = threading.Event()
        self._is_turning = threading.Lock()
        self.watch = threading.Thread(target=self._watch, name="watch")
        self.threads.set_thread_count(THREADS)
        self.watch.start()

    def turn(self, seconds):
        assert self._is_turning.acquire(blocking=False), "two run the loop"
        try:
            self.turns.append(threading.current_thread().name)
            task = self.coming.get(timeout=seconds) if seconds else self.coming.get_nowait()
            if task is not None:
                self.threads.add_task(task)
        except queue.Empty:
            pass
        finally:
            self._is_turning.release()

    def wake(self):
        self.coming.put(None)

    def send(self, *tasks):
        for task in tasks:
            self.coming.put(task)
        return tasks

    def end_watch(self):
        self.is_over.set()
        self.threads.ring()
        self.wake()
        self.watch.join(PATIENCE)
        assert not self.watch.is_alive()

    def end(self):
        self.end_watch()
        self.threads.take_over()
        self.threads.shutdown(timeout=PATIENCE)
        assert not self.threads.threads

    def _watch(self):
        try:
            self.threads.watch(self.is_over.is_set)
        except RuntimeError as error:
            self.error = error


@pytest.fixture
def server():
    server = Server()
    yield server
    server.end()


def all_done(tasks):
    return all(task.done.wait(PATIENCE) for task in tasks)


def eventually(question):
    deadline = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


def test_who_runs_the_loop_answers_what_it_brings_without_another_ones_help():
    # By this clock nobody is ever late, however busy the machine is.
    server = Server(clock=lambda: 0.0)
    tasks = server.send(*[Task() for _ in range(50)])
    assert all_done(tasks)
    loop_was_run_by = set(server.turns)
    server.end()

    assert {task.answered_by for task in tasks} == loop_was_run_by
    assert len(loop_was_run_by) == 1


def test_a_request_that_is_held_up_holds_up_no_other(server):
    free = threading.Event()
    held_up = server.send(*[Task(partial(free.wait, PATIENCE)) for _ in range(3)])
    others = server.send(*[Task() for _ in range(20)])
    assert all_done(others)

    assert not any(task.done.is_set() for task in held_up)
    free.set()
    assert all_done(held_up)


def test_a_request_that_is_held_up_after_a_quiet_time_holds_up_no_other(server):
    eventually(lambda: server.threads._watch_sleeps)
    free = threading.Event()
    held_up, other = server.send(Task(partial(free.wait, PATIENCE)), Task())

    assert all_done([other])
    free.set()
    assert all_done([held_up])


def test_the_loop_goes_on_while_all_threads_are_held_up(server):
    free = threading.Event()
    tasks = server.send(*[Task(partial(free.wait, PATIENCE)) for _ in range(THREADS + 5)])
    eventually(lambda: server.turns and server.turns[-1] == "watch")
    eventually(lambda: len(server.threads.queue) == 5)

    free.set()
    assert all_done(tasks)
    assert "watch" not in {task.answered_by for task in tasks}
    # And when they are back, one of them runs it.
    eventually(lambda: server.send(Task()) and server.turns[-1] != "watch")


def test_whoever_is_back_late_rests_and_can_be_woken_again(server):
    for _ in range(5):
        free = threading.Event()
        late, other = server.send(Task(partial(free.wait, PATIENCE)), Task())
        assert all_done([other])
        free.set()
        assert all_done([late])
    eventually(lambda: len(server.threads.queue_cv._waiting) == THREADS - 1)
    assert all_done(server.send(Task()))


def test_what_follows_a_late_answer_on_its_connection_waits_for_no_turn_of_the_loop(server):
    """A client sends two requests at once: the second is added by the thread of the first."""
    free, second = threading.Event(), Task()

    def answer():
        free.wait(PATIENCE)
        server.threads.add_task(second)

    (first,) = server.send(Task(answer))
    # Another one runs the loop by now, and waits in it.
    eventually(lambda: len(set(server.turns)) == 2)
    begun = time.monotonic()
    free.set()

    assert all_done([first, second])
    assert time.monotonic() - begun < 0.5


def test_no_request_is_forgotten_however_long_each_of_them_takes(server):
    chance = random.Random(1)
    lengths = chance.choices([0, 0, 0, 0.001, 0.02], k=400)
    tasks = [Task(partial(time.sleep, seconds)) for seconds in lengths]
    crowd = [
        threading.Thread(target=server.send, args=tasks[start::THREADS]) for start in range(THREADS)
    ]
    for one in crowd:
        one.start()
    assert all_done(tasks)
    for one in crowd:
        one.join()


def test_a_request_that_fails_badly_is_told_and_ends_no_thread(server, caplog):
    def fail():
        raise RuntimeError("badly")

    assert all_done(server.send(Task(fail), Task()))

    # It is told after the request is done with.
    eventually(lambda: "badly" in caplog.text)
    assert len(server.threads.threads) == THREADS


def test_at_the_end_the_loop_is_the_main_threads_and_the_others_answer_what_it_brings():
    server = Server()
    free = threading.Event()
    (held_up,) = server.send(Task(partial(free.wait, PATIENCE)))
    eventually(lambda: len(set(server.turns)) == 2)
    server.end_watch()
    server.threads.take_over()
    server.turns.clear()

    tasks = server.send(*[Task() for _ in range(10)])
    eventually(lambda: server.turn(0.01) or all(task.done.is_set() for task in tasks))
    free.set()
    assert all_done([held_up])
    assert set(server.turns) == {threading.current_thread().name}
    # Who has answered wakes the loop, which may have waited for that.
    eventually(lambda: not server.coming.empty())
    server.end()


def test_what_the_loop_itself_fails_by_is_raised_by_the_watch():
    def fail(seconds):
        raise RuntimeError("the loop")

    server = Server()
    server.threads._turn = fail
    server.wake()
    server.watch.join(PATIENCE)

    assert str(server.error) == "the loop"
    server.threads._turn = server.turn
    server.end()


def test_a_watch_that_is_rung_asks_at_once_whether_it_is_over():
    server = Server()
    eventually(lambda: server.threads._watch_sleeps)
    server.end_watch()
    server.end()


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
