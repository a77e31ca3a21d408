"""Finding the real programs that some tests need, and saying plainly when one is missing."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

# mke2fs and debugfs are kept where the search path of an ordinary user does not lead.
_FURTHER_PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin")


def need(program: str, package: str) -> str:
    """Give the path of a program.

    package   the Debian package to name when it is missing.
    Skips the test when the program is missing, as `leave_out` does.
    """
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FURTHER_PLACES])
    path = shutil.which(program, path=places)
    if path is None:
        leave_out(f"{program} is not installed: apt-get install {package}")
    return path


def need_module(module: str, how: str) -> None:
    """Leave a whole file of tests out when a module is missing, as `need` does for a program.

    how   what installs it. To be called before the module is imported.
    """
    if importlib.util.find_spec(module) is None:
        leave_out(f"the module {module} is not installed: {how}")


def leave_out(reason: str) -> NoReturn:
    """Skip the test for what this machine lacks.

    Fails it when the environment says CI=true, so that no pipeline is green because it tested
    nothing.
    """
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


@contextmanager
def mounted(directory: Path, size: str) -> Iterator[Path]:
    """Mount a file system in memory on a new directory for the time of the block.

    size   as tmpfs takes it: `8m`.
    Skips the test, as `leave_out` does, where that is not allowed.
    """
    if os.geteuid() != 0:
        leave_out("only root mounts file systems")
    directory.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        leave_out(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)  # noqa: S603, S607
