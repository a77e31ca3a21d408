"""The program `git`, for one repository of strangers: bounded, and shown no more than it needs.

It is told where to connect by address, never by a name that may change meanwhile. Secrets go to it
in its environment and in private files, never on its command line. Nothing is checked out, no hook
and no configuration of anybody's is read.
"""

import base64
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sregistry_core.contracts import addresses_of
from sregistry_core.services.git_addresses import GitAddress

MOST_FILES = 200_000
MOST_REFS = 10_000
_PROGRAM = "git"
_LARGEST_LISTING = 64 * 1024 * 1024
_LARGEST_COMPLAINT = 64 * 1024
_PAUSE_SECONDS = 0.05
_WANTED = "refs/sregistry/wanted"
_NEEDED_FOR_ADDRESSES = (2, 37)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


class GitFailed(Exception):
    """Git has not done it; the text is why, fit to be shown to the owner of the collection."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a repository is reached.

    user_and_token   for HTTPS
    private_key      for SSH: the text of a key file
    host_keys        lines of `known_hosts`; empty to believe what is shown at first
    """

    address: GitAddress
    user_and_token: tuple[str, str] | None = None
    private_key: str = ""
    host_keys: str = ""
    allow_private: bool = False
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Refs:
    """Branches and tags of a repository, each with its commit."""

    default: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """A plain file of a commit; `blob` tells its content from every other."""

    path: str
    blob: str
    size: int


class Git:
    """One repository, in a directory of its own that goes when it is no longer needed."""

    def __init__(self, directory: Path, reach: Reach, *, seconds: float, largest: int):
        """seconds   for all that is asked together
        largest   how many bytes the directory may have
        """
        self._directory = directory
        self._reach = reach
        self._until = time.monotonic() + seconds
        self._seconds = seconds
        self._largest = largest
        self._repository = directory / "repository.git"
        self._known_hosts = directory / "known_hosts"
        self._configuration: list[tuple[str, str]] = []
        self._environment = self._usual_environment()
        self._prepare()

    @property
    def host_keys(self) -> str:
        """What the SSH server has shown, or was known to show."""
        with suppress(OSError):
            return self._known_hosts.read_text()
        return ""

    def refs(self) -> Refs:
        """Ask what the repository has."""
        url = self._reach.address.url
        listed = self._text(
            "ls-remote", "--symref", "--", url, "HEAD", "refs/heads/*", "refs/tags/*"
        )
        default, found = None, {}
        for line in listed.splitlines():
            what, _, name = line.partition("\t")
            if what.startswith("ref: refs/heads/") and name == "HEAD":
                default = what.removeprefix("ref: refs/heads/")
            elif _COMMIT.match(what):
                # A tag with a message is named twice: the second time with what it points at.
                found[name.removesuffix("^{}")] = what
        if len(found) > MOST_REFS:
            raise GitFailed(f"the repository has more than {MOST_REFS} branches and tags")
        return Refs(default, _below("refs/heads/", found), _below("refs/tags/", found))

    def fetch(self, ref: str) -> str:
        """Fetch what a ref points at, without its past; the commit."""
        self._text(
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--",
            self._reach.address.url,
            f"+{ref}:{_WANTED}",
        )
        return self._text("rev-parse", "--verify", f"{_WANTED}^{{commit}}").strip()

    def files(self, commit: str) -> list[File]:
        """Give every plain file of a commit; links and submodules are left out."""
        found = []
        for entry in self._text("ls-tree", "-r", "-l", "-z", commit).split("\0"):
            about, _, path = entry.partition("\t")
            mode, _, rest = about.partition(" ")
            if mode in ("100644", "100755"):
                _, blob, size = rest.split()
                found.append(File(path, blob, int(size)))
            if len(found) > MOST_FILES:
                raise GitFailed(f"the repository has more than {MOST_FILES} files")
        return found

    def read(self, file: File, most: int) -> bytes:
        """Give what is in a file. Raises GitFailed above so many bytes."""
        if file.size > most:
            raise GitFailed(f"{file.path} has {file.size} bytes, and {most} are read at most")
        with self._run("cat-file", "blob", file.blob, most_output=most) as output:
            return output.read()

    def archive(self, commit: str, directory: str, most: int) -> Path:
        """Pack a directory of a commit, the whole for an empty name, as a gzipped tar."""
        tree = f"{commit}:{directory}" if directory else commit
        with self._run("archive", "--format=tar.gz", tree, most_output=most) as output:
            packed = Path(output.name)
            kept = packed.with_suffix(".tar.gz")
            os.link(packed, kept)
        return kept

    def _prepare(self) -> None:
        address = self._reach.address
        if shutil.which(_PROGRAM) is None:
            raise GitFailed("the machine that looks at repositories has no git")
        if address.scheme == "http" and not self._reach.allow_private:
            raise GitFailed("repositories are no longer read over http:// here")
        try:
            addresses = addresses_of(
                address.host, address.port, allow_private=self._reach.allow_private
            )
        except OSError as error:
            raise GitFailed(f"{address.host}: {_one_line(str(error))}") from error
        if address.scheme == "ssh":
            self._prepare_ssh(addresses[0])
        else:
            self._prepare_http(addresses)
        self._text("init", "--quiet", "--bare", "--template=", str(self._repository))

    def _prepare_http(self, addresses: Sequence[str]) -> None:
        reach = self._reach
        address = reach.address
        if _version() < _NEEDED_FOR_ADDRESSES:
            raise GitFailed("this machine's git is too old: 2.37 is needed")
        known = ",".join(f"[{one}]" if ":" in one else one for one in addresses)
        if ":" not in address.host:
            self._configure("http.curloptResolve", f"{address.host}:{address.port}:{known}")
        self._configure("http.followRedirects", "false")
        self._configure("http.proxy", "")
        self._configure("http.lowSpeedLimit", "1")
        self._configure("http.lowSpeedTime", "60")
        if reach.ca_file is not None:
            self._configure("http.sslCAInfo", str(reach.ca_file))
        if reach.user_and_token is not None:
            shown = base64.b64encode(":".join(reach.user_and_token).encode()).decode()
            self._configure("http.extraHeader", f"Authorization: Basic {shown}")

    def _prepare_ssh(self, address: str) -> None:
        key = self._directory / "key"
        _write_private(key, self._reach.private_key)
        _write_private(self._known_hosts, self._reach.host_keys)
        options = {
            # The very first time nobody can tell what the host should show.
            "StrictHostKeyChecking": "yes" if self._reach.host_keys else "accept-new",
            "UserKnownHostsFile": str(self._known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "HostKeyAlias": self._reach.address.host,
            "HashKnownHosts": "no",
            "CheckHostIP": "no",
            "HostName": address,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "ForwardAgent": "no",
            "ClearAllForwardings": "yes",
            "ProxyCommand": "none",
            "ControlMaster": "no",
            "UpdateHostKeys": "no",
            "ConnectTimeout": "30",
            "LogLevel": "ERROR",
        }
        words = ["ssh", "-F", "none", "-i", str(key)]
        for name, value in options.items():
            words += ["-o", f"{name}={value}"]
        self._environment["GIT_SSH_COMMAND"] = shlex.join(words)
        self._environment["GIT_SSH_VARIANT"] = "ssh"

    def _usual_environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._directory),
            "GIT_DIR": str(self._repository),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_ALLOW_PROTOCOL": self._reach.address.scheme,
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_OPTIONAL_LOCKS": "0",
        }

    def _configure(self, name: str, value: str) -> None:
        self._configuration.append((name, value))

    def _whole_environment(self) -> dict[str, str]:
        said = [*_CONFIGURATION, *self._configuration]
        found = {**self._environment, "GIT_CONFIG_COUNT": str(len(said))}
        for number, (name, value) in enumerate(said):
            found[f"GIT_CONFIG_KEY_{number}"] = name
            found[f"GIT_CONFIG_VALUE_{number}"] = value
        return found

    def _text(self, *words: str) -> str:
        with self._run(*words, most_output=_LARGEST_LISTING) as output:
            return output.read().decode("utf-8", "replace")

    @contextmanager
    def _run(self, *words: str, most_output: int) -> Iterator[BinaryIO]:
        """Run git, and give what it has put out. Raises GitFailed."""
        output_path, errors_path = self._directory / "output", self._directory / "errors"
        with output_path.open("w+b") as output, errors_path.open("w+b") as errors:
            process = subprocess.Popen(  # noqa: S603 - git
                [_PROGRAM, *words],
                cwd=self._directory,
                env=self._whole_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
            try:
                self._wait(process, words[0], output_path, errors_path, most_output)
            finally:
                _end(process)
            errors.seek(0)
            if process.returncode != 0:
                raise GitFailed(self._complaint(errors.read(_LARGEST_COMPLAINT)))
            if output_path.stat().st_size > most_output:
                raise GitFailed(
                    f"what git {words[0]} has put out has more than {most_output} bytes"
                )
            output.seek(0)
            yield output
        output_path.unlink(missing_ok=True)

    def _wait(
        self,
        process: subprocess.Popen[bytes],
        what: str,
        output: Path,
        errors: Path,
        most_output: int,
    ) -> None:
        while not _has_ended(process):
            if time.monotonic() > self._until:
                raise GitFailed(f"git {what} was not done within {self._seconds:g} seconds")
            if output.stat().st_size > most_output or errors.stat().st_size > _LARGEST_COMPLAINT:
                raise GitFailed(f"git {what} has put out more than is read here")
            self._refuse_too_large(what)
        # It may have been faster than the look at its disk.
        self._refuse_too_large(what)

    def _refuse_too_large(self, what: str) -> None:
        if _size_of(self._repository) > self._largest:
            raise GitFailed(f"git {what}: the repository has more bytes than are fetched here")

    def _complaint(self, said: bytes) -> str:
        """Choose the line that says most, without the places of this machine."""
        lines = [
            line.strip(" @")
            for line in said.decode("utf-8", "replace").splitlines()
            if line.strip(" @") and not line.startswith(("hint:", "warning:"))
        ]
        telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
        # What SSH says comes before git's own, which then says only that there was something.
        chosen = lines[0] if self._reach.address.scheme == "ssh" and lines else None
        line = chosen or next(iter(telling or lines[-1:]), "git has failed and said nothing")
        return _one_line(line.replace(str(self._directory), "."))


_CONFIGURATION = (
    ("core.hooksPath", "/dev/null"),
    ("core.bigFileThreshold", "8m"),
    ("core.fsmonitor", "false"),
    ("core.quotePath", "false"),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("pack.threads", "1"),
    ("protocol.version", "2"),
    ("transfer.bundleURI", "false"),
)


def _below(prefix: str, refs: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(prefix): commit
        for name, commit in refs.items()
        if name.startswith(prefix)
    }


def _version() -> tuple[int, int]:
    said = subprocess.run(  # noqa: S603 - git
        [_PROGRAM, "version"], capture_output=True, text=True, timeout=30, check=False
    )
    found = re.search(r"(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)


def _size_of(directory: Path) -> int:
    total = 0
    for place, _, names in os.walk(directory):
        for name in names:
            # Git renames and removes files meanwhile.
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_size
    return total


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether a program has ended, after waiting a moment for it."""
    try:
        process.wait(_PAUSE_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program with all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _one_line(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:300]


__all__ = ["File", "Git", "GitFailed", "Reach", "Refs"]
