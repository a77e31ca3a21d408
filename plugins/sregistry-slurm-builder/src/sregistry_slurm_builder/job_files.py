"""The files of one build that the worker and its job share, in the work directory."""

import os
import shlex
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from sregistry_core.contracts import SEARCH_PATH, BuildAccount, OutputLines

_MOST_AT_ONCE = 1 << 20
_LONGEST_WORD = 200

_SCRIPT = """#!/bin/sh
# A build of sregistry-core. It runs once, even were it submitted twice.
umask 077
export PATH={path}
cd {work} || exit 98
set -C
{{ echo "$SLURM_JOB_ID" > job; }} 2>/dev/null || [ "$(cat job)" = "$SLURM_JOB_ID" ] || exit 97
set +C
rm -f status image.sif
{program} --version > version 2>/dev/null
{command}
status=$?
echo "$status" > status.new && mv status.new status
exit "$status"
"""


class JobFiles:
    """Writes what a job needs, and reads what it leaves.

    A build may put anything in place of its files: no link is followed, nothing waits for a pipe.
    """

    def __init__(self, work: Path, account: BuildAccount | None):
        self._work = work
        self._owner = account.number if account is not None else os.geteuid()
        self._account = account
        self._read_to = 0

    @property
    def script(self) -> Path:
        """What the job runs."""
        return self._work / "build.sh"

    @property
    def output(self) -> Path:
        """Where the job writes what it says."""
        return self._work / "output"

    def write(self, program: Sequence[str], command: Sequence[str]) -> None:
        """Write the script. program: asked for its version."""
        text = _SCRIPT.format(
            path=SEARCH_PATH,
            work=shlex.quote(str(self._work)),
            program=shlex.join(program),
            command=shlex.join(command),
        )
        self.script.touch(mode=0o600)
        self.script.write_text(text, encoding="utf-8")
        if self._account is not None:
            self._account.give(self.script)

    def show_new(self, lines: OutputLines, look: Callable[[bytes], None]) -> None:
        """Show what the job has said since the last time."""
        while block := self._read(self.output, self._read_to, _MOST_AT_ONCE):
            self._read_to += len(block)
            look(block)
            lines.add(block)

    def word(self, name: str) -> str:
        """Give the first line of one of the files `job`, `status` and `version`; empty for none."""
        text = self._read(self._work / name, 0, _LONGEST_WORD).decode("utf-8", "replace")
        first = text.splitlines()[0] if text else ""
        return "".join(sign for sign in first if sign.isprintable())

    def _read(self, path: Path, start: int, size: int) -> bytes:
        # Opened anew each time: on a shared file system this asks what other machines have written.
        try:
            number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return b""
        with os.fdopen(number, "rb", buffering=0) as file:
            facts = os.fstat(number)
            if not stat.S_ISREG(facts.st_mode) or facts.st_uid != self._owner:
                return b""
            file.seek(start)
            return file.read(size) or b""
