"""The programs that measuring needs, installed from Debian when they are missing and we may."""

import os
import shutil
import subprocess
from collections.abc import Mapping

NEEDED = ("nginx", "hey", "wrk", "curl", "docker-registry", "radosgw", "ceph-mon", "ceph-osd")
DATABASE = {"pg_ctlcluster": "postgresql-15"}
"""What pages are measured with beside SQLite, and its package."""
_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
_APT_SECONDS = 300


def require_programs(*, only_database: bool = False) -> None:
    """Make sure that all programs are there; end with one clear line when they cannot be had."""
    wanted = DATABASE if only_database else {**{name: name for name in NEEDED}, **DATABASE}
    missing = _missing(wanted)
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update")
        _run(*_INSTALL, *missing)
        missing = _missing(wanted)
    if missing:
        raise SystemExit(f"bench: install {' and '.join(missing)} first ({' '.join(_INSTALL)} …)")


def _missing(wanted: Mapping[str, str]) -> list[str]:
    return [package for name, package in wanted.items() if shutil.which(name) is None]


def _run(*words: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(words, capture_output=True, check=False, timeout=_APT_SECONDS, env=environment)
