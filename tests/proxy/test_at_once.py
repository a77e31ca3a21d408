"""Nodes that ask for one public image in the same moment: the registry answers for all of them."""

import http.client
import os
import signal
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext

import pytest

from sregistry_core.testing.sif_files import make_sif

from .conversation import Client

NODES = 100
A_HANDFUL = 30
"""On a busy machine some may come when the answer has been given out and has ended already."""
A_WHILE_SECONDS = 0.1
NOTICED_SECONDS = 0.25
"""Half of the time for which the registry does nothing while a new answer is fetched."""
LONGER_THAN_KEPT_SECONDS = 8
A_QUEUE_SECONDS = 4
"""nginx by itself would let them wait for each other for five."""


@pytest.fixture
def anybody(site):
    return Client(site)


@pytest.fixture
def address(site):
    """The address at which a new image is asked for."""
    shelf = f"c{uuid.uuid4().hex[:12]}"
    Client(site, site.ada).push(f"ada/{shelf}/blast:1", make_sif(labels={"org.example": shelf}))
    return f"/ada/api/container/{shelf}/blast:1"


@contextmanager
def busy(registry):
    """Let the registry do nothing for the time of the block, and for a while longer."""
    os.kill(registry.pid, signal.SIGSTOP)
    try:
        yield
        time.sleep(A_WHILE_SECONDS)
    finally:
        os.kill(registry.pid, signal.SIGCONT)


@contextmanager
def asking(node, address):
    """Let one node ask over and over meanwhile; gives the seconds of each answer."""
    took, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            begun = time.monotonic()
            node.request("GET", address)
            answer = node.getresponse()
            answer.read()
            assert answer.status == 200
            took.append(time.monotonic() - begun)
            stop.wait(0.02)

    with closing(node), ThreadPoolExecutor(1) as pool:
        task = pool.submit(ask)
        try:
            yield took
        finally:
            stop.set()
            task.result()


def sleep_until(moment):
    time.sleep(max(0.0, moment - time.time()))


def come_at_once(anybody, address, while_asking=None):
    """Let all have a connection first, then all ask, then all read; gives the statuses."""
    nodes = [anybody.connect() for _ in range(NODES)]
    for node in nodes:
        node.connect()
    with while_asking or nullcontext():
        for node in nodes:
            node.request("GET", address)
    statuses = set()
    for node in nodes:
        with closing(node):
            answer = node.getresponse()
            answer.read()
            statuses.add(answer.status)
    return statuses


def test_nodes_that_start_at_once_cost_the_registry_a_handful_of_requests(site, anybody, address):
    before = site.answered("shub")

    assert come_at_once(anybody, address) == {200}

    assert site.answered("shub") - before < A_HANDFUL


def test_so_it_is_when_the_image_was_asked_for_some_time_ago(site, anybody, address):
    assert anybody.ask("GET", address).status == 200
    time.sleep(LONGER_THAN_KEPT_SECONDS)
    before = site.answered("shub")

    assert come_at_once(anybody, address) == {200}

    assert site.answered("shub") - before < A_HANDFUL


def test_so_it_is_when_the_registry_takes_a_while_for_the_first_one(site, anybody, address):
    before = site.answered("shub")

    assert come_at_once(anybody, address, busy(site.registry)) == {200}

    assert site.answered("shub") - before < A_HANDFUL


def test_who_asks_all_the_time_does_not_wait_while_a_new_answer_is_fetched(site, anybody, address):
    """nginx counts whole seconds: an answer is fresh until two, and given out until three."""
    second = int(time.time()) + 1
    sleep_until(second + 0.1)
    before = site.answered("shub")
    assert anybody.ask("GET", address).status == 200
    sleep_until(second + 1.5)
    with asking(anybody.connect(), address) as took:
        with busy(site.registry):
            sleep_until(second + 2.5 - A_WHILE_SECONDS)
        sleep_until(second + 2.9)

    # The first one, and at least one that was fetched while the registry did nothing.
    assert 2 <= site.answered("shub") - before < A_HANDFUL
    assert max(took[1:]) < NOTICED_SECONDS


def test_nodes_that_ask_for_what_is_not_there_do_not_stand_in_a_queue(anybody, address):
    begun = time.monotonic()

    assert come_at_once(anybody, f"{address}-absent") == {http.client.NOT_FOUND}

    assert time.monotonic() - begun < A_QUEUE_SECONDS
