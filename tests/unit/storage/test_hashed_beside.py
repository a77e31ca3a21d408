"""Parts and chunks are hashed beside what arrives next: nobody waits, and the hash is right."""

import errno
import hashlib
import io
import os
import threading

import pytest

from sregistry_core.digests import Digest
from sregistry_core.errors import StorageUnavailable, TooLarge
from sregistry_core.storage import part_files
from sregistry_core.storage.staging import Staging

MIB = 1 << 20
BYTES = os.urandom(2 * MIB + 17)
PARTS = [BYTES[start : start + MIB] for start in range(0, len(BYTES), MIB)]
DIGEST = Digest(hashlib.sha256(BYTES).hexdigest())


@pytest.fixture
def staging(tmp_path):
    return Staging(tmp_path / "staging", keep_free=0)


def write_parts(staging, upload, numbers):
    for number in numbers:
        part = PARTS[number - 1]
        staging.write_part(
            upload, number, io.BytesIO(part), offset=(number - 1) * MIB, size=len(part)
        )


def digest_of_parts(staging):
    with staging.joined_parts("u", size=len(BYTES), parts=3) as staged:
        return staged.digest


@pytest.fixture
def held_hashes(monkeypatch):
    """An event without which no part is hashed."""
    may_go_on, hash_span = threading.Event(), part_files.hash_span

    def wait(*what, **where):
        assert may_go_on.wait(20)
        hash_span(*what, **where)

    monkeypatch.setattr(part_files, "hash_span", wait)
    yield may_go_on
    may_go_on.set()


def test_no_part_waits_for_the_hash_of_another(staging, held_hashes):
    write_parts(staging, "u", [1, 2, 3])
    held_hashes.set()

    assert digest_of_parts(staging) == DIGEST


def test_a_part_that_comes_again_before_it_was_hashed_is_hashed_as_it_is_now(staging, held_hashes):
    staging.write_part("u", 1, io.BytesIO(bytes(MIB)), offset=0, size=MIB)
    write_parts(staging, "u", [2, 1, 3])
    held_hashes.set()

    assert digest_of_parts(staging) == DIGEST


def test_what_is_discarded_before_it_was_hashed_is_gone(staging, held_hashes):
    write_parts(staging, "u", [1])
    staging.discard("u")
    held_hashes.set()

    write_parts(staging, "u", [1, 2, 3])
    assert digest_of_parts(staging) == DIGEST


def test_many_uploads_at_once_are_hashed_each_for_itself(staging, held_hashes):
    uploads = [f"u{number}" for number in range(8)]
    for upload in uploads:
        write_parts(staging, upload, [1, 2, 3])
    held_hashes.set()

    for upload in uploads:
        with staging.joined_parts(upload, size=len(BYTES), parts=3) as staged:
            assert staged.digest == DIGEST


def test_a_part_that_cannot_be_read_again_is_a_clear_refusal(staging, monkeypatch):
    def fail(*_what, **_where):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(part_files, "hash_span", fail)
    write_parts(staging, "u", [1, 2, 3])

    with pytest.raises(StorageUnavailable):
        digest_of_parts(staging)


def test_chunks_of_files_are_hashed_in_their_order(staging):
    size = 0
    for chunk in PARTS:
        path = staging.spool / f"body-{size}"
        path.write_bytes(chunk)
        with path.open("r+b") as body:
            size = staging.append("u", body, offset=size, limit=len(BYTES))
        path.unlink()

    with staging.appended("u", size=size) as staged:
        assert staged.digest == DIGEST
        assert staged.path.read_bytes() == BYTES


def test_a_chunk_of_a_file_beyond_the_limit_is_refused(staging):
    staging.append("u", io.BytesIO(b"begun"), offset=0, limit=10)
    path = staging.spool / "body"
    path.write_bytes(b"too much")
    with path.open("r+b") as body, pytest.raises(TooLarge):
        staging.append("u", body, offset=5, limit=10)
