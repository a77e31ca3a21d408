"""What every storage does: subclass `StorageContract` and give it a fixture `storage`.

    class TestMyStorage(StorageContract):
        @pytest.fixture
        def storage(self, tmp_path):
            return MyStorage(tmp_path / "objects")

What a storage cannot do it declares, as `can_walk = False` with a reason; the suite then skips
with that reason. Two further fixtures are optional: `broken` and `left_behind`.
"""

import os
import threading
import tracemalloc
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sregistry_core.contracts import (
    Handoff,
    LocalFile,
    ObjectMissing,
    Redirect,
    Storage,
    StorageUnavailable,
    Stream,
)

THREADS = 8
_CONTENT = bytes(range(256)) * 1000
_LIFETIME = timedelta(minutes=5)
_OUTSIDE_THE_RULE = [
    "",
    "/etc/passwd",
    "../above",
    "a/../../above",
    "a/..",
    "a..b",
    ".",
    "a/./b",
    ".hidden",
    "a/.hidden",
    "a//b",
    "a/",
    "Capital",
    "a b",
    "a\0b",
    "a\n",
    "a\\b",
    "ä",
    "a" * 201,
]

Stage = Callable[..., Path]


class StorageContract:
    """Twenty promises; each test is one of them."""

    cannot_be_large_because = ""
    """A reason, for a storage that is not meant to hold more than the memory does."""
    large_size = 256 << 20
    """In bytes: what the test marked `large` stores."""
    memory_allowed = 32 << 20
    """In bytes: what Python may hold while that many are moved in and out."""

    @pytest.fixture
    def storage(self) -> Storage:
        """The storage, empty."""
        raise NotImplementedError("give the contract a fixture called storage")

    @pytest.fixture
    def broken(self) -> Storage:
        """One that cannot work: its disk is gone, or its server does not answer."""
        pytest.skip("no broken storage is given")

    @pytest.fixture
    def left_behind(self, storage: Storage) -> Callable[[], Collection[str]]:
        """Tells what the storage holds on its medium, temporary files too; the keys if not told."""
        return lambda: [found.key for found in storage.walk()] if storage.can_walk else []

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Stage:
        """Makes a staged file, in a directory of its own."""
        directory = tmp_path / "staging-of-the-contract"
        directory.mkdir()
        numbers = iter(range(1_000_000))

        def stage(content: bytes = _CONTENT) -> Path:
            path = directory / str(next(numbers))
            path.write_bytes(content)
            return path

        return stage

    def test_it_gives_back_what_it_adopted(self, storage: Storage, stage: Stage) -> None:
        storage.adopt("sha256/ab/abc-1", stage())

        assert _content_of(storage, "sha256/ab/abc-1") == _CONTENT

    @pytest.mark.parametrize("start", [1, 4097, len(_CONTENT) - 1, len(_CONTENT)])
    def test_it_reads_from_the_middle(self, storage: Storage, stage: Stage, start: int) -> None:
        storage.adopt("image", stage())

        assert _content_of(storage, "image", start) == _CONTENT[start:]

    def test_it_reads_in_chunks(self, storage: Storage, stage: Stage) -> None:
        storage.adopt("image", stage())

        with storage.open("image", 10) as source:
            assert source.read(3) + source.read(4) == _CONTENT[10:17]

    def test_it_takes_the_staged_file_or_leaves_it_whole(
        self, storage: Storage, stage: Stage
    ) -> None:
        staged = stage()

        storage.adopt("image", staged)

        assert not staged.exists() or staged.read_bytes() == _CONTENT
        assert [path for path in staged.parent.iterdir() if path != staged] == []

    @pytest.mark.parametrize("size", [0, 1, 65_537])
    def test_sizes_are_in_bytes(self, storage: Storage, stage: Stage, size: int) -> None:
        storage.adopt("image", stage(b"x" * size))

        found = storage.stat("image")

        assert (found.key, found.size) == ("image", size)
        assert _content_of(storage, "image") == b"x" * size

    def test_an_object_is_as_old_as_its_adoption(self, storage: Storage, stage: Stage) -> None:
        staged = stage()
        long_ago = (datetime.now(UTC) - timedelta(days=30)).timestamp()
        os.utime(staged, (long_ago, long_ago))

        storage.adopt("image", staged)

        age = datetime.now(UTC) - storage.stat("image").stored_at
        assert timedelta(minutes=-5) < age < timedelta(minutes=5)

    def test_what_is_missing_is_missing_everywhere(self, storage: Storage, stage: Stage) -> None:
        storage.adopt("a/image", stage())

        for key in ("b", "a", "a/image/below", "a/imag", "a/image2"):
            with pytest.raises(ObjectMissing):
                storage.stat(key)
            with pytest.raises(ObjectMissing):
                storage.open(key)
            if isinstance(_handoff(storage, "a/image"), LocalFile):
                with pytest.raises(ObjectMissing):
                    _handoff(storage, key)

    def test_what_is_deleted_is_gone_and_can_be_deleted_again(
        self, storage: Storage, stage: Stage
    ) -> None:
        storage.adopt("a/image", stage())
        storage.adopt("a/other", stage())

        for _ in range(2):
            storage.delete("a/image")
        for key in ("never", "a/image/below", "a"):
            storage.delete(key)

        with pytest.raises(ObjectMissing):
            storage.stat("a/image")
        assert _content_of(storage, "a/other") == _CONTENT

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ("", {"a/1", "a/b/2", "ab/3", "a-4", "a.5", "b"}),
            ("a", {"a/1", "a/b/2"}),
            ("a/b", {"a/b/2"}),
            ("a/b/2", {"a/b/2"}),
            ("b", {"b"}),
            ("c", set()),
            ("a/1/below", set()),
        ],
    )
    def test_a_walk_keeps_to_its_prefix(
        self, storage: Storage, stage: Stage, prefix: str, expected: set[str]
    ) -> None:
        self._needs_walking(storage)
        for key in ("a/1", "a/b/2", "ab/3", "a-4", "a.5", "b"):
            storage.adopt(key, stage(key.encode()))

        found = list(storage.walk(prefix))

        assert sorted(one.key for one in found) == sorted(expected)
        assert all(one.size == len(one.key) for one in found)
        assert all(storage.stat(one.key) == one for one in found)

    def test_objects_may_come_and_go_during_a_walk(self, storage: Storage, stage: Stage) -> None:
        self._needs_walking(storage)
        keys = {f"{number % 3}/{number}" for number in range(30)}
        for key in keys:
            storage.adopt(key, stage(b"x"))

        seen = set()
        for found in storage.walk():
            seen.add(found.key)
            storage.delete(found.key)
            if len(seen) < 5:
                storage.adopt(f"new/{len(seen)}", stage(b"x"))

        assert keys <= seen

    @pytest.mark.parametrize("key", _OUTSIDE_THE_RULE, ids=repr)
    def test_a_key_outside_the_rule_is_refused(
        self, storage: Storage, stage: Stage, key: str
    ) -> None:
        with pytest.raises(ValueError):
            storage.adopt(key, stage())
        with pytest.raises(ValueError):
            storage.stat(key)
        with pytest.raises(ValueError):
            storage.open(key)
        with pytest.raises(ValueError):
            storage.delete(key)
        if key and storage.can_walk:
            with pytest.raises(ValueError):
                list(storage.walk(key))

    def test_a_key_of_200_characters_fits(self, storage: Storage, stage: Stage) -> None:
        key = "a/" + "b" * 198

        storage.adopt(key, stage())

        assert _content_of(storage, key) == _CONTENT

    def test_many_threads_read_one_object(self, storage: Storage, stage: Stage) -> None:
        storage.adopt("image", stage())
        all_have_opened = threading.Barrier(THREADS, timeout=60)

        def read(start: int) -> bytes:
            with storage.open("image", start) as source:
                all_have_opened.wait()
                return source.read()

        starts = [number * 1000 for number in range(THREADS)]
        with ThreadPoolExecutor(THREADS) as threads:
            contents = list(threads.map(read, starts))

        assert contents == [_CONTENT[start:] for start in starts]

    def test_many_threads_adopt_different_keys(self, storage: Storage, stage: Stage) -> None:
        staged = {f"sha256/ab/{number}": stage(b"%d" % number) for number in range(THREADS * 4)}

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(lambda one: storage.adopt(*one), staged.items()))

        assert all(_content_of(storage, key) == key.split("/")[-1].encode() for key in staged)

    def test_replacing_is_all_or_nothing(self, storage: Storage, stage: Stage) -> None:
        versions = [bytes([number]) * 300_000 for number in range(12)]
        storage.adopt("image", stage(versions[0]))

        replaced = threading.Event()

        def read() -> set[bytes]:
            contents = {_content_of(storage, "image")}
            while not replaced.wait(0.001):
                contents.add(_content_of(storage, "image"))
            return contents

        with ThreadPoolExecutor(THREADS) as threads:
            reading = [threads.submit(read) for _ in range(THREADS - 1)]
            try:
                for version in versions[1:]:
                    storage.adopt("image", stage(version))
            finally:
                replaced.set()
            seen = {content for one in reading for content in one.result()}

        assert seen <= set(versions)
        assert _content_of(storage, "image") == versions[-1]
        assert storage.stat("image").size == len(versions[-1])

    def test_an_adoption_that_fails_changes_nothing(
        self, storage: Storage, stage: Stage, tmp_path: Path
    ) -> None:
        storage.adopt("image", stage())

        for key in ("image", "another"):
            with pytest.raises(Exception):  # noqa: B017 - the caller has broken its promise
                storage.adopt(key, tmp_path / "there is no such file")

        assert _content_of(storage, "image") == _CONTENT
        with pytest.raises(ObjectMissing):
            storage.stat("another")

    def test_nothing_is_left_behind(
        self, storage: Storage, stage: Stage, left_behind: Callable[[], Collection[str]]
    ) -> None:
        storage.adopt("a/image", stage())
        storage.adopt("a/image", stage(b"replaced"))
        storage.check()
        after_adopting = list(left_behind())
        storage.delete("a/image")

        assert len(after_adopting) <= 1
        assert list(left_behind()) == []

    def test_a_handoff_leads_to_the_bytes(self, storage: Storage, stage: Stage) -> None:
        storage.adopt("image", stage())

        match _handoff(storage, "image"):
            case LocalFile(path):
                assert path.read_bytes() == _CONTENT
            case Redirect(url):
                assert url.startswith(("https://", "http://"))
            case other:
                assert other == Stream()

    def test_a_storage_that_works_passes_its_check(self, storage: Storage) -> None:
        storage.check()

        free = storage.free_space()
        assert free is None or free > 0

    def test_a_storage_that_cannot_work_says_so(self, broken: Storage, stage: Stage) -> None:
        with pytest.raises(StorageUnavailable):
            broken.check()
        with pytest.raises(StorageUnavailable):
            broken.adopt("image", stage())

    @pytest.mark.large
    def test_an_object_may_be_larger_than_memory(self, storage: Storage, stage: Stage) -> None:
        if self.cannot_be_large_because:
            pytest.skip(self.cannot_be_large_because)
        staged = stage(b"")
        with staged.open("r+b") as file:
            file.truncate(self.large_size)

        tracemalloc.start()
        try:
            storage.adopt("image", staged)
            with storage.open("image") as source:
                size = sum(len(chunk) for chunk in iter(lambda: source.read(1 << 20), b""))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert size == storage.stat("image").size == self.large_size
        assert most < self.memory_allowed

    def _needs_walking(self, storage: Storage) -> None:
        if not storage.can_walk:
            assert storage.cannot_walk_because, "can_walk = False wants a reason"
            pytest.skip(storage.cannot_walk_because)


def _content_of(storage: Storage, key: str, start: int = 0) -> bytes:
    with storage.open(key, start) as source:
        return source.read()


def _handoff(storage: Storage, key: str) -> Handoff:
    return storage.handoff(key, filename="image.sif", lifetime=_LIFETIME)
