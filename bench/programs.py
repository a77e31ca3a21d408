"""The programs that measuring needs, installed from Debian when they are missing and we may."""

import os
import shutil
import subprocess

NEEDED = ("nginx", "hey", "wrk", "curl", "docker-registry", "radosgw", "ceph-mon", "ceph-osd")
_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
_APT_SECONDS = 300


def require_programs() -> None:
    """Make sure that all programs are there; end with one clear line when they cannot be had."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update")
        _run(*_INSTALL, *missing)
        missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        raise SystemExit(f"bench: install {' and '.join(missing)} first ({' '.join(_INSTALL)} …)")


def _run(*words: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(words, capture_output=True, check=False, timeout=_APT_SECONDS, env=environment)
