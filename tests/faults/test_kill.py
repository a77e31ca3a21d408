"""A server that is killed at any moment of a push: what it has acknowledged is there, and whole."""

import http.client
import random
import threading
import time

import pytest

from .answers import Refused
from .bodies import MIB, Body
from .killing import injected, is_dead
from .pushing import Client
from .truth import require_nothing_left, require_sound, require_whole_or_absent

NAME = "ada/lab/blast"
MOMENTS = 12
MOST_CALLS = 40
"""More of one kind than one thread makes in a push."""
LOST = (OSError, http.client.HTTPException)


class Pushes:
    """Pushes one after the other, and remembers which were acknowledged."""

    def __init__(self, registry, client: Client):
        self.registry, self.client = registry, client
        self.acknowledged, self.doubtful = {}, []

    def push(self, image: Body, *, way: str = "send") -> bool:
        """Push, and say whether all of it was acknowledged."""
        number = len(self.acknowledged) + len(self.doubtful)
        digest = image.digest
        try:
            container = self.client.container(NAME)
            image_id = self.client.announce(container, digest)["id"]
            getattr(self.client, way)(image_id, image)
        except (*LOST, Refused):
            self.doubtful.append(digest)
            return False
        self.acknowledged[f"{NAME}:sha256.{digest}"] = digest
        try:
            self.client.tag(container, f"n{number}", image_id)
        except LOST:
            return False
        self.acknowledged[f"{NAME}:n{number}"] = digest
        return True

    def require_kept(self):
        """Start the server again, and check all that was pushed."""
        self.registry.kill()
        self.registry.start()
        require_sound(self.registry, self.acknowledged)
        require_whole_or_absent(self.registry, NAME, self.doubtful)


@pytest.fixture
def registry(make_live_registry):
    # One thread, so that its calls are those of the push, in their order.
    return make_live_registry(server={"threads": "1"}, settings={"sregistry.part_size": "1M"})


@pytest.fixture
def pushes(registry, make_pusher):
    made = Pushes(registry, make_pusher(registry))
    assert made.push(Body(b"the first", 2 * MIB))
    return made


def seconds_of_a_push(pushes, image, way):
    begun = time.monotonic()
    assert pushes.push(image, way=way)
    return time.monotonic() - begun


@pytest.mark.parametrize("way", ["send", "send_in_parts"])
def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(registry, pushes, way):
    size = 6 * MIB
    whole = seconds_of_a_push(pushes, Body(b"how long", size), way)
    for moment in range(MOMENTS // 2):
        image = Body(f"{way} {moment}".encode(), size)
        pusher = threading.Thread(target=pushes.push, args=(image,), kwargs={"way": way})
        pusher.start()
        time.sleep(whole * (moment + random.random()) / (MOMENTS // 2))
        registry.kill()
        pusher.join()
        pushes.require_kept()

    assert pushes.push(Body(b"the last", 2 * MIB))
    require_nothing_left(registry)


@pytest.mark.parametrize(
    "calls", ["fsync,fdatasync", "rename,renameat2,link,linkat", "unlink,unlinkat"]
)
def test_a_kill_at_each_system_call_loses_nothing_that_was_acknowledged(registry, pushes, calls):
    killed = 0
    for number in range(1, MOST_CALLS):
        with injected(registry, f"{calls}:signal=KILL:when={number}"):
            pushes.push(Body(f"{calls} {number}".encode(), 2 * MIB))
            dead = is_dead(registry, within=0.3)
        if not dead:
            break
        killed += 1
        pushes.require_kept()

    assert killed >= 2, "the server was never killed"
    assert not dead, f"more than {MOST_CALLS} calls"
    require_sound(registry, pushes.acknowledged)
    require_nothing_left(registry)


def test_what_cannot_be_synced_is_never_acknowledged(registry, pushes):
    image = Body(b"not on the disk", 2 * MIB)
    with injected(registry, "fsync,fdatasync:error=EIO"):
        for way in ("send", "send_in_parts", "send_at_once"):
            pushes.client.answered.clear()
            assert not pushes.push(image, way=way)
            assert max(pushes.client.answered) == 503

    require_whole_or_absent(registry, NAME, [image.digest])
    assert pushes.push(image)
    pushes.require_kept()
    require_nothing_left(registry)


def test_what_cannot_be_moved_is_never_acknowledged(registry, pushes):
    image = Body(b"not at its place", 2 * MIB)
    with injected(registry, "rename,renameat2:error=EIO"):
        pushes.client.answered.clear()
        assert not pushes.push(image)
        assert max(pushes.client.answered) == 503

    assert pushes.push(image)
    pushes.require_kept()
    require_nothing_left(registry)
