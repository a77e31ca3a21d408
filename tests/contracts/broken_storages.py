"""Storages, each broken in one way; run by test_the_contracts_can_fail.py.

Each class says in `breaks` which tests of its contract must notice, and no others may.
"""

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sregistry_core.contracts import (
    LocalFile,
    StorageUnavailable,
)
from sregistry_core.testing.memory_storage import MemoryStorage
from sregistry_core.testing.storage_contract import StorageContract


class Broken(StorageContract):
    cannot_be_large_because = "memory"
    storage_class = MemoryStorage

    @pytest.fixture
    def storage(self):
        return self.storage_class()


class TestWalksByTheBeginningOfAText(Broken):
    breaks = ("walk_keeps_to_its_prefix", "outside_the_rule")

    class storage_class(MemoryStorage):
        def walk(self, prefix=""):
            yield from (one for one in super().walk() if one.key.startswith(prefix))


class TestTruncates(Broken):
    breaks = (
        "gives_back",
        "middle",
        "staged_file",
        "replacing",
        "deleted",
        "200",
        "fails",
        "threads_read",
    )

    class storage_class(MemoryStorage):
        def adopt(self, key, path):
            with path.open("r+b") as file:
                file.truncate(min(100_000, path.stat().st_size))
            super().adopt(key, path)


class TestAlwaysReadsFromTheBeginning(Broken):
    breaks = ("middle", "chunks", "threads_read")

    class storage_class(MemoryStorage):
        def open(self, key, start=0):
            return super().open(key)


class TestTellsKibibytes(Broken):
    breaks = ("sizes", "replacing", "walk_keeps")

    class storage_class(MemoryStorage):
        def stat(self, key):
            found = super().stat(key)
            return type(found)(key, found.size // 1024, found.stored_at)


class TestKeepsTheAgeOfTheStagedFile(Broken):
    breaks = ("as_old_as", "walk_keeps")

    class storage_class(MemoryStorage):
        def stat(self, key):
            found = super().stat(key)
            return type(found)(key, found.size, found.stored_at.replace(year=1999))


class TestSaysKeyError(Broken):
    breaks = ("missing", "gone", "fails_changes_nothing")

    class storage_class(MemoryStorage):
        def stat(self, key):
            try:
                return super().stat(key)
            except LookupError:
                raise
            except Exception as error:
                if isinstance(error, ValueError):
                    raise
                raise KeyError(key) from error


class TestDeletesOnlyOnce(Broken):
    breaks = ("deleted_again",)

    class storage_class(MemoryStorage):
        def delete(self, key):
            self.stat(key)
            super().delete(key)


class TestNeverDeletes(Broken):
    breaks = ("deleted_is_gone", "left_behind")

    class storage_class(MemoryStorage):
        def delete(self, key):
            self.walk(key)
            if ".." in key or key not in self._objects:
                super().delete(key)


class TestTakesEveryKey(Broken):
    breaks = ("outside_the_rule",)

    class storage_class(MemoryStorage):
        def adopt(self, key, path):
            if not key.isascii():
                super().adopt(key, path)
            self._objects[key] = path.read_bytes(), datetime.now(UTC)


class TestEatsHalfOfTheStagedFile(Broken):
    breaks = ("staged_file",)

    class storage_class(MemoryStorage):
        def adopt(self, key, path):
            super().adopt(key, path)
            os.truncate(path, 1)


class TestLitters(Broken):
    breaks = ("staged_file",)

    class storage_class(MemoryStorage):
        def adopt(self, key, path):
            super().adopt(key, path)
            path.with_suffix(".bak").write_bytes(b"")


class TestLeavesTemporaryObjects(Broken):
    breaks = ("left_behind",)

    class storage_class(MemoryStorage):
        def adopt(self, key, path):
            super().adopt(f"temporary-{key.replace('/', '-')}"[:200], path)
            super().adopt(key, path)

        def walk(self, prefix=""):
            found = super().walk(prefix)
            return (one for one in found if self.shows_all or not one.key.startswith("temp"))

        shows_all = False

    @pytest.fixture
    def left_behind(self, storage):
        storage.shows_all = True
        return lambda: [one.key for one in storage.walk()]


class TestSharesOneReader(Broken):
    breaks = ("threads_read",)
    test_replacing_is_all_or_nothing = None  # it notices now and then

    class storage_class(MemoryStorage):
        def __init__(self):
            super().__init__()
            self.reader = None

        def open(self, key, start=0):
            fresh = super().open(key, start)
            if self.reader is None or self.reader.closed:
                self.reader = fresh
            return self.reader


class TestForgetsWhenManyWrite(Broken):
    breaks = ("adopt_different_keys",)

    class storage_class(MemoryStorage):
        def __init__(self):
            super().__init__()
            self.path = None

        def adopt(self, key, path):
            self.path = path
            if threading.current_thread() is not threading.main_thread():
                threading.Event().wait(0.01)
            super().adopt(key, self.path)


class TestReplacesPieceByPiece(Broken):
    breaks = ("replacing",)

    class storage_class(MemoryStorage):
        def adopt(self, key, path):
            super().adopt(key, path)
            if path.stat().st_size != 300_000:
                return
            content, at = self._objects[key]
            for end in (1000, 100_000):
                self._objects[key] = content[:end], at
                threading.Event().wait(0.002)
            self._objects[key] = content, at


class TestRemovesBeforeItReplaces(Broken):
    breaks = ("fails_changes_nothing",)

    class storage_class(MemoryStorage):
        def adopt(self, key, path):
            if not path.exists():
                self.delete(key)
            super().adopt(key, path)


class TestHandsOffAnotherFile(Broken):
    breaks = ("handoff", "missing")

    class storage_class(MemoryStorage):
        def handoff(self, key, *, filename, lifetime):
            return LocalFile(Path(os.devnull))


class TestSwallowsItsCheck(Broken):
    breaks = ("cannot_work",)

    @pytest.fixture
    def broken(self):
        class Gone(MemoryStorage):
            def adopt(self, key, path):
                raise StorageUnavailable("gone")

            def check(self):
                try:
                    raise StorageUnavailable("gone")
                except StorageUnavailable:
                    pass

        return Gone()


class TestFailsItsCheck(Broken):
    breaks = ("passes_its_check", "left_behind")

    class storage_class(MemoryStorage):
        def check(self):
            raise StorageUnavailable("never")


class TestCannotWalkAndSaysNotWhy(Broken):
    breaks = ("walk_keeps", "come_and_go")

    class storage_class(MemoryStorage):
        can_walk = False


class TestReadsAllIntoMemory(StorageContract):
    breaks = ("larger_than_memory",)
    large_size = 8 << 20
    memory_allowed = 4 << 20

    @pytest.fixture
    def storage(self):
        return MemoryStorage()
