"""Nodes that ask for one public image in the same moment: the registry answers for all of them."""

import http.client
import time
import uuid
from contextlib import closing

import pytest

from sregistry_core.testing.sif_files import make_sif

from .conversation import Client

NODES = 100
A_HANDFUL = 30
"""nginx lets them wait for a few milliseconds: on a busy machine some may not wait long enough."""
LONGER_THAN_KEPT_SECONDS = 7
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


def come_at_once(anybody, address):
    """Let all have a connection first, then all ask, then all read; gives the statuses."""
    nodes = [anybody.connect() for _ in range(NODES)]
    for node in nodes:
        node.connect()
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


def test_nodes_that_ask_for_what_is_not_there_do_not_stand_in_a_queue(anybody, address):
    begun = time.monotonic()

    assert come_at_once(anybody, f"{address}-absent") == {http.client.NOT_FOUND}

    assert time.monotonic() - begun < A_QUEUE_SECONDS
