"""A real Slurm whose jobs build with the real Apptainer, as an ordinary user of its node.

    with BuildingSlurm(root_made_by(SCRIPT)) as cluster:
        cluster.slurm.run("sinfo")
        cluster.command     # words that run the client in a job

The client lives in a root of its own. Its mounts are made once, by root, around slurmd, and show
nowhere else; a job enters it with nothing but namespaces of its user.
"""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from .apptainer import Apptainer
from .slurm import Slurm

# Nobody has subordinate users there: without root the client could not be given them.
_AROUND = """
root=$1 source=$2 place=$3
shift 3
mount --bind "$source" "$root"
for name in dev sys proc; do mount --rbind "/$name" "$root/$name"; done
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root$place"
mount --bind "$place" "$root$place"
mount --bind /dev/null "$root/etc/subuid"
mount --bind /dev/null "$root/etc/subgid"
exec "$@"
"""
_ENTER = """#!/bin/bash
# Runs a command in the root of the client, with the environment and the directory of the caller.
exec unshare --user --map-root-user --mount --propagation private bash -ec '
    root=$1 directory=$2
    shift 2
    cd "$root"
    mount --rbind . .
    cd "$root"
    pivot_root . mnt
    umount --lazy /mnt
    cd "$directory"
    exec unshare --user --map-user={user} --map-group={group} "$@"
' enter {root} "$PWD" "$@"
"""


class BuildingSlurm:
    """One cluster of one node with the client.

    place     a directory that jobs, the client and the tests see alike; every user passes through
    command   words that run the client in a job
    client    the same client, run by the tests themselves
    """

    def __init__(self, root: Path, *, forgets_after_seconds: int = 300):
        # Not below the directories of pytest, which are closed to others.
        self.place = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
        self.place.chmod(0o755)
        self.client = Apptainer(root, self.place / "client")
        number, _, group = self.client.user.partition(":")
        self.user, self.group = int(number), int(group)
        mounted = self.place / "root"
        mounted.mkdir()
        enter = self.place / "enter"
        enter.write_text(_ENTER.format(user=number, group=group, root=mounted))
        enter.chmod(0o755)
        self.command = (str(enter), "apptainer")
        around = ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "--propagation"]
        around += ["private", "bash", "-ec", _AROUND, "around", str(mounted), str(root)]
        self.slurm = Slurm(
            self.place / "slurm",
            around_slurmd=[*around, str(self.place)],
            forgets_after_seconds=forgets_after_seconds,
        )

    def __enter__(self) -> "BuildingSlurm":
        try:
            self.slurm.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.slurm.stop()
        shutil.rmtree(self.place)


__all__ = ["BuildingSlurm"]
