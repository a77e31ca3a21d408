"""One build from its order to its image: in a worker, and never in a transaction while it runs."""

import logging
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from sregistry_core.contracts import Builder, BuildFailed, BuildLeft, BuildOrder, RegistryLogin
from sregistry_core.db.failures import cause_of
from sregistry_core.errors import RegistryError, Unavailable
from sregistry_core.formats.sif_signer import sign_file
from sregistry_core.models import BuildState
from sregistry_core.services import Facilities, Services
from sregistry_core.services.build_secrets import SHORTEST
from sregistry_core.services.build_tokens import BuildToken
from sregistry_core.services.building import Started

from .build_directory import directory_of, work_directory
from .build_log import PAUSE_SECONDS, BuildLog
from .outages import outlasting
from .stopping import Interrupted, Stopping
from .unit import Unit

_LOOK_SECONDS = 1.0
_PUBLISH_PAUSE_SECONDS = 0.5
_LONGEST_PUBLISH_PAUSE_SECONDS = 60.0
_PUBLISH_PATIENCE_SECONDS = 4 * 3600.0
_PATIENCE_WHILE_STOPPING = timedelta(seconds=5)
_LOST = "its worker was killed"
_STOPPED = "the server was stopped: this build waits in the queue, and begins again"

log = logging.getLogger(__name__)


def run_build(unit: Unit, facilities: Facilities, stopping: Stopping, *, build: str) -> None:
    """Build, publish, and say what became of it.

    A second run, after this worker was killed, goes on where the builder can; elsewhere the build
    is lost, and whatever is left of it is ended. When the worker is told to stop, a builder that
    can leaves the build running for the second run; elsewhere it begins again then. Raises
    Interrupted in both cases.
    """
    with unit() as services:
        started = services.building.begin(build)
        if started is None:
            return
        secrets = services.build_secrets.opened(build)
        token = services.build_tokens.issue(build)
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
        shutil.rmtree(directory_of(facilities, build), ignore_errors=True)
        _end(unit, output, build, BuildState.LOST, _LOST)
        return
    if not started.was_begun:
        outlasting(lambda: _note_bases(unit, facilities, started))
    cancelled = _Cancelled(unit, build)
    keep = builder.goes_on
    try:
        with work_directory(facilities, started, keep=keep) as directory, _written(output):
            given = _Given(_opened(output, secrets), _login(facilities, output, token))
            ends = _Ends(cancelled, stopping, builder.goes_on)
            image = _built(facilities, builder, started, directory, output, ends, given)
            _sign(facilities, image)
            made = _Made(image, builder.version()[:200])
            _publish_patiently(unit, facilities, started, made, output, ends)
    except BuildLeft as left:
        raise Interrupted from left
    except BuildFailed as failure:
        if stopping() and _is_put_back(unit, output, build):
            raise Interrupted from failure
        is_cancelled = cancelled.was_seen or outlasting(cancelled.ask)
        state = BuildState.CANCELLED if is_cancelled else BuildState.FAILED
        _end(unit, output, build, state, str(failure), builder)
    except RegistryError as refusal:
        _end(unit, output, build, BuildState.FAILED, str(refusal), builder)


def _note_bases(unit: Unit, facilities: Facilities, started: Started) -> None:
    """Keep what the tags of our own base images mean now, to whoever has ordered."""
    with unit() as services:
        orderer = services.building.orderer(started.id)
        if orderer.user_id is None:
            return
        theirs = Services(services.db, orderer, facilities)
        facts = theirs.base_images.facts(started.definition, started.arguments, started.arch)
        if facts:
            services.building.note(started.id, facts)


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
            except SQLAlchemyError as error:
                # The build goes on meanwhile; it is asked again.
                said = cause_of(error)
                log.warning("nobody knows whether %s is cancelled: %s", self._build, said)
        return self.was_seen

    def ask(self) -> bool:
        with self._unit() as services:
            self.was_seen = services.building.is_cancelled(self._build)
        return self.was_seen


@dataclass(frozen=True, slots=True)
class _Ends:
    """Why a build may be broken off.

    goes_on   whether its builder leaves it running when the worker stops
    """

    cancelled: _Cancelled
    stopping: Stopping
    goes_on: bool

    def any(self) -> bool:
        """Tell whether there is any reason."""
        return self.stopping() or self.cancelled()


@dataclass(frozen=True, slots=True)
class _Given:
    """What a build is given that its log does not show."""

    secrets: Mapping[str, str]
    registry: RegistryLogin


def _login(facilities: Facilities, output: BuildLog, token: BuildToken | None) -> RegistryLogin:
    url = facilities.settings.public_url.rstrip("/")
    if token is None:
        return RegistryLogin(url)
    output.hide(token.secret)
    return RegistryLogin(url, token.user, token.secret)


def _opened(output: BuildLog, secrets: Mapping[str, str | None]) -> Mapping[str, str]:
    """Give the secrets of a build, which its log does not show from here on."""
    opened = {}
    for name, value in secrets.items():
        if value is None:
            raise BuildFailed(f"the secret {name} cannot be opened any more, and must be set anew")
        opened[name] = value
        for part in (value, *value.splitlines()):
            # A shell that shows what it runs writes single quotes in one of these ways.
            for shown in (part, part.replace("'", "'\\''"), part.replace("'", "'\"'\"'")):
                if len(shown) >= SHORTEST:
                    output.hide(shown)
    return opened


def _built(
    facilities: Facilities,
    builder: Builder,
    started: Started,
    directory: Path,
    output: BuildLog,
    ends: _Ends,
    given: _Given,
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
        cancelled=ends.cancelled if builder.goes_on else ends.any,
        arguments=started.arguments,
        secrets=given.secrets,
        registry=given.registry,
        container=str(started.name.container),
        handle=started.handle,
        leaving=ends.stopping,
    )
    try:
        image = builder.run(order, output)
    except (BuildFailed, BuildLeft, SQLAlchemyError):
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


def _sign(facilities: Facilities, image: Path) -> None:
    """Sign an image with the registry's own key for builds, if it has one."""
    key = facilities.build_key
    if key is None:
        return
    try:
        sign_file(image, key.clear_signed, key.fingerprint)
    except (ValueError, OSError) as error:
        raise BuildFailed(f"the image cannot be signed: {error}") from error


@dataclass(frozen=True, slots=True)
class _Made:
    """What was built, and what its builder calls itself."""

    image: Path
    version: str


def _publish_patiently(
    unit: Unit,
    facilities: Facilities,
    started: Started,
    made: _Made,
    output: BuildLog,
    ends: _Ends,
) -> None:
    """Publish; what cannot be kept for a while is not built again, but tried again."""
    pause, until = _PUBLISH_PAUSE_SECONDS, time.monotonic() + _PUBLISH_PATIENCE_SECONDS
    while True:
        try:
            output.write()
            _publish(unit, facilities, started, made, output)
            return
        except (Unavailable, OperationalError) as away:
            if time.monotonic() > until:
                raise
            said = cause_of(away)
            log.warning("the image of the build %s cannot be kept yet: %s", started.id, said)
        pausing = time.monotonic() + pause
        while time.monotonic() < pausing:
            time.sleep(_PUBLISH_PAUSE_SECONDS)
            if ends.stopping() and ends.goes_on:
                raise BuildLeft
            if ends.any():
                raise BuildFailed("it was cancelled, and its image could not be kept")
        pause = min(2 * pause, _LONGEST_PUBLISH_PAUSE_SECONDS)


def _publish(
    unit: Unit, facilities: Facilities, started: Started, made: _Made, output: BuildLog
) -> None:
    key = facilities.build_key
    if key is not None:
        with unit() as services:
            # Before the image: where signatures are demanded, this one must be known.
            services.keys.add(key.public.encode())
    with unit() as services:
        orderer = services.building.orderer(started.id)
        size = made.image.stat().st_size
        with made.image.open("rb") as source:
            user = Services(services.db, orderer, facilities)
            image = user.client_containers.push(started.name, source, size=size)
        services.building.end(
            started.id,
            BuildState.SUCCEEDED,
            image=image,
            built_with=made.version,
            log_digest=output.digest,
            facts={"signed_by": key.fingerprint} if key is not None else None,
        )


def _is_put_back(unit: Unit, output: BuildLog, build: str) -> bool:
    """Put a build back that was broken off; False when somebody has cancelled it."""

    def put_back() -> bool:
        with unit() as services:
            return services.building.put_back(build)

    if not outlasting(put_back, patience=_PATIENCE_WHILE_STOPPING):
        return False
    output.line(_STOPPED)
    outlasting(output.write, patience=_PATIENCE_WHILE_STOPPING)
    return True


def _end(
    unit: Unit,
    output: BuildLog,
    build: str,
    state: BuildState,
    reason: str,
    builder: Builder | None = None,
) -> None:
    outlasting(output.write)
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


@contextmanager
def _written(output: BuildLog) -> Iterator[None]:
    """Write down what waits, also while the builder says nothing."""
    ending = threading.Event()

    def write_now_and_then() -> None:
        while not ending.wait(PAUSE_SECONDS):
            try:
                output.write()
            except SQLAlchemyError as error:
                # It is tried again; what is said meanwhile waits.
                log.warning("lines of a build cannot be written down yet: %s", cause_of(error))
            except Exception:
                log.exception("lines of a build cannot be written down yet")

    writer = threading.Thread(target=write_now_and_then, name="build-log", daemon=True)
    writer.start()
    try:
        yield
    finally:
        ending.set()
        writer.join()
