"""Builds with the Apptainer or Singularity of this machine, in a sandbox."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sregistry_core.contracts import Builder, BuildFailed, BuildOrder, BuildOutput, Secret

from .bases import digests_of_bases
from .process import Process, end
from .sandbox import Sandbox

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PREFIXES = ("APPTAINER", "SINGULARITY")
_VERSION_SECONDS = 30
_LOOK_AT_DISK_SECONDS = 5.0
_BOOTSTRAP = re.compile(r"^\s*bootstrap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class LocalBuilder(Builder):
    """Runs `apptainer build` once for each order."""

    def __init__(
        self,
        *,
        command: Sequence[str],
        options: Sequence[str],
        sandbox: Sandbox,
        bootstraps: frozenset[str],
        user_name: str,
        password: Secret,
    ):
        """Nothing is started.

        command     the program, and words before `build`
        options     words after `build`
        bootstraps  what a definition may start from; empty for anything
        user_name   and its password, for private images that builds start from
        """
        self._command = tuple(command)
        self._options = tuple(options)
        self._sandbox = sandbox
        self._bootstraps = bootstraps
        self._user_name = user_name
        self._password = password.value if user_name else ""

    def run(self, order: BuildOrder, output: BuildOutput) -> Path:
        """Build in the work directory of the order."""
        self._require_allowed(order.definition)
        work = order.work_directory
        image = work / "image.sif"
        directory = self._furnish(order)
        if self._password:
            output.hide(self._password)
        words = [*self._command, "build", *self._options]
        for name, value in order.arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        process = Process(
            self._sandbox.words(
                [*words, str(image), str(work / "recipe.def")], directory, _variables(work)
            ),
            directory=directory,
            environment={"PATH": _PATH, **self._secrets()},
        )
        output.remember(process.handle)
        status = process.follow(output.line, self._why_to_stop(order))
        if status:
            raise BuildFailed(f"{self._command[0]} build ended with status {status}")
        for address, digest in digests_of_bases(order, work / "cache" / "cache").items():
            output.fact(f"base:{address}", digest)
        return image

    def clear(self, handle: str) -> None:
        """End the process of a build whose worker was killed."""
        end(handle)

    def version(self) -> str:
        """Ask the program."""
        words = self._sandbox.words([*self._command, "--version"], Path("/"), {})
        try:
            done = subprocess.run(  # noqa: S603 - the words are the ini file's, and ours
                words,
                capture_output=True,
                text=True,
                check=False,
                timeout=_VERSION_SECONDS,
                env={"PATH": _PATH},
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return self._command[0]
        said = done.stdout.strip().splitlines()
        return said[-1] if said and not done.returncode else self._command[0]

    def _require_allowed(self, definition: str) -> None:
        for name in _BOOTSTRAP.findall(definition):
            if self._bootstraps and name.lower() not in self._bootstraps:
                allowed = ", ".join(sorted(self._bootstraps))
                raise BuildFailed(
                    f"nothing is built here from the bootstrap {name[:40]} (but from {allowed})"
                )

    def _furnish(self, order: BuildOrder) -> Path:
        """Make what the program finds, and give the directory that it starts in."""
        work = order.work_directory
        recipe = work / "recipe.def"
        recipe.write_text(order.definition, encoding="utf-8")
        for place in (work / "home", work / "tmp", work / "cache"):
            place.mkdir(mode=0o700, exist_ok=True)
            self._sandbox.give(place)
        for place in (work, recipe):
            self._sandbox.give(place)
        if order.context_directory is None:
            return work
        for parent, folders, files in os.walk(order.context_directory):
            for name in (".", *folders, *files):
                path = Path(parent, name)
                if not path.is_symlink():
                    self._sandbox.give(path)
        return order.context_directory

    def _secrets(self) -> Mapping[str, str]:
        if not self._user_name:
            return {}
        return {
            f"{prefix}_DOCKER_{name}": value
            for prefix in _PREFIXES
            for name, value in (("USERNAME", self._user_name), ("PASSWORD", self._password))
        }

    def _why_to_stop(self, order: BuildOrder) -> Callable[[], str | None]:
        looked_at = time.monotonic()

        def ask() -> str | None:
            nonlocal looked_at
            if order.cancelled():
                return "it was cancelled"
            if datetime.now(UTC) >= order.deadline:
                return "it took too long"
            if self._sandbox.disk and time.monotonic() - looked_at >= _LOOK_AT_DISK_SECONDS:
                if _size_of(order.work_directory) > self._sandbox.disk:
                    return f"it needed more than {self._sandbox.disk} bytes of disk"
                looked_at = time.monotonic()
            return None

        return ask


def _variables(work: Path) -> Mapping[str, str]:
    """What the program keeps goes to the work directory, and with it."""
    return {
        "LC_ALL": "C.UTF-8",
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        **{f"{prefix}_TMPDIR": str(work / "tmp") for prefix in _PREFIXES},
        **{f"{prefix}_CACHEDIR": str(work / "cache") for prefix in _PREFIXES},
    }


def _size_of(directory: Path) -> int:
    """Bytes that the files below a directory take up on disk."""
    size = 0
    for parent, _folders, files in os.walk(directory, onerror=lambda _error: None):
        for name in files:
            try:
                size += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 - many
            except OSError:
                # It was removed meanwhile.
                continue
    return size
