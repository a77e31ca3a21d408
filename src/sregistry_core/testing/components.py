"""Finding the real programs that some tests need, and saying plainly when one is missing."""

import os
import shutil

import pytest

# mke2fs and debugfs are kept where the search path of an ordinary user does not lead.
_FURTHER_PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin")


def need(program: str, package: str) -> str:
    """Give the path of a program.

    package   the Debian package to name when it is missing.
    Skips the test when the program is missing; fails it when the environment says CI=true, so
    that no pipeline is green because it tested nothing.
    """
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FURTHER_PLACES])
    path = shutil.which(program, path=places)
    if path is not None:
        return path
    reason = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
