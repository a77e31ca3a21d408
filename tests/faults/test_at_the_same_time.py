"""Many at once: names are made once, bytes are kept once, and a sweep takes nothing it must not."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sregistry_core.app import Parts
from sregistry_core.ini import read_ini
from sregistry_core.jobs.sweeping import sweep

from .answers import Refused
from .bodies import MIB, Body
from .pushing import Client
from .truth import count, files_below, require_nothing_left, require_sound, tags

NAME = "ada/lab/blast"
PUSHERS = 50
SAME = 20
ROUNDS = 12


@pytest.fixture
def sweeping(live_registry):
    """Sweeps without a grace, over and over, as long as the test lasts."""
    ini = read_ini(live_registry.ini, {})
    parts = Parts.open(ini.app, here=ini.here, environ={})
    stopping, failed = threading.Event(), []

    def run():
        try:
            while not stopping.is_set():
                for _ in sweep(parts.unit(), parts.facilities, grace=timedelta(0)):
                    pass
        except BaseException as error:
            failed.append(error)

    sweeper = threading.Thread(target=run)
    sweeper.start()
    yield
    stopping.set()
    sweeper.join()
    parts.close()
    assert not failed


def many(client: Client, number: int) -> list[Client]:
    """The same person at many keyboards."""
    return [Client(client.url, client.token, client.name) for _ in range(number)]


def all_at_once(acts: list[Callable[[], object]]) -> list[object]:
    start = threading.Barrier(len(acts))

    def run(act):
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(run, act) for act in acts]]


def require_no_mistakes(clients):
    answered = [status for client in clients for status in client.answered]
    assert max(answered) < 500, sorted(set(answered))


def test_fifty_first_pushes_to_one_name_make_it_once(live_registry, ada):
    clients = many(ada, PUSHERS)
    images = [Body(f"pusher {number}".encode(), 100_000) for number in range(PUSHERS)]

    digests = all_at_once(
        [
            lambda one=one, image=image: one.push(f"{NAME}:1", image)
            for one, image in zip(clients, images, strict=True)
        ]
    )

    require_no_mistakes(clients)
    assert count(live_registry, "collection") == 1
    assert count(live_registry, "container") == 1
    assert count(live_registry, "image") == PUSHERS
    ((_, tagged),) = tags(live_registry)
    assert tagged in digests
    everything = {f"{NAME}:sha256.{digest}": digest for digest in digests}
    require_sound(live_registry, everything)
    require_nothing_left(live_registry)


@pytest.mark.parametrize("way", ["send", "send_in_parts", "send_at_once"])
def test_equal_bytes_that_come_at_once_are_kept_once(live_registry, ada, way):
    clients, image = many(ada, SAME), Body(b"the same", 2 * MIB)
    ada.container(NAME)

    all_at_once(
        [
            lambda one=one, number=number: one.push(f"ada/lab/blast{number}:1", image, way=way)
            for number, one in enumerate(clients)
        ]
    )

    require_no_mistakes(clients)
    require_sound(live_registry, {f"ada/lab/blast{n}:1": image.digest for n in range(SAME)})
    assert count(live_registry, "blob") == 1
    assert len(files_below(live_registry.data / "images")) == 1
    require_nothing_left(live_registry)


def test_a_sweep_that_never_rests_takes_nothing_that_was_acknowledged(live_registry, ada, sweeping):
    """The same few images are pushed, deleted and pushed again by several at once."""
    images = [Body(f"again {number}".encode(), MIB) for number in range(2)]
    clients = many(ada, 4)

    def push_and_delete(number):
        one, name = clients[number], f"ada/lab/blast{number}"
        for turn in range(ROUNDS):
            image = images[turn % 2]
            digest = one.push(f"{name}:{turn}", image)
            assert one.pull(f"{name}:{turn}") == digest
            if turn < ROUNDS - 1:
                one.ask("DELETE", f"/v1/images/{name}:{turn}?arch=amd64").data()

    all_at_once([lambda number=number: push_and_delete(number) for number in range(len(clients))])

    require_no_mistakes(clients)
    last = images[(ROUNDS - 1) % 2].digest
    everything = {f"ada/lab/blast{n}:{ROUNDS - 1}": last for n in range(len(clients))}
    require_sound(live_registry, everything)


def test_a_pull_beside_a_delete_is_whole_or_not_found(live_registry, ada, sweeping):
    image, done, found = Body(b"here and gone", 4 * MIB), threading.Event(), []
    ada.container(NAME)

    def pull(one):
        while not done.is_set():
            try:
                found.append(one.pull(f"{NAME}:1"))
            except Refused as refused:
                found.append(refused.status)

    def push_and_delete():
        for _ in range(ROUNDS):
            ada.push(f"{NAME}:1", image)
            ada.pull(f"{NAME}:1")
            ada.ask("DELETE", f"/v1/images/{NAME}:1?arch=amd64").data()
        done.set()

    pullers = many(ada, 4)
    all_at_once([push_and_delete, *(lambda one=one: pull(one) for one in pullers)])

    assert set(found) == {image.digest, 404}
    require_no_mistakes([ada, *pullers])
