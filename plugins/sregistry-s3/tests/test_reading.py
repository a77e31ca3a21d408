"""Reading: not all in memory, going on when the connection breaks, and closed when closed."""

import os
import time

import pytest

from sregistry_core.contracts import StorageUnavailable

MIB = 1 << 20
CONTENT = os.urandom(8 * MIB)


@pytest.fixture
def storage(open_storage, make_bucket, make_file, passage):
    storage = open_storage(**make_bucket(endpoint=f"http://127.0.0.1:{passage.port}"))
    storage.adopt("image", make_file(CONTENT))
    return storage


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_connection_that_breaks_off_is_gone_on_with(storage, passage):
    with storage.open("image", 1000) as source:
        head = source.read(1000)
        passage.break_off_after = 2 * MIB
        rest = b"".join(iter(lambda: source.read(100_000), b""))

    assert passage.break_off_after is None
    assert head + rest == CONTENT[1000:]


def test_what_was_replaced_meanwhile_is_not_mixed(storage, passage, make_file):
    with storage.open("image") as source:
        source.read(1000)
        storage.adopt("image", make_file(CONTENT[::-1]))
        passage.break_off_after = 1 * MIB
        with pytest.raises(StorageUnavailable):
            source.read()


def test_closing_early_closes_the_connection(storage, passage):
    source = storage.open("image")
    before = passage.connections
    source.read(10)
    source.close()

    until(lambda: passage.connections < before)
    assert passage.passed < 2 * len(CONTENT)


def test_a_closed_reader_can_be_closed_again_and_not_read(storage):
    source = storage.open("image")
    source.close()
    source.close()

    assert source.closed


def test_it_reads_into_buffers_as_files_do(storage):
    buffer = bytearray(100)
    with storage.open("image", 50) as source:
        assert source.readable()
        assert source.readinto(buffer) == 100

    assert bytes(buffer) == CONTENT[50:150]


def test_reading_behind_the_end_gives_nothing(storage):
    with storage.open("image", len(CONTENT) + 5) as source:
        assert source.read() == b""
