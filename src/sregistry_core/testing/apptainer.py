"""Drives the real Apptainer client for tests: as an ordinary user, in a root of its own.

The root is a Debian tree with the client, made by tests/components/apptainer-root.sh. Every command
runs in its own mount and process namespace: the root is read-only there, nothing that is mounted
shows on the host, and all processes are gone when the command has ended. The network is the
host's, so a server on a loopback address is reached; no other name than `localhost` and those
given as `names` can be resolved, so no test speaks to a public server by accident.

    client = Apptainer(root, tmp_path / "ada")
    image = client.build_image("small.sif", labels={"maintainer": "ada"})
    client.sign(image)
    client.must("pull", "--no-https", "copy.sif", "shub://127.0.0.2/lab/blast")
    assert client.run("verify", "copy.sif").code == 0

Needs Linux, root and util-linux (unshare, setpriv).
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

USER = "tester"
HOME = Path("/home", USER)
TWO_MINUTES = timedelta(minutes=2)
FATAL = 255
"""The exit status of a command that ends with a line `FATAL:`."""
_COULD_NOT_ENTER = 125
_DROP = f"setpriv --reuid {USER} --regid {USER} --init-groups"

# $1 is the root, $2 the client's place, $3 what drops root, the rest is the command. Runs as the
# first process of new namespaces. Mounting over /tmp and /root lets a place below them be had
# without a trace in the shared root; a place elsewhere leaves empty directories there.
_ENTER = f"""
trap 'exit {_COULD_NOT_ENTER}' ERR
umask 022
root=$1 place=$2 drop=$3
shift 3
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$root/root"
mkdir -p "$root$place"
mount --bind "$place" "$root$place"
mount --bind "$place/home" "$root{HOME}"
mount --bind "$place/hosts" "$root/etc/hosts"
mount -o remount,bind,ro "$root"
cd "$root"
pivot_root . mnt
umount --lazy /mnt
cd "$place"
trap - ERR
$drop env --ignore-environment "$@"
exit $?
"""

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FINGERPRINT = re.compile(r"Fingerprint:\s+([0-9A-F]{40})")


class ApptainerMissing(Exception):
    """The client cannot be had on this machine; the text says why, in one line."""


class TookTooLong(AssertionError):
    """A command was killed because its time was over; the text shows the screen so far."""


@dataclass(frozen=True)
class Ran:
    """A command that has ended.

    code     its exit status; 128 and the signal's number when a signal ended it.
    screen   what the user reads: standard output and standard error as they came, no colours.
    """

    code: int
    screen: str


@dataclass(frozen=True)
class Apptainer:
    """One user's Apptainer: own home, own configuration, keyring and cache, own directory.

    root     the tree that holds the client; shared, never written to.
    place    this client's directory, made when missing. It has the same path inside, belongs to
             the user and is where commands run, so relative file names lead there.
    names    host name to address, for what the client shall find besides `localhost`.
    network  the namespace whose servers it reaches, such as /proc/42/ns/net; None for the host's.

    Two clients with the same place share everything; clients of different places share nothing
    and may run at the same time.
    """

    root: Path
    place: Path
    names: Mapping[str, str] = field(default_factory=dict)
    network: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", self.place.resolve())
        self.home.mkdir(parents=True, exist_ok=True)
        names = {"localhost": "127.0.0.1", **self.names}
        lines = [f"{address} {name}\n" for name, address in names.items()]
        (self.place / "hosts").write_text("".join(lines))
        self._give_to_user(self.place)
        self._give_to_user(self.home)

    @property
    def home(self) -> Path:
        """The user's home as the host sees it; inside it is also /home/tester."""
        return self.place / "home"

    @property
    def keyring(self) -> Path:
        """The directory of the user's keys; there is none before the first key."""
        return self.home / ".apptainer/keys"

    @property
    def cache(self) -> Path:
        """The directory of images pulled before, unless the environment names another."""
        return self.home / ".apptainer/cache"

    @property
    def user(self) -> str:
        """The user inside, by numbers: of the account and of its group."""
        return ":".join(map(str, _user_of(self.root)))

    def run(
        self,
        *words: str | Path,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        time_limit: timedelta = TWO_MINUTES,
    ) -> Ran:
        """Run `apptainer WORDS...` to its end, whatever that is.

        environment   added to a small clean one, such as APPTAINER_DISABLE_CACHE or SSL_CERT_FILE.
        Raises TookTooLong when the time is over, with every process of the command dead;
        ApptainerMissing when the root cannot be entered.
        """
        return self.run_program(
            "apptainer", *words, stdin=stdin, environment=environment, time_limit=time_limit
        )

    def must(
        self,
        *words: str | Path,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        time_limit: timedelta = TWO_MINUTES,
    ) -> str:
        """Run `apptainer WORDS...`, insist on exit status 0, and give the screen."""
        ran = self.run(*words, stdin=stdin, environment=environment, time_limit=time_limit)
        assert ran.code == 0, f"apptainer {' '.join(map(str, words))}: {ran.code}\n{ran.screen}"
        return ran.screen

    def must_fail(
        self,
        *words: str | Path,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run `apptainer WORDS...`, insist on the exit status of a FATAL line, give the screen."""
        ran = self.run(*words, stdin=stdin, environment=environment)
        assert ran.code == FATAL, f"apptainer {' '.join(map(str, words))}: {ran.code}\n{ran.screen}"
        return ran.screen

    def kill_when(
        self,
        happened: Callable[[], bool],
        *words: str | Path,
        environment: Mapping[str, str] | None = None,
        time_limit: timedelta = TWO_MINUTES,
    ) -> None:
        """Begin `apptainer WORDS...` and kill it, with all its processes, once something happened.

        happened   is asked a hundred times a second.
        Raises AssertionError when the command ends before, TookTooLong when the time is over.
        """
        process = subprocess.Popen(  # noqa: S603 - what the test says is what runs
            self._inside(["apptainer", *words], environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + time_limit.total_seconds()
        with process:
            try:
                while not happened():
                    if process.poll() is not None:
                        raise AssertionError(f"ended by itself with {process.returncode}")
                    if time.monotonic() > deadline:
                        raise TookTooLong("killed, for what should happen did not")
                    time.sleep(0.01)
            finally:
                if process.poll() is None:
                    _kill_group(process)

    def run_program(
        self,
        *command: str | Path,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        time_limit: timedelta = TWO_MINUTES,
    ) -> Ran:
        """Run another program of the root in the same way as `run` runs the client."""
        ran = _run(self._inside(command, environment), stdin, time_limit)
        if ran.code == _COULD_NOT_ENTER:
            raise ApptainerMissing(f"cannot enter {self.root}: {' '.join(ran.screen.split())}")
        return ran

    def entering(self, environment: Mapping[str, str] | None = None) -> list[str]:
        """Give words that run those after them: as root, or as the user with an environment."""
        return [str(one) for one in self._inside([], environment, _DROP if environment else "")]

    def put(self, source: Path, name: str = "") -> Path:
        """Copy a file of the host into the client's directory, as the user's own, and name it."""
        copy = self.place / (name or source.name)
        shutil.copy(source, copy)
        self._give_to_user(copy)
        return copy

    def write(self, name: str, text: str) -> Path:
        """Make a text file in the client's directory, as the user's own."""
        path = self.place / name
        path.write_text(text)
        self._give_to_user(path)
        return path

    def build_image(
        self,
        name: str,
        *,
        size_bytes: int = 1_000_000,
        labels: Mapping[str, str] | None = None,
        more_definition: str = "",
    ) -> Path:
        """Build an unsigned SIF whose content is never the same twice.

        size_bytes        of the random file /payload in it; the SIF is a little larger.
        more_definition   further sections, such as `%help` with its text.
        There is no shell in the image, so nothing in it can run.
        """
        payload = self.place / f"{name}.payload"
        with payload.open("wb") as file:
            for start in range(0, size_bytes, 1 << 20):
                file.write(os.urandom(min(1 << 20, size_bytes - start)))
        definition = ["Bootstrap: scratch", "%files", f"    {payload} /payload", "%labels"]
        definition += [f"    {label} {value}" for label, value in (labels or {}).items()]
        recipe = self.write(f"{name}.def", "\n".join([*definition, more_definition, ""]))

        # Random bytes do not shrink: not trying makes 70 MiB five times as fast.
        self.must("build", "--mksquashfs-args", "-noD -noF", self.place / name, recipe)
        payload.unlink()
        recipe.unlink()
        return self.place / name

    def build_runnable_image(self, name: str, *further: str) -> Path:
        """Build an unsigned SIF with the root's own shell in it; `run` says `hello` and its words.

        further   programs beside `cat`, such as `sleep`; a random file /payload is in it, too
        """
        programs = {"/bin/sh": "/usr/bin/dash"}
        programs |= {f"/bin/{one}": f"/usr/bin/{one}" for one in ("cat", *further)}
        loaded = self.run_program("ldd", *programs.values()).screen
        files = {library: library for library in re.findall(r"(/\S+) \(0x", loaded)} | programs
        lines = [f"    {source} {target}" for target, source in files.items()]
        sections = ["%files", *lines, "%runscript", '    echo "hello $*"']
        return self.build_image(name, more_definition="\n".join(sections))

    def new_key(self, name: str, email: str, *, passphrase: str = "") -> str:
        """Make a key pair in the user's keyring, and give its fingerprint in upper case."""
        known = set(self.fingerprints())
        self.must(
            *("key", "newpair", "--push=false", "--name", name, "--email", email),
            *("--comment", "for tests", "--password", passphrase),
        )
        (made,) = set(self.fingerprints()) - known
        return made

    def fingerprints(self) -> list[str]:
        """The fingerprints of the user's own keys, in the order that `--keyidx` counts."""
        return _FINGERPRINT.findall(self.must("key", "list", "--secret"))

    def adopt_keys(self, keyring: Path) -> None:
        """Replace the user's keyring by a copy of another client's."""
        shutil.rmtree(self.keyring, ignore_errors=True)
        shutil.copytree(keyring, self.keyring)
        for path in (self.keyring.parent, self.keyring, *self.keyring.rglob("*")):
            self._give_to_user(path)

    def sign(self, image: Path, *, fingerprint: str = "", passphrase: str = "") -> None:
        """Sign an image in place; with the user's first key unless a fingerprint names another."""
        index = self.fingerprints().index(fingerprint) if fingerprint else 0
        self.must("sign", "--keyidx", str(index), image, stdin=f"{passphrase}\n")

    def add_remote(self, name: str, url: str, *, token: str = "") -> Ran:
        """Add an endpoint and make it the active one; with a token, log in to it as well.

        url     its port must be 80 or 443, written or not: the client cannot use another.
        token   200 to 4096 characters; the server is asked whether it is valid.
        """
        options = ["--insecure"] if url.startswith("http:") else []
        if token:
            options += ["--tokenfile", str(self.write(f"{name}.token", f"{token}\n"))]
        else:
            options += ["--no-login"]
        return self.run("remote", "add", *options, name, url)

    def _inside(
        self, command: Sequence[str | Path], environment: Mapping[str, str] | None, by: str = _DROP
    ) -> list[str | Path]:
        variables = {
            "HOME": HOME,
            "USER": USER,
            "LANG": "C.UTF-8",
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            **(environment or {}),
        }
        enter = ["nsenter", f"--net={self.network}"] if self.network else []
        # Should this very process be killed, the command must not live on.
        enter += ["setpriv", "--pdeathsig", "KILL"]
        enter += ["unshare", "--mount", "--propagation", "private"]
        enter += ["--pid", "--fork", "--kill-child", "bash", "-c", _ENTER, "enter"]
        assigned = [f"{name}={value}" for name, value in variables.items()]
        return [*enter, self.root, self.place, by, *assigned, *command]

    def _give_to_user(self, path: Path) -> None:
        os.chown(path, *_user_of(self.root))


def root_made_by(script: Path) -> Path:
    """The root that the script makes, or made before; proven by running the client in it.

    Takes about 20 seconds the first time on a machine.
    Raises ApptainerMissing when there is none to be had.
    """
    if os.geteuid() != 0:
        raise ApptainerMissing("the Apptainer client can be driven by root only")
    made = subprocess.run(  # noqa: S603 - our own script
        ["bash", script],  # noqa: S607
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise ApptainerMissing([f"exit status {made.returncode}", *made.stderr.splitlines()][-1])
    return Path(made.stdout.splitlines()[-1])


def _run(command: list[str | Path], stdin: str, time_limit: timedelta) -> Ran:
    process = subprocess.Popen(  # noqa: S603 - what the test says is what runs
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with process:
        try:
            output, _ = process.communicate(stdin.encode(), time_limit.total_seconds())
        except subprocess.TimeoutExpired:
            _kill_group(process)
            screen = _as_read(process.communicate()[0])
            words = f"killed after {time_limit.total_seconds():g} seconds, the screen so far"
            raise TookTooLong(f"{words}:\n{screen}") from None
        except BaseException:
            _kill_group(process)
            raise
    code = process.returncode
    return Ran(code if code >= 0 else 128 - code, _as_read(output))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill `unshare`, and with it the process namespace and all that lives there."""
    os.killpg(process.pid, signal.SIGKILL)


def _as_read(output: bytes) -> str:
    return _COLOURS.sub("", output.decode(errors="replace")).replace("\r\n", "\n")


def _user_of(root: Path) -> tuple[int, int]:
    """The number of the user and of its group, as the root has them."""
    for line in (root / "etc/passwd").read_text().splitlines():
        if line.startswith(f"{USER}:"):
            user, group = line.split(":")[2:4]
            return int(user), int(group)
    raise ApptainerMissing(f"{root} has no user {USER}")
