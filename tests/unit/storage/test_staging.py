"""The waiting room: bytes are hashed once, synced, and never left behind."""

import hashlib
import io
import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from sregistry_core.digests import Digest
from sregistry_core.errors import Conflict, Malformed, NotFound, StorageFull, TooLarge
from sregistry_core.storage import part_files
from sregistry_core.storage.staging import Staging

MIB = 1 << 20
BYTES = os.urandom(2 * MIB + 17)


@pytest.fixture
def staging(tmp_path):
    return Staging(tmp_path / "staging", keep_free=0)


def everything_in(staging):
    return sorted(path for path in staging.root.rglob("*") if path.is_file())


def digest_of(text):
    return Digest(hashlib.sha256(text).hexdigest())


def parts_of(text, size):
    return [text[start : start + size] for start in range(0, len(text), size)]


def write_parts(staging, upload, numbers, size=MIB):
    parts = parts_of(BYTES, size)
    for number in numbers:
        part = parts[number - 1]
        staging.write_part(
            upload, number, io.BytesIO(part), offset=(number - 1) * size, size=len(part)
        )


def digest_of_parts(staging):
    with staging.joined_parts("u", size=len(BYTES), parts=3) as staged:
        return staged.digest


def test_a_stream_is_hashed_and_gone_after_the_block(staging):
    with staging.receive(io.BytesIO(BYTES), limit=len(BYTES)) as staged:
        assert staged.digest == digest_of(BYTES)
        assert staged.size == len(BYTES)
        assert staged.path.read_bytes() == BYTES

    assert everything_in(staging) == []


def test_one_byte_too_many_leaves_nothing_behind(staging):
    with pytest.raises(TooLarge), staging.receive(io.BytesIO(BYTES), limit=len(BYTES) - 1):
        pass

    assert everything_in(staging) == []


def test_a_body_that_the_server_has_spooled_is_taken_over_without_a_copy(staging):
    path = staging.spool / "body-1"
    path.write_bytes(BYTES)
    with path.open("r+b") as spooled, staging.receive(spooled, limit=len(BYTES)) as staged:
        assert staged.path.stat().st_ino == path.stat().st_ino
        assert staged.digest == digest_of(BYTES)


def test_a_spooled_body_that_is_too_large_leaves_nothing_in_the_waiting_room(staging):
    path = staging.spool / "body-1"
    path.write_bytes(BYTES)
    with path.open("r+b") as spooled, pytest.raises(TooLarge):
        staging.receive(spooled, limit=5).__enter__()

    assert everything_in(staging) == [path]


def test_a_file_elsewhere_is_copied_and_not_taken(staging, tmp_path):
    path = tmp_path / "elsewhere"
    path.write_bytes(BYTES)
    with path.open("rb") as source, staging.receive(source, limit=len(BYTES)) as staged:
        assert staged.path.stat().st_ino != path.stat().st_ino

    assert path.read_bytes() == BYTES


def test_a_body_for_which_the_disk_had_no_room_is_refused(staging):
    class Full(io.BytesIO):
        full = True

    with pytest.raises(StorageFull):
        staging.receive(Full(), limit=5).__enter__()
    with pytest.raises(StorageFull):
        staging.write_part("u", 1, Full(), offset=0, size=5)


def test_a_whole_upload_may_be_sent_twice(staging):
    for text in (b"first", b"second"):
        with staging.receive(io.BytesIO(text), limit=100) as staged:
            staging.keep_whole("u", staged)

    with staging.whole("u", size=6, digest=digest_of(b"second")) as again:
        assert again.path.read_bytes() == b"second"
    with (
        pytest.raises(NotFound, match="the bytes of upload u are not here"),
        staging.whole("u", size=5, digest=digest_of(b"first")),
    ):
        pass


def test_an_upload_is_completed_by_one_at_a_time(staging):
    write_parts(staging, "u", (1, 2, 3))

    with (
        staging.joined_parts("u", size=len(BYTES), parts=3),
        pytest.raises(Conflict, match="at work already"),
        staging.joined_parts("u", size=len(BYTES), parts=3),
    ):
        pass


def test_a_part_that_comes_while_the_upload_is_completed_does_not_reach_the_image(staging):
    write_parts(staging, "u", (1, 2, 3))
    moved = staging.root / "published"

    with staging.joined_parts("u", size=len(BYTES), parts=3) as staged:
        late = threading.Thread(target=write_late, args=(staging,))
        late.start()
        staged.path.replace(moved)
    late.join()

    assert moved.read_bytes() == BYTES


def write_late(staging):
    with suppress(NotFound):
        staging.write_part("u", 1, io.BytesIO(bytes(MIB)), offset=0, size=MIB)


@pytest.mark.parametrize("numbers", [(1, 2, 3), (3, 2, 1), (1, 1, 2, 3), (1, 2, 3, 2), (2, 3, 1)])
def test_parts_in_any_order_make_the_whole(staging, numbers):
    write_parts(staging, "u", numbers)

    with staging.joined_parts("u", size=len(BYTES), parts=3) as staged:
        assert staged.digest == digest_of(BYTES)
        assert staged.path.read_bytes() == BYTES


def test_parts_that_another_process_has_begun_make_the_whole(staging):
    write_parts(staging, "u", (1, 2))
    other = Staging(staging.root, keep_free=0)
    write_parts(other, "u", (3,))

    assert digest_of_parts(other) == digest_of(BYTES)


def test_parts_that_another_process_has_written_again_are_hashed_again(staging):
    write_parts(staging, "u", (1, 2, 3))
    other = Staging(staging.root, keep_free=0)
    time.sleep(0.02)
    other.write_part("u", 2, io.BytesIO(bytes(MIB)), offset=MIB, size=MIB)

    assert digest_of_parts(staging) != digest_of(BYTES)


def test_parts_in_order_are_not_all_read_again_at_the_end(staging, monkeypatch):
    monkeypatch.setattr(part_files, "hash_of", lambda path: pytest.fail("it was read again"))
    write_parts(staging, "u", (1, 2, 3))

    assert digest_of_parts(staging) == digest_of(BYTES)


def test_a_part_that_breaks_off_does_not_spoil_the_hash(staging):
    write_parts(staging, "u", (1,))
    with pytest.raises(Malformed, match="part 2 has 5 bytes, 1048576 were announced"):
        staging.write_part("u", 2, io.BytesIO(b"short"), offset=MIB, size=MIB)
    write_parts(staging, "u", (2, 3))

    assert digest_of_parts(staging) == digest_of(BYTES)


def test_a_part_with_too_many_bytes_is_refused(staging):
    with pytest.raises(Malformed, match="more than the 5 bytes"):
        staging.write_part("u", 1, io.BytesIO(b"123456"), offset=0, size=5)


def test_an_upload_that_is_not_here_is_not_found(staging):
    with pytest.raises(NotFound), staging.joined_parts("u", size=1, parts=1):
        pass
    with pytest.raises(NotFound), staging.whole("u", size=1, digest=digest_of(b"x")):
        pass


def test_joined_parts_of_another_size_are_refused(staging):
    write_parts(staging, "u", (1, 2))

    with (
        pytest.raises(Malformed, match="the parts have"),
        staging.joined_parts("u", size=len(BYTES), parts=3),
    ):
        pass


def test_what_is_discarded_is_gone(staging):
    write_parts(staging, "u", (1,))
    staging.discard("u")
    staging.discard("u")

    assert everything_in(staging) == []


def test_what_would_not_leave_the_free_space_is_refused(tmp_path):
    free = os.statvfs(tmp_path)
    room = free.f_bavail * free.f_frsize
    staging = Staging(tmp_path / "staging", keep_free=room // 2)

    staging.require_room(1)
    with pytest.raises(StorageFull, match="bytes can be taken"):
        staging.require_room(room)


class TestLeftovers:
    """What a crash has left, and what is still in use."""

    @pytest.fixture
    def soon(self):
        return datetime.now(UTC) + timedelta(seconds=5)

    def make_old(self, path):
        an_hour_ago = time.time() - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))

    def test_uploads_that_nobody_knows_are_found(self, staging, soon):
        write_parts(staging, "known", (1,))
        write_parts(staging, "unknown", (1,))

        found = list(staging.leftovers(lambda uploads: {"known"} & set(uploads), before=soon))

        assert [path.name for path in found] == ["unknown.parts"]

    def test_young_uploads_are_left_alone(self, staging, soon):
        write_parts(staging, "unknown", (1,))
        before = soon - timedelta(hours=1)

        assert list(staging.leftovers(lambda uploads: set(), before=before)) == []

    def test_what_a_dead_process_has_received_is_found(self, staging, soon):
        dead = staging.root / "incoming" / "dead"
        dead.write_bytes(b"x")
        self.make_old(dead)

        assert list(staging.leftovers(lambda uploads: set(), before=soon)) == [dead]

    def test_what_is_being_received_is_left_alone_however_long_it_takes(self, staging, soon):
        with staging.receive(io.BytesIO(b"x"), limit=5) as staged:
            self.make_old(staged.path)

            assert list(staging.leftovers(lambda uploads: set(), before=soon)) == []


def test_bodies_that_a_killed_proxy_has_left_are_leftovers_after_a_day(staging):
    directory = staging.root / "nginx"
    directory.mkdir()
    old, young = directory / "0000000001", directory / "0000000002"
    for path in (old, young):
        path.write_bytes(b"half a body")
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(old, (two_days_ago, two_days_ago))

    found = list(staging.leftovers(lambda uploads: set(), before=datetime.now(UTC)))

    assert found == [old]
