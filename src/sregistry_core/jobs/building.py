"""One build from its order to its image: in a worker, and never in a transaction while it runs."""

import logging
import shutil
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sregistry_core.contracts import Builder, BuildFailed, BuildOrder
from sregistry_core.errors import RegistryError
from sregistry_core.models import BuildState
from sregistry_core.services import Facilities, Services
from sregistry_core.services.building import Started

from .build_log import PAUSE_SECONDS, BuildLog
from .outages import is_outage, outlasting
from .unit import Unit

_LOOK_SECONDS = 1.0
_MOST_FILES = 200_000
_LOST = "its worker was killed"

log = logging.getLogger(__name__)


def run_build(unit: Unit, facilities: Facilities, *, build: str) -> None:
    """Build, publish, and say what became of it.

    A second run, after this worker was killed, goes on where the builder can; elsewhere the build
    is lost, and whatever is left of it is ended.
    """
    with unit() as services:
        started = services.building.begin(build)
        if started is None:
            return
        said = [line.text for line in services.builds.every_line(build)] if started.lines else []
    output = BuildLog(unit, build, said=said)
    builder = facilities.plugins.builders.get(started.builder)
    if builder is None:
        reason = f"the ini file no longer names the builder {started.builder}"
        _end(unit, output, build, BuildState.FAILED, reason)
        return
    if started.was_begun and not (builder.goes_on and started.handle):
        if started.handle is not None:
            builder.clear(started.handle)
        shutil.rmtree(_directory(facilities, build), ignore_errors=True)
        _end(unit, output, build, BuildState.LOST, _LOST)
        return
    cancelled = _Cancelled(unit, build)
    try:
        with _work_directory(facilities, started) as directory, _written(output):
            image = _built(facilities, builder, started, directory, output, cancelled)
            output.write()
            # A builder asks a program for it: no transaction waits for that.
            version = builder.version()[:200]
            outlasting(lambda: _publish(unit, facilities, version, started, image, output))
    except BuildFailed as failure:
        is_cancelled = cancelled.was_seen or outlasting(cancelled.ask)
        state = BuildState.CANCELLED if is_cancelled else BuildState.FAILED
        _end(unit, output, build, state, str(failure), builder)
    except RegistryError as refusal:
        _end(unit, output, build, BuildState.FAILED, str(refusal), builder)


class _Cancelled:
    """Whether somebody wants a build to end: asked once a second, however often it is called."""

    def __init__(self, unit: Unit, build: str):
        self._unit = unit
        self._build = build
        self._asked_at = 0.0
        self.was_seen = False

    def __call__(self) -> bool:
        if not self.was_seen and time.monotonic() - self._asked_at >= _LOOK_SECONDS:
            self._asked_at = time.monotonic()
            try:
                self.ask()
            except Exception as error:
                # Nobody can tell now: a build goes on until somebody can.
                if not is_outage(error):
                    raise
        return self.was_seen

    def ask(self) -> bool:
        with self._unit() as services:
            self.was_seen = services.building.is_cancelled(self._build)
        return self.was_seen


def _built(
    facilities: Facilities,
    builder: Builder,
    started: Started,
    directory: Path,
    output: BuildLog,
    cancelled: Callable[[], bool],
) -> Path:
    work = directory / "work"
    work.mkdir(mode=0o700, exist_ok=True)
    context = directory / "context" if started.context is not None else None
    order = BuildOrder(
        identifier=started.id,
        definition=started.definition,
        arch=started.arch,
        work_directory=work,
        context_directory=context,
        deadline=started.begun_at + facilities.settings.build_time_limit,
        cancelled=cancelled,
        arguments=started.arguments,
        handle=started.handle,
    )
    try:
        image = builder.run(order, output)
    except BuildFailed:
        raise
    except Exception as error:
        # A plugin's mistake ends its build: nothing is gained by the same once more.
        log.exception("the builder %s broke", started.builder)
        raise BuildFailed(f"the builder broke: {type(error).__name__}") from error
    # A link would lead to what the builder may read and the orderer may not.
    inside = image.resolve().is_relative_to(work.resolve()) and not image.is_symlink()
    if not inside or not image.is_file():
        raise BuildFailed("the build ended well and left no image")
    return image


def _publish(
    unit: Unit,
    facilities: Facilities,
    version: str,
    started: Started,
    image: Path,
    output: BuildLog,
) -> None:
    with unit() as services:
        orderer = services.building.orderer(started.id)
        size = image.stat().st_size
        with image.open("rb") as source:
            user = Services(services.db, orderer, facilities)
            made = user.client_containers.push(started.name, source, size=size)
        services.building.end(
            started.id,
            BuildState.SUCCEEDED,
            image=made,
            built_with=version,
            log_digest=output.digest,
        )


def _end(
    unit: Unit,
    output: BuildLog,
    build: str,
    state: BuildState,
    reason: str,
    builder: Builder | None = None,
) -> None:
    output.write()
    version = builder.version()[:200] if builder is not None else None

    def end() -> None:
        with unit() as services:
            services.building.end(
                build,
                state,
                reason=" ".join(reason.split())[:2000],
                built_with=version,
                log_digest=output.digest,
            )

    outlasting(end)


def _directory(facilities: Facilities, build: str) -> Path:
    return facilities.settings.build_directory / build


@contextmanager
def _work_directory(facilities: Facilities, started: Started) -> Iterator[Path]:
    """Make the directory of a build, with the files it copies from; removed afterwards."""
    directory = _directory(facilities, started.id)
    directory.mkdir(parents=True, exist_ok=True)
    # A builder may let another user build: it passes through, and sees nothing.
    for place in (directory.parent, directory):
        place.chmod(0o711)
    try:
        if started.context is not None and not started.was_begun:
            archive = facilities.settings.staging / "contexts" / started.context
            _unpack(archive, directory / "context", facilities.settings.largest_build_context)
        yield directory
    finally:
        # What a build has left may be read-only.
        shutil.rmtree(directory, onerror=_make_writable_and_retry)
        if directory.exists():
            log.warning("what the build %s has left in %s cannot be removed", started.id, directory)


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


@contextmanager
def _written(output: BuildLog) -> Iterator[None]:
    """Write down what waits, also while the builder says nothing."""
    ending = threading.Event()

    def write_now_and_then() -> None:
        while not ending.wait(PAUSE_SECONDS):
            try:
                output.write_soon()
            except Exception:
                # It is tried again; what is said meanwhile waits.
                log.exception("lines of a build cannot be written down yet")

    writer = threading.Thread(target=write_now_and_then, name="build-log", daemon=True)
    writer.start()
    try:
        yield
    finally:
        ending.set()
        writer.join()
