"""Keeps arriving bodies in named files, so that the application can take one over uncopied."""

import errno
import fcntl
import io
import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sregistry_core.errors import ConfigurationError

log = logging.getLogger(__name__)

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PREFIX = "body-"


class Spool:
    """A directory of arriving bodies. Safe to use from many threads, and by several servers."""

    def __init__(self, directory: Path, *, clock: Callable[[], float] = time.time):
        """Make the directory, for nobody but us, when it is not there yet.

        clock   gives seconds since 1970.
        Raises ConfigurationError when it cannot be made or written to.
        """
        self.directory = directory.absolute()
        self._clock = clock
        self._live: set[Path] = set()
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(_unusable(self.directory, error)) from error
        if not os.access(self.directory, os.R_OK | os.W_OK | os.X_OK):
            raise ConfigurationError(
                f"the spool {self.directory} cannot be used: not ours to write to"
            )

    def body(self) -> "BodyFile":
        """Make an empty file, readable by nobody but us, for one body.

        When the disk has no room even for that, the answer is a BodyFile that is full already.
        """
        try:
            descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=self.directory)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            return BodyFile.without_room(error)
        path = Path(name)
        # The lock tells sweep(), in this process or another, that somebody still uses the file.
        # A file system without locks answers with an error here, and there, too.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._live.add(path)
        return BodyFile(descriptor, path, on_close=self._live.discard)

    def adopt(self, descriptor: int, path: Path) -> "BodyFile":
        """Give a body that lies in a file already, by a link of our own to it where that works.

        descriptor   of the file, open for reading and writing; closed with the body
        path         its name, which stays with its owner
        """
        own = self.directory / f"{_PREFIX}{secrets.token_hex(8)}"
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            os.link(path, own)
        except OSError as error:
            log.info("%s is copied and not taken over: %s", path, error.strerror)
            return BodyFile(descriptor, path, on_close=lambda path: None, is_ours=False)
        self._live.add(own)
        return BodyFile(descriptor, own, on_close=self._live.discard)

    def sweep(self, older_than: timedelta) -> int:
        """Remove the bodies that a crashed server has left behind; the result is their number.

        older_than   age of the last write; younger files stay. Files in use always stay.
        """
        oldest = self._clock() - older_than.total_seconds()
        removed = 0
        for path in self.directory.glob(_PREFIX + "*"):
            with suppress(OSError):
                if path.lstat().st_mtime < oldest and _abandoned(path):
                    path.unlink()
                    removed += 1
        return removed

    def clear(self) -> None:
        """Remove the names of all bodies that are still in use; for the end of the process."""
        for path in list(self._live):
            path.unlink(missing_ok=True)
        self._live.clear()


class BodyFile(io.BufferedReader):
    """The body of one request, as the application finds it in `wsgi.input`.

    name     absolute path, as str. The application may link or rename the file away; closing
             removes the path when it is still there.
    full     True when the disk had no room for the body. The file is then empty, and the
             application's part is to say so.
    error    the OSError of that, or None.
    """

    full: bool = False
    error: OSError | None = None

    def __init__(
        self,
        descriptor: int,
        path: Path,
        *,
        on_close: Callable[[Path], None],
        is_ours: bool = True,
    ):
        self._path: Path | None = path if is_ours else None
        self._on_close = on_close
        self._size = 0
        raw = io.FileIO(descriptor, "r+b")
        raw.name = str(path)
        super().__init__(raw)

    @classmethod
    def without_room(cls, error: OSError) -> "BodyFile":
        """Make an empty BodyFile that is full, of no file in particular."""
        path = Path(os.devnull)
        body = cls(os.open(path, os.O_RDWR | os.O_CLOEXEC), path, on_close=lambda path: None)
        body._path = None
        body.full, body.error = True, error
        return body

    def append(self, chunk: bytes) -> None:
        """Write at the end, leaving the place of reading where it is.

        When the disk is full, gives all space back and from then on swallows what comes, so that
        the client gets an answer instead of a broken connection.
        """
        if self.full:
            return
        try:
            self._write(chunk)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            log.warning("no room for a body of more than %d bytes: %s", self._size, error)
            self.full, self.error = True, error
            with suppress(OSError):
                os.ftruncate(self.fileno(), 0)

    def close(self) -> None:
        """Close, and remove the file unless the application has taken it over. Never raises."""
        if self.closed:
            return
        if self._path is not None:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("cannot remove a body: %s", error)
            self._on_close(self._path)
        with suppress(OSError):
            super().close()

    def _write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            written = os.pwrite(self.fileno(), rest, self._size)
            self._size += written
            rest = rest[written:]


def _abandoned(path: Path) -> bool:
    # For writing, since NFS gives an exclusive lock on nothing less.
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _unusable(directory: Path, error: OSError) -> str:
    return f"the spool {directory} cannot be used: {(error.strerror or str(error)).lower()}"
