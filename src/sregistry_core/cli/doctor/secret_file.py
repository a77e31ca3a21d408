"""Examines the file of the registry's secret."""

import stat
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding

_GROUP = 0o070
_OTHERS = 0o007


def examine_secret_file(path: Path) -> Iterator[Finding]:
    """Look who may read it: whoever has it can sign addresses and share links."""
    if not path.exists():
        yield Finding.warning(f"sregistry.secret_file = {path} is made by the first start")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    text = f"sregistry.secret_file = {path} has the mode {mode:04o}"
    if mode & _OTHERS:
        yield Finding.failure(f"{text}, everybody here can use it: chmod 0600")
    elif mode & _GROUP:
        yield Finding.warning(f"{text}, its group can use it, too; 0600 is meant")
    else:
        yield Finding.ok(text)
