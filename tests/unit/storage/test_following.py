"""A body that a proxy writes is hashed while it grows; its hash is right, whatever happens."""

import hashlib
import os
import threading
import time

import pytest

from sregistry_core.digests import Digest
from sregistry_core.errors import BodyWithheld
from sregistry_core.storage import following
from sregistry_core.storage.following import SMALLEST, Followers, is_of_one_machine
from sregistry_core.storage.staging import Staging

MIB = 1 << 20
BYTES = os.urandom(MIB) * 24
DIGEST = Digest(hashlib.sha256(BYTES).hexdigest())


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / "nginx"
    made.mkdir()
    return made


@pytest.fixture
def followers(directory):
    return Followers(directory)


class Withheld:
    name = None
    announced = len(BYTES)

    def read(self, size=-1):
        raise BodyWithheld


def write(path, size, *, first=0):
    with path.open("ab") as file:
        for start in range(first, size, MIB):
            file.write(BYTES[start : start + MIB])
            file.flush()


def follows(followers, size):
    """Wait until so many bytes are hashed."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if any(one._running.size >= size for one in followers._followed.values()):
            return True
        time.sleep(0.005)
    return False


def test_a_growing_file_is_hashed_before_it_is_complete(followers, directory):
    path = directory / "0000000001"
    followers.expect(len(BYTES))
    write(path, 16 * MIB)
    assert follows(followers, 12 * MIB)
    write(path, len(BYTES), first=16 * MIB)

    begun = followers.take(path)

    assert 12 * MIB <= begun.size <= len(BYTES)
    assert begun.value == Digest(hashlib.sha256(BYTES[: begun.size]).hexdigest())
    assert followers.take(path) is None


def test_a_file_that_was_there_before_is_not_followed(followers, directory):
    old, new = directory / "0000000001", directory / "0000000002"
    write(old, len(BYTES))
    followers.expect(len(BYTES))
    write(new, len(BYTES))

    assert follows(followers, 20 * MIB)
    assert followers.take(old) is None
    assert followers.take(new) is not None


def test_small_bodies_are_not_looked_for(followers, directory):
    before = threading.active_count()
    followers.expect(SMALLEST - 1)
    assert threading.active_count() == before


def test_a_file_that_is_removed_is_given_up(followers, directory):
    path = directory / "0000000001"
    followers.expect(None)
    write(path, 8 * MIB)
    assert follows(followers, 4 * MIB)
    path.unlink()

    end = time.monotonic() + 20
    while followers._followed and time.monotonic() < end:
        time.sleep(0.01)
    assert not followers._followed


def test_nothing_is_followed_where_another_machine_may_write(followers, directory, monkeypatch):
    mounts = directory / "mounts"
    device = directory.stat().st_dev
    at = f"{os.major(device)}:{os.minor(device)}"
    mounts.write_text(f"36 35 {at} / / rw - nfs4 server:/export rw\n")
    monkeypatch.setattr(following, "_MOUNTS", mounts)
    before = threading.active_count()

    followers.expect(len(BYTES))

    assert not is_of_one_machine(directory)
    assert threading.active_count() == before


@pytest.mark.parametrize("by", ["receive", "append"])
def test_what_the_proxy_writes_is_published_with_its_own_digest(tmp_path, by):
    staging = Staging(tmp_path / "staging", keep_free=0)
    place = tmp_path / "staging" / "nginx"
    place.mkdir()
    ask(staging, by, Withheld())
    path = place / "0000000001"
    write(path, 16 * MIB)
    assert follows(staging._followers, 12 * MIB)
    write(path, len(BYTES), first=16 * MIB)
    spooled = staging.spool / "body-1"
    os.link(path, spooled)

    with spooled.open("r+b") as body:
        assert ask(staging, by, body) == DIGEST
    assert not staging._followers._followed


def ask(staging, by, source):
    """Give the digest of a body; None when the proxy has it still."""
    try:
        if by == "receive":
            with staging.receive(source, limit=1 << 30) as staged:
                return staged.digest
        staging.append("u", source, offset=0, limit=1 << 30)
        with staging.appended("u", size=len(BYTES)) as staged:
            return staged.digest
    except BodyWithheld:
        return None
