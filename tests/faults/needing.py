"""What a test needs of its machine: it is skipped without, and fails where all must run."""

import os
import shutil
import subprocess

from sregistry_core.testing.components import leave_out


def need(there: bool, what: str) -> None:
    """Skip the test, in one line, when something is missing; under CI=true it fails instead."""
    if not there:
        leave_out(f"this test needs {what}")


def need_program(name: str) -> None:
    """Need a program; as root it is installed from Debian's package of the same name."""
    if shutil.which(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", name],
            capture_output=True,
            check=False,
            timeout=120,
        )
    need(shutil.which(name) is not None, f"the program {name}")
