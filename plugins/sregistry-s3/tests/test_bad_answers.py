"""A store that answers badly, slowly, or not to the end: nothing half, nothing wrong, nothing lost.

Between the plugin and a real Ceph stands a way on which requests and answers go wrong.
"""

import os
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from sregistry_core.contracts import ObjectMissing, Part, StorageUnavailable
from sregistry_core.testing.bad_answers import BadAnswers, Fault
from sregistry_core.testing.direct_storage_contract import ask

MIB = 1 << 20
KEY = "sha256/ab/abc-1"
LARGE = os.urandom(6 * MIB)
LIFETIME = timedelta(minutes=5)
REFUSALS = [
    Fault(status=500),
    Fault(status=503, word="SlowDown"),
    Fault(status=503, word="ServiceUnavailable"),
]


@pytest.fixture
def way(s3_server):
    with BadAnswers(urlsplit(s3_server.url).port) as way:
        yield way


@pytest.fixture
def bucket(make_bucket, way):
    return make_bucket(endpoint=way.url, part_size="5M", read_timeout="1s", at_once="1")


@pytest.fixture
def storage(open_storage, bucket):
    return open_storage(**bucket)


@pytest.fixture
def straight(open_storage, bucket, s3_server):
    """The same bucket, on a way on which nothing goes wrong."""
    return open_storage(**{**bucket, "endpoint": s3_server.url})


def read(storage, key=KEY):
    with storage.open(key) as source:
        return source.read()


@pytest.mark.parametrize("fault", REFUSALS, ids=lambda fault: fault.word)
def test_what_is_refused_for_a_moment_is_sent_again(storage, straight, way, make_file, fault):
    way.plan(fault)
    storage.adopt(KEY, make_file(b"bytes"))
    assert way.is_over
    way.plan(fault)
    assert read(storage) == b"bytes"
    assert way.is_over

    assert read(straight) == b"bytes"


@pytest.mark.parametrize("fault", [Fault(status=503, word="SlowDown"), Fault(cut_answer_after=0)])
@pytest.mark.parametrize("step", range(4))
def test_a_file_in_parts_arrives_whichever_step_goes_wrong(
    storage, straight, way, make_file, fault, step
):
    # It looks for an upload to go on with, begins one, sends two parts, and joins them.
    way.plan(*[Fault()] * (step + 1), fault)

    storage.adopt(KEY, make_file(LARGE))

    assert way.is_over
    assert read(straight) == LARGE


@pytest.mark.parametrize("byte", [0, 1, 100, 300, 301, 1000, MIB, 6 * MIB, 6 * MIB + 100])
def test_an_answer_may_end_at_any_byte(storage, straight, way, make_file, byte):
    straight.adopt(KEY, make_file(LARGE))
    way.plan(Fault(cut_answer_after=byte))

    assert read(storage) == LARGE
    assert way.is_over


@pytest.mark.parametrize("byte", [0, 1, 1000, 5 * MIB - 1])
def test_a_request_may_end_at_any_byte(storage, straight, way, make_file, byte):
    way.plan(Fault(), Fault(), Fault(cut_request_after=byte, only="PUT"))

    storage.adopt(KEY, make_file(LARGE))

    assert way.is_over
    assert read(straight) == LARGE


def test_a_slow_answer_is_given_up_and_asked_for_again(storage, straight, way, make_file):
    straight.adopt(KEY, make_file(b"bytes"))
    way.plan(Fault(wait=2))

    assert read(storage) == b"bytes"


def test_a_store_that_stays_bad_is_told_so_and_has_nothing_half(storage, straight, way, make_file):
    path = make_file(LARGE)
    way.always(Fault(status=503, word="SlowDown"))
    with pytest.raises(StorageUnavailable, match="the object store cloud refuses: SlowDown"):
        storage.adopt(KEY, path)
    with pytest.raises(ObjectMissing):
        straight.stat(KEY)

    way.always(None)
    storage.adopt(KEY, path)
    assert read(straight) == LARGE
    assert list(straight.unfinished()) == []


def test_a_joining_whose_answer_was_lost_has_happened(storage, way):
    upload = storage.begin(KEY)
    url = storage.part_url(KEY, upload, 1, size=3, sha256=None, lifetime=LIFETIME)
    part = Part(1, ask("PUT", url, b"abc").etag)
    way.plan(Fault(cut_answer_after=10, only="POST"))

    assert storage.finish(KEY, upload, [part]).size == 3

    assert way.is_over
    assert read(storage) == b"abc"


def test_a_copy_whose_answer_was_lost_is_made_again(storage, straight, way, make_file):
    straight.adopt("incoming/1", make_file(b"bytes"))
    way.plan(Fault(), Fault(cut_answer_after=0))

    assert storage.copy("incoming/1", KEY).size == 5

    assert way.is_over
    assert read(straight) == b"bytes"


def test_a_question_is_answered_with_no_at_once(storage, way, make_file):
    storage.adopt(KEY, make_file(b"bytes"))
    way.plan(Fault(status=500))

    with pytest.raises(StorageUnavailable, match="refuses: 500"):
        storage.stat(KEY)

    assert storage.stat(KEY).size == 5
