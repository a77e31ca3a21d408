"""Where a build runs: as another user, in namespaces of its own, within limits."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.contracts import BuildAccount, PluginSettings, read_account
from sregistry_core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What is put before the command of a build; sizes in bytes, 0 for no limit.

    enter      words of a site's own program that is handed the command which begins the sandbox
    user       who builds, when the worker is root
    network    whether the build reaches the network
    memory     of each process
    disk       of all that the build keeps in its work directory
    processes  of the user who builds
    """

    enter: tuple[str, ...] = ()
    user: BuildAccount | None = None
    network: bool = True
    memory: int = 0
    disk: int = 0
    processes: int = 0

    def words(
        self, command: Sequence[str], directory: Path, variables: Mapping[str, str]
    ) -> list[str]:
        """Give a command that runs another one in here, in a directory, and dies with its worker.

        variables   of its environment that are no secrets: a program that enters may drop others

        `unshare --kill-child` makes it the first of its processes: with it all of them are gone.
        """
        assigned = [f"{name}={value}" for name, value in variables.items()]
        command = ["env", f"--chdir={directory}", *assigned, *command]
        limits = ["prlimit", "--core=0"]
        if self.memory:
            # Not of addresses: programs in Go reserve many that they never use.
            limits.append(f"--data={self.memory}")
        if self.disk:
            limits.append(f"--fsize={self.disk}")
        if self.processes:
            limits.append(f"--nproc={self.processes}")
        spaces = ["unshare", "--fork", "--pid", "--kill-child", "--mount-proc"]
        if not self.network:
            spaces.append("--net")
        if os.geteuid() != 0:
            spaces += ["--user", "--map-current-user"]
            return [*_WITH_ITS_WORKER, *self.enter, *spaces, "--", *limits, "--", *command]
        dropped = self.user.words() if self.user is not None else ()
        return [*_WITH_ITS_WORKER, *self.enter, *spaces, "--", *dropped, *limits, "--", *command]


_WITH_ITS_WORKER = ("setpriv", "--pdeathsig", "KILL", "--")


def read_sandbox(settings: PluginSettings) -> Sandbox:
    """Read it from the ini file. Raises ConfigurationError for what cannot work here."""
    sandbox = Sandbox(
        enter=tuple(settings.words("enter", "")),
        user=read_account(settings),
        network=settings.boolean("network", True),
        memory=settings.size("memory", "0"),
        disk=settings.size("disk", "0"),
        processes=settings.number("processes", 0),
    )
    name = settings.name
    for program in ("setpriv", "prlimit", "unshare"):
        if shutil.which(program) is None:
            raise ConfigurationError(f"{name} needs {program}, of the package util-linux")
    return sandbox
