"""The directory of one build: what it copies from is unpacked there, and all of it removed."""

import logging
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from sregistry_core.contracts import BuildFailed, BuildLeft
from sregistry_core.services import Facilities
from sregistry_core.services.building import Started

_MOST_FILES = 200_000

log = logging.getLogger(__name__)


def directory_of(facilities: Facilities, build: str) -> Path:
    """Give where a build works."""
    return facilities.settings.build_directory / build


@contextmanager
def work_directory(
    facilities: Facilities, started: Started, *, keep: bool = False
) -> Iterator[Path]:
    """Make the directory of a build, with the files it copies from; removed afterwards.

    keep   whether it stays for the next run of this build, when the database breaks this one, or
           its worker stops
    """
    directory = directory_of(facilities, started.id)
    directory.mkdir(parents=True, exist_ok=True)
    # A builder may let another user build: it passes through, and sees nothing.
    for place in (directory.parent, directory):
        place.chmod(0o711)
    try:
        if started.context is not None and not started.was_begun:
            archive = facilities.settings.staging / "contexts" / started.context
            _unpack(archive, directory / "context", facilities.settings.largest_build_context)
        yield directory
    except BaseException as error:
        if not (keep and isinstance(error, (SQLAlchemyError, BuildLeft))):
            _remove(directory, started.id)
        raise
    else:
        _remove(directory, started.id)


def _remove(directory: Path, build: str) -> None:
    # What a build has left may be read-only.
    shutil.rmtree(directory, onerror=_make_writable_and_retry)
    if directory.exists():
        log.warning("what the build %s has left in %s cannot be removed", build, directory)


def _unpack(archive: Path, directory: Path, most_bytes: int) -> None:
    """Unpack the files of a build. Raises BuildFailed for what cannot be trusted."""
    directory.mkdir(mode=0o700)
    left = most_bytes * 20
    try:
        with tarfile.open(archive, "r:*") as files:
            for count, member in enumerate(files):
                left -= member.size
                if left < 0 or count >= _MOST_FILES:
                    raise BuildFailed("the files of the build are too many, or too large")
                files.extract(member, directory, filter="data")
    except FileNotFoundError as error:
        raise BuildFailed("the files of the build are not here any more") from error
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BuildFailed(f"the files of the build cannot be unpacked: {error}") from error


def _make_writable_and_retry(remove: Callable[..., object], path: str, _error: object) -> None:
    with suppress(OSError):
        Path(path).parent.chmod(0o700)
        if Path(path).is_dir():
            Path(path).chmod(0o700)
        remove(path)
