"""Whoever sends other bytes while an upload is completed cannot change what is published."""

import threading
import time

import pytest

from .answers import Refused
from .bodies import MIB, Body
from .truth import require_nothing_left, require_sound

TRIES = 12
SIZE = 8 * MIB
STEP = 0.004  # seconds: the moment of completion moves across the second transfer


@pytest.fixture
def registry(make_live_registry):
    return make_live_registry(settings={"sregistry.part_size": "4M"})


@pytest.fixture
def ada(registry, make_pusher):
    return make_pusher(registry)


def later(seconds, act, *arguments):
    time.sleep(seconds)
    act(*arguments)


def at_once(*acts):
    """Do several things at the same time; give what they have raised."""
    raised, start = [], threading.Barrier(len(acts))

    def run(act):
        start.wait()
        try:
            act()
        except Refused as refused:
            raised.append(refused)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def require_none_changed(registry, ada, digests):
    published = {}
    for digest in digests:
        name = f"ada/lab/blast:sha256.{digest}"
        if ada.ask("GET", f"/v1/images/{name}").status == 200:
            published[name] = digest
    require_sound(registry, published)
    require_nothing_left(registry)
    assert max(ada.answered) < 500, "the server made a mistake"


def test_one_piece_that_is_sent_again_with_other_bytes(registry, ada):
    container, digests = ada.container("ada/lab/blast"), []
    other = Body(b"other bytes", SIZE)
    for number in range(TRIES):
        image = Body(f"image {number}".encode(), SIZE)
        image_id = ada.announce(container, image.digest)["id"]
        address = ada.begin(image_id, SIZE)
        ada.put(address, image, SIZE).data()

        at_once(
            lambda address=address: ada.put(address, other, SIZE),
            lambda image_id=image_id, delay=number * STEP: later(delay, ada.complete, image_id),
            lambda image_id=image_id, delay=number * STEP: later(delay, ada.complete, image_id),
        )

        digests.append(image.digest)
    require_none_changed(registry, ada, digests)


def test_a_part_that_is_sent_again_with_other_bytes(registry, ada):
    container, digests = ada.container("ada/lab/blast"), []
    other = Body(b"other bytes", SIZE)
    for number in range(TRIES):
        image = Body(f"image {number}".encode(), SIZE)
        image_id = ada.announce(container, image.digest)["id"]
        path = f"/v2/imagefile/{image_id}/_multipart"
        begun = ada.ask("POST", path, {"filesize": SIZE}).data()
        part_size = begun["partSize"]
        addresses = []
        for part in (1, 2):
            wanted = {"uploadID": begun["uploadID"], "partNumber": part}
            addresses.append(ada.ask("PUT", path, wanted).data()["presignedURL"])
            offset = (part - 1) * part_size
            ada.put(addresses[-1], image.part(offset, part_size), part_size).data()
        end = {"uploadID": begun["uploadID"], "completedParts": []}

        at_once(
            lambda address=addresses[0], size=part_size: ada.put(
                address, other.part(0, size), size
            ),
            lambda path=path, end=end: ada.ask("PUT", f"{path}_complete", end),
            lambda path=path, end=end: ada.ask("PUT", f"{path}_complete", end),
        )

        digests.append(image.digest)
    require_none_changed(registry, ada, digests)
