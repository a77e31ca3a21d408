"""Hashes files that a proxy in front is still writing, and lets the disk write them meanwhile.

When the last byte is here, so is almost all of the hash. Nobody has to name the file beforehand: a
body is expected in a directory, and whatever is new there is taken for it. That may be somebody
else's; then the work was in vain, and the body is hashed when it is here.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sregistry_core.digests import RunningDigest

from .hashing import begin_to_write_back, hash_span

SMALLEST = 8 << 20
"""In bytes: a smaller body is hashed faster than it is found."""
_STEP = 4 << 20
_AT_ONCE = 8
_LOOK_SECONDS = 0.01
_LONGEST_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 60.0
_OF_ONE_MACHINE = frozenset(
    {"bcachefs", "btrfs", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
)
"""File systems that no other machine writes to, so that what is read is what lies there."""
_MOUNTS = Path("/proc/self/mountinfo")


class Followers:
    """Follows the files that appear in a directory. Safe to use from many threads."""

    def __init__(self, directory: Path, *, clock: Callable[[], float] = time.monotonic):
        """Follow files of `directory`, which need not be there yet.

        clock   gives seconds that only grow
        """
        self._directory = directory
        self._clock = clock
        self._lock = threading.Lock()
        self._followed: dict[tuple[int, int], _Follower] = {}

    def expect(self, size: int | None) -> None:
        """A body is about to be written; returns at once. size: in bytes, None if nobody knows."""
        if size is not None and size < SMALLEST:
            return
        if not self._directory.is_dir() or not is_of_one_machine(self._directory):
            return
        others = self._names()
        threading.Thread(target=self._find, args=(others,), name="follow", daemon=True).start()

    def take(self, path: Path) -> RunningDigest | None:
        """Give the hash of as much of a file as was followed, and follow it no further.

        None when it was not. The file is complete: nobody writes to it any more.
        """
        key = _key(path.stat())
        with self._lock:
            follower = self._followed.pop(key, None)
        return follower.stop() if follower else None

    def _find(self, others: set[str]) -> None:
        """Wait for a file that is none of `others` and that nobody follows, and follow it."""
        pause, end = _LOOK_SECONDS, self._clock() + _PATIENCE_SECONDS
        while self._clock() < end:
            for name in sorted(self._names() - others):
                follower = self._begin(self._directory / name)
                if follower is None:
                    others.add(name)
                    continue
                follower.run()
                with self._lock:
                    if self._followed.get(follower.key) is follower and follower.gave_up:
                        del self._followed[follower.key]
                return
            time.sleep(pause)
            pause = min(pause * 1.1, _LONGEST_LOOK_SECONDS)

    def _begin(self, path: Path) -> "_Follower | None":
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        key = _key(os.fstat(handle))
        with self._lock:
            if key in self._followed or len(self._followed) >= _AT_ONCE:
                os.close(handle)
                return None
            self._followed[key] = _Follower(handle, key, self._clock)
            return self._followed[key]

    def _names(self) -> set[str]:
        with suppress(OSError):
            return {path.name for path in self._directory.iterdir()}
        return set()


class _Follower:
    """Hashes one file as it grows, in the thread that calls `run`."""

    def __init__(self, handle: int, key: tuple[int, int], clock: Callable[[], float]):
        self.key = key
        self.gave_up = False
        self._handle = handle
        self._clock = clock
        self._running = RunningDigest()
        self._complete = threading.Event()
        self._ended = threading.Event()

    def run(self) -> None:
        """Go on until `stop`, or until the file is given up: nothing came, or it was removed."""
        changed_at = self._clock()
        try:
            while not self._complete.is_set():
                found = os.fstat(self._handle)
                if found.st_size - self._running.size >= _STEP:
                    self._hash(_STEP)
                    changed_at = self._clock()
                elif not found.st_nlink or self._clock() - changed_at > _PATIENCE_SECONDS:
                    self.gave_up = True
                    return
                else:
                    self._complete.wait(_LOOK_SECONDS)
        except OSError:
            self.gave_up = True
        finally:
            os.close(self._handle)
            self._ended.set()

    def stop(self) -> RunningDigest | None:
        """End it, and give the hash of what it has read."""
        self._complete.set()
        self._ended.wait()
        return None if self.gave_up else self._running

    def _hash(self, size: int) -> None:
        begun = self._running.size
        hash_span(self._handle, self._running, offset=begun, size=size)
        begin_to_write_back(self._handle, begun, size)


def is_of_one_machine(directory: Path) -> bool:
    """Tell whether a directory's file system belongs to this machine alone, as far as is known.

    Source: proc(5), /proc/pid/mountinfo.
    """
    device = directory.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError), _MOUNTS.open(encoding="utf-8") as mounts:
        for line in mounts:
            fields = line.split()
            if fields[2] == wanted:
                return fields[fields.index("-") + 1] in _OF_ONE_MACHINE
    return False


def _key(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
