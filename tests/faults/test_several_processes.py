"""Two web processes and two workers at once: no name twice, no push lost, nothing left over."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import count as numbers

import pytest

from sregistry_core.app import Parts
from sregistry_core.ini import read_ini
from sregistry_core.jobs.sweeping import sweep
from sregistry_core.testing.redis_server import RedisServer

from .answers import Refused
from .bodies import MIB, Body
from .several import several
from .truth import count, files_below, require_nothing_left, require_sound, tags
from .waiting import eventually

NUMBERS = numbers(1)
PUSHERS = 12
ROUNDS = 4
UNOWNED = """blob WHERE id NOT IN (SELECT blob_id FROM image WHERE blob_id IS NOT NULL)
             AND id NOT IN (SELECT blob_id FROM repository_blob)"""


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def site(request, tmp_path_factory):
    """One for all of these tests: each has a collection of its own."""
    directory = tmp_path_factory.mktemp("several")
    with RedisServer(directory) as redis:
        settings = {"sregistry.jobs": redis.url}
        if request.param == "postgresql":
            settings["sregistry.database"] = request.getfixturevalue("postgresql").make_database()
        with several(directory, settings) as processes:
            yield processes


@pytest.fixture
def lab():
    """A collection that nobody has used yet."""
    return f"ada/lab-{next(NUMBERS)}"


@contextmanager
def sweeping(site, sweepers=2):
    """Several sweep without a grace, over and over, each as a process of its own would."""
    stopping, failed = threading.Event(), []

    def run():
        ini = read_ini(site.first.ini, {})
        parts = Parts.open(ini.app, here=ini.here, environ={})
        try:
            while not stopping.is_set():
                for _ in sweep(parts.unit(), parts.facilities, grace=timedelta(0)):
                    pass
        except BaseException as error:
            failed.append(error)
        finally:
            parts.close()

    threads = [threading.Thread(target=run) for _ in range(sweepers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert not failed, failed


def all_at_once(acts):
    start = threading.Barrier(len(acts))

    def run(act):
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(run, act) for act in acts]]


def require_no_mistakes(site, clients, allowed=frozenset()):
    answered = {status for client in clients for status in client.answered}
    assert max(answered) < 500, (sorted(answered), [web.log[-4000:] for web in site.webs])
    assert answered <= {200, 201, 303, 404} | allowed


def require_jobs_done(site):
    eventually(lambda: count(site.first, "outbox") == 0, 60)


def test_everybody_pushes_one_tag_and_every_push_is_there(site, lab):
    """The history: all digests are kept, and the tag is what one of the last pushes made it."""
    clients = site.clients(PUSHERS)
    images = [
        [Body(f"pusher {number} round {turn}".encode(), 60_000) for turn in range(ROUNDS)]
        for number in range(PUSHERS)
    ]

    def push(number):
        return [clients[number].push(f"{lab}/blast:1", image) for image in images[number]]

    digests = all_at_once([lambda number=number: push(number) for number in range(PUSHERS)])

    require_no_mistakes(site, clients)
    assert count(site.first, f"collection WHERE name = '{lab.partition('/')[2]}'") == 1
    ((_, tagged),) = [(name, one) for name, one in tags(site.first) if name.startswith(f"{lab}/")]
    assert tagged in {history[-1] for history in digests}
    everything = {f"{lab}/blast:sha256.{one}": one for history in digests for one in history}
    require_sound(site.first, everything)
    require_jobs_done(site)
    require_nothing_left(site.first)


def test_a_name_that_everybody_makes_at_once_is_made_once(site, lab):
    clients = site.clients(PUSHERS)

    for turn in range(ROUNDS):
        made = all_at_once(
            [lambda one=one, turn=turn: one.container(f"{lab}-{turn}/blast") for one in clients]
        )
        assert len(set(made)) == 1

    require_no_mistakes(site, clients)
    assert count(site.first, f"collection WHERE name LIKE '{lab.partition('/')[2]}-%'") == ROUNDS


def test_equal_bytes_through_both_processes_are_kept_once(site, lab):
    clients, image = site.clients(PUSHERS), Body(b"the same", MIB)

    all_at_once(
        [
            lambda one=one, number=number: one.push(f"{lab}/blast{number}:1", image)
            for number, one in enumerate(clients)
        ]
    )

    require_no_mistakes(site, clients)
    require_sound(site.first, {f"{lab}/blast{n}:1": image.digest for n in range(PUSHERS)})
    assert count(site.first, f"blob WHERE digest = 'sha256:{image.digest}'") == 1
    files = files_below(site.first.data / "images")
    assert len([path for path in files if image.digest in str(path)]) == 1
    require_jobs_done(site)
    require_nothing_left(site.first)


def test_one_upload_in_parts_goes_through_both_processes(site, lab):
    """They share the waiting room: each part may come by another one, also at the same time."""
    first, second = site.clients(2)
    image = Body(b"in parts", 5 * MIB)
    image_id = first.announce(first.container(f"{lab}/blast"), image.digest)["id"]
    path = f"/v2/imagefile/{image_id}/_multipart"
    begun = first.ask("POST", path, {"filesize": image.size}).data()
    part_size = begun["partSize"]

    def send(client, number):
        wanted = {"uploadID": begun["uploadID"], "partNumber": number, "partSize": part_size}
        address = client.ask("PUT", path, wanted).data()["presignedURL"]
        offset = (number - 1) * part_size
        size = min(part_size, image.size - offset)
        answer = client.put(address, image.part(offset, size), size)
        answer.data()
        return {"partNumber": number, "token": answer.headers["ETag"]}

    completed = all_at_once(
        [
            lambda number=number: send((first, second)[number % 2], number)
            for number in range(1, begun["totalParts"] + 1)
        ]
    )
    wanted = {"uploadID": begun["uploadID"], "completedParts": completed}
    second.ask("PUT", f"{path}_complete", wanted).data()
    first.tag(first.container(f"{lab}/blast"), "1", image_id)

    require_no_mistakes(site, [first, second])
    require_sound(site.first, {f"{lab}/blast:1": image.digest})


def test_sweeps_of_several_take_nothing_that_was_acknowledged(site, lab):
    """The same few images are pushed, deleted and pushed again by several, beside two sweeps."""
    images = [Body(f"again {number}".encode(), 100_000) for number in range(2)]
    clients = site.clients(6)

    def push_and_delete(number):
        one, name = clients[number], f"{lab}/blast{number}"
        for turn in range(ROUNDS * 2):
            image = images[turn % 2]
            digest = one.push(f"{name}:{turn}", image)
            assert one.pull(f"{name}:{turn}") == digest
            if turn < ROUNDS * 2 - 1:
                one.ask("DELETE", f"/v1/images/{name}:{turn}?arch=amd64").data()

    with sweeping(site):
        all_at_once([lambda number=number: push_and_delete(number) for number in range(6)])

    require_no_mistakes(site, clients)
    last = images[1].digest
    require_sound(site.first, {f"{lab}/blast{n}:{ROUNDS * 2 - 1}": last for n in range(6)})
    require_jobs_done(site)
    require_nothing_left(site.first)


def test_a_pull_beside_a_delete_is_whole_or_not_found(site, lab):
    """One pushes and deletes by one process while others pull by both, beside a sweep."""
    pusher, *pullers = site.clients(6)
    image, done = Body(b"here and gone", 2 * MIB), threading.Event()
    name, found = f"{lab}/blast:1", []
    pusher.container(f"{lab}/blast")

    def pull(one):
        while not done.is_set():
            try:
                found.append(one.pull(name))
            except Refused as refused:
                found.append(refused.status)

    def push_and_delete():
        for _ in range(ROUNDS * 2):
            pusher.push(name, image)
            assert pusher.pull(name) == image.digest
            pusher.ask("DELETE", f"/v1/images/{name}?arch=amd64").data()
        done.set()

    with sweeping(site, sweepers=1):
        all_at_once([push_and_delete, *(lambda one=one: pull(one) for one in pullers)])

    assert set(found) == {image.digest, 404}
    require_no_mistakes(site, [pusher, *pullers])
    require_jobs_done(site)
    require_nothing_left(site.first)


def test_a_container_that_is_deleted_beside_pushes_is_whole_or_gone(site, lab):
    """Some push into a container, some look at it as OCI clients, one deletes it, over and over."""
    clients = site.clients(8)
    image, done = Body(b"here and gone", 200_000), threading.Event()
    refused = set()

    def push(number):
        one, turn = clients[number], 0
        while not done.is_set():
            turn += 1
            own = Body(f"{number} {turn}".encode(), 30_000)
            for name, body in ((f"{lab}/blast:{number}", own), (f"{lab}/blast:all", image)):
                try:
                    one.push(name, body)
                except Refused as error:
                    refused.add(error.status)

    def look(number):
        while not done.is_set():
            answer = clients[number].ask("GET", f"/v2/{lab}/blast/manifests/all")
            assert answer.status in (200, 404, 409)

    def delete():
        for _ in range(ROUNDS * 3):
            done.wait(0.1)
            answer = clients[7].ask("DELETE", f"/api/v1/containers/{lab}/blast")
            assert answer.status in (200, 204, 404), answer.message
        done.set()

    with sweeping(site, sweepers=1):
        all_at_once(
            [
                *(lambda number=number: push(number) for number in range(5)),
                *(lambda number=number: look(number) for number in (5, 6)),
                delete,
            ]
        )

    require_no_mistakes(site, clients, {204, 400, 409})
    assert refused <= {404, 409, 400}
    require_sound(site.first, {})
    require_jobs_done(site)
    require_nothing_left(site.first)
    assert count(site.first, UNOWNED) == 0, "bytes that nobody has and no sweep will take"
