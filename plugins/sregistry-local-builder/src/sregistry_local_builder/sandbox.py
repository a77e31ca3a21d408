"""Where a build runs: as another user, in namespaces of its own, within limits."""

import os
import pwd
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.contracts import PluginSettings
from sregistry_core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What is put before the command of a build; sizes in bytes, 0 for no limit.

    enter      words of a site's own program, in place of ours: it is handed the command
    user       who builds, when the worker is root: number, and number of the group
    network    whether the build reaches the network
    memory     of each process
    disk       of all that the build keeps in its work directory
    processes  of the user who builds
    """

    enter: tuple[str, ...] = ()
    user: tuple[int, int] | None = None
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
        if self.enter:
            return [*_WITH_ITS_WORKER, *self.enter, *limits, "--", *command]
        spaces = ["unshare", "--fork", "--pid", "--kill-child", "--mount-proc"]
        if not self.network:
            spaces.append("--net")
        if os.geteuid() != 0:
            spaces += ["--user", "--map-current-user"]
            return [*_WITH_ITS_WORKER, *spaces, "--", *limits, "--", *command]
        number, group = self.user or (os.getuid(), os.getgid())
        dropped = ["setpriv", f"--reuid={number}", f"--regid={group}", "--clear-groups"]
        return [*_WITH_ITS_WORKER, *spaces, "--", *dropped, "--", *limits, "--", *command]

    def give(self, path: Path) -> None:
        """Make a file or a directory the builder's own, where that is another user."""
        if os.geteuid() == 0 and self.user:
            os.chown(path, *self.user)


_WITH_ITS_WORKER = ("setpriv", "--pdeathsig", "KILL", "--")


def read_sandbox(settings: PluginSettings) -> Sandbox:
    """Read it from the ini file. Raises ConfigurationError for what cannot work here."""
    sandbox = Sandbox(
        enter=tuple(settings.words("enter", "")),
        user=_user(settings),
        network=settings.boolean("network", True),
        memory=settings.size("memory", "0"),
        disk=settings.size("disk", "0"),
        processes=settings.number("processes", 0),
    )
    name = settings.name
    if os.geteuid() == 0 and sandbox.user is None:
        raise ConfigurationError(
            f"{name}.user is missing: the worker runs as root, and nothing is built as root"
        )
    for program in ("setpriv", "prlimit", *(() if sandbox.enter else ("unshare",))):
        if shutil.which(program) is None:
            raise ConfigurationError(f"{name} needs {program}, of the package util-linux")
    return sandbox


def _user(settings: PluginSettings) -> tuple[int, int] | None:
    """Read who builds: a name of this machine, or the number of a user and a group."""
    text = settings.text("user", "")
    if not text:
        return None
    number, _, group = text.partition(":")
    if number.isdigit():
        found = int(number), int(group) if group.isdigit() else int(number)
    else:
        try:
            account = pwd.getpwnam(text)
        except KeyError as error:
            raise ConfigurationError(
                f"{settings.name}.user = {text}, and there is no such user"
            ) from error
        found = account.pw_uid, account.pw_gid
    if found[0] == 0:
        raise ConfigurationError(f"{settings.name}.user = {text}: nothing is built as root")
    return found
