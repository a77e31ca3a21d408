"""Sending files: in parts at the same time, going on after a failure, and never half."""

import json
import logging
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sregistry_core.contracts import ObjectMissing, StorageUnavailable
from sregistry_s3.sending import parts_of

MIB = 1 << 20
CONTENT = os.urandom(12 * MIB + 345)
KEY = "sha256/ab/abc-1"

# Sends a file, slowly enough to be stopped in the middle of it.
SENDER = """
import json, pathlib, sys
from sregistry_core.contracts import PluginSettings
from sregistry_s3 import sregistry_storage
settings = PluginSettings("cloud", json.loads(sys.argv[1]), pathlib.Path("."), {})
sregistry_storage("s3", settings).adopt(sys.argv[2], pathlib.Path(sys.argv[3]))
"""


@pytest.fixture
def settings(make_bucket):
    return make_bucket(part_size="5M", attempts="1")


@pytest.fixture
def storage(open_storage, settings):
    return open_storage(**settings)


def content(storage, key=KEY):
    with storage.open(key) as source:
        return source.read()


def test_a_large_file_is_sent_in_parts_and_is_whole(storage, make_file):
    storage.adopt(KEY, make_file(CONTENT))

    assert content(storage) == CONTENT
    assert list(storage.unfinished()) == []


@pytest.mark.parametrize("size", [5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 10 * MIB])
def test_sizes_about_that_of_a_part(storage, make_file, size):
    storage.adopt(KEY, make_file(CONTENT[:size]))

    assert storage.stat(KEY).size == size
    assert content(storage) == CONTENT[:size]


def test_a_sender_that_is_killed_leaves_no_object_and_the_next_one_goes_on(
    storage, settings, make_file, caplog
):
    path = make_file(os.urandom(100 * MIB))
    said = json.dumps({**settings, "at_once": "1"})
    sender = subprocess.Popen([sys.executable, "-c", SENDER, said, KEY, path])
    try:
        deadline = time.monotonic() + 60
        while not parts_there(storage):
            assert time.monotonic() < deadline
            assert sender.poll() is None
            time.sleep(0.01)
    finally:
        sender.kill()
        sender.wait()

    with pytest.raises(ObjectMissing):
        storage.stat(KEY)
    (unfinished,) = storage.unfinished()
    assert unfinished.key == KEY
    there = parts_there(storage)
    with caplog.at_level(logging.INFO):
        storage.adopt(KEY, path)

    assert f"going on with {KEY}: {there} of 20 parts are there" in caplog.text
    assert content(storage) == path.read_bytes()
    assert list(storage.unfinished()) == []


def parts_there(storage):
    client, where = storage._connection.bytes, storage._where(KEY)
    return sum(len(list(parts_of(client, where, one.upload))) for one in storage.unfinished())


def test_parts_of_another_file_are_not_gone_on_with(storage, make_file, settings, open_storage):
    first = storage.begin(KEY)
    client, where = storage._connection.bytes, storage._where(KEY)
    client.upload_part(**where, UploadId=first, PartNumber=1, Body=b"x" * 5 * MIB)
    client.upload_part(**where, UploadId=first, PartNumber=2, Body=CONTENT[5 * MIB : 10 * MIB])

    storage.adopt(KEY, make_file(CONTENT))

    assert content(storage) == CONTENT


def test_a_file_that_cannot_be_sent_leaves_the_old_object(
    storage, make_file, open_storage, settings, passage
):
    storage.adopt(KEY, make_file(b"the old one"))
    through = open_storage(**{**settings, "endpoint": f"http://127.0.0.1:{passage.port}"})
    through.check()
    passage.__exit__(None, None, None)

    with pytest.raises(StorageUnavailable):
        through.adopt(KEY, make_file(CONTENT))

    assert content(storage) == b"the old one"


def test_one_broken_connection_is_made_good(make_bucket, make_file, open_storage, passage):
    endpoint = f"http://127.0.0.1:{passage.port}"
    storage = open_storage(**make_bucket(endpoint=endpoint, part_size="5M"))
    passage.break_off_after = 300

    storage.adopt(KEY, make_file(CONTENT))

    assert passage.break_off_after is None
    assert content(storage) == CONTENT


def test_more_than_a_thousand_objects_are_listed_and_removed(storage, make_file):
    path = make_file(b"x")
    keys = {f"sha256/{number:04}" for number in range(1005)}
    for key in keys:
        storage.adopt(key, path)

    found = [one.key for one in storage.walk("sha256")]
    for key in found:
        storage.delete(key)

    assert sorted(found) == sorted(keys)
    assert list(storage.walk()) == []


def test_more_parts_than_one_answer_lists_are_found(storage):
    with ThreadPoolExecutor(16) as threads:
        uploads = set(threads.map(lambda number: storage.begin(f"sha256/{number}"), range(1005)))

    found = {one.upload for one in storage.unfinished()}

    assert found == uploads
