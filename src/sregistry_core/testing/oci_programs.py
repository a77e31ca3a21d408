"""Drives the real OCI clients for tests: skopeo, buildah, oras, crane, oras-py and curl.

    ada = Terminal(tmp_path / "ada", host="127.0.0.2", name="ada", password=PASSWORD)
    ada.log_in("oras")
    ada.must("oras", "push", ada.at("lab/data:1"), "table.csv")
    assert "unauthorized" in stranger.refused("oras", "pull", ada.at("secret/data:1"))

Every client believes that registries speak https; here each is told otherwise in its own way.
Needs Linux; buildah needs root.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .apptainer import Ran
from .components import leave_out, need

PACKAGES = {"skopeo": "skopeo", "buildah": "buildah", "curl": "curl"}
"""The clients that Debian has, and their packages; oras and crane are fetched by a script."""
SIF_LAYER = "application/vnd.sylabs.sif.layer.v1.sif"
_SECONDS = 120
# With a wrong login it waits 131 seconds between its six tries; here it does not.
_ORAS_PY = """
import time
time.sleep = lambda seconds: None
import oras.client
client = oras.client.OrasClient(insecure=True)
"""
_STORAGE = """
[storage]
driver = "vfs"
graphroot = "{place}/storage"
runroot = "{place}/run/storage"
"""
_LOCAL = {"logout", "version", "--version", "--oci-layout"}
"""Commands with one of these words speak to no registry."""
_BUILDAH_SPEAKS = {"login", "pull", "push", "commit", "from", "build"}


@dataclass(frozen=True)
class Terminal:
    """Somebody's home directory, with every OCI client and no login yet.

    place      made when missing; commands run here, so relative file names lead here.
    host       of the registry, as all clients but Apptainer write it: address and maybe port.
    name       of the user and so of the entity; empty for somebody without an account.
    password   a password, or a token in its place.
    programs   the directory with oras and crane, see `programs_made_by`.
    """

    place: Path
    host: str
    name: str = ""
    password: str = ""
    programs: Path | None = None

    def __post_init__(self) -> None:
        for directory in ("", "run", "tmp"):
            (self.place / directory).mkdir(parents=True, exist_ok=True)
        (self.place / "storage.conf").write_text(_STORAGE.format(place=self.place))

    def at(self, path: str) -> str:
        """What the clients call an artifact of this user's: `lab/data:1`."""
        return f"{self.host}/{self.name}/{path}"

    def docker(self, path: str) -> str:
        """What skopeo and buildah call it."""
        return f"docker://{self.at(path)}"

    def put(self, source: Path, name: str = "") -> Path:
        """Copy a file or a directory into this home, and name it."""
        copy = self.place / (name or source.name)
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copy(source, copy)
        return copy

    def run(self, program: str, *words: str | Path, stdin: str = "") -> Ran:
        """Run `PROGRAM WORDS...` to its end, told that the registry has no https.

        Skips the test when the program is missing, and fails it under CI=true.
        """
        command = [self._path(program), *_without_tls(program, list(map(str, words)))]
        return self._run(command, stdin)

    def must(self, program: str, *words: str | Path, stdin: str = "") -> str:
        """Run `PROGRAM WORDS...`, insist on exit status 0, and give the screen."""
        ran = self.run(program, *words, stdin=stdin)
        command = " ".join(map(str, words))
        assert ran.code == 0, f"{program} {command}: exit status {ran.code}\n{ran.screen}"
        return ran.screen

    def refused(self, program: str, *words: str | Path, stdin: str = "") -> str:
        """Run `PROGRAM WORDS...`, insist on another exit status than 0, and give the screen."""
        ran = self.run(program, *words, stdin=stdin)
        assert ran.code != 0, f"{program} {' '.join(map(str, words))}: no refusal\n{ran.screen}"
        return ran.screen

    def log_in(self, program: str) -> str:
        """Log in as this user, with the password on standard input; give the screen."""
        words = ["auth"] if program == "crane" else []
        words += ["login", "-u", self.name, "--password-stdin", self.host]
        return self.must(program, *words, stdin=self.password)

    def shell(self, text: str) -> str:
        """Run a script of bash, insist that none of its commands fails, and give the screen."""
        ran = self._run(["bash", "-euo", "pipefail", "-c", text], "")
        assert ran.code == 0, f"exit status {ran.code}\n{ran.screen}"
        return ran.screen

    def run_oras_py(self, text: str) -> Ran:
        """Run Python text with oras-py's `client`.

        Skips the test when the package is missing, and fails it under CI=true.
        """
        if find_spec("oras") is None:
            leave_out("oras-py is not installed: pip install oras")
        return self._run([sys.executable, "-c", _ORAS_PY + text], "")

    def oras_py(self, text: str) -> str:
        """Run Python text with oras-py's `client`, insist on success, and give the screen."""
        ran = self.run_oras_py(text)
        assert ran.code == 0, f"oras-py: exit status {ran.code}\n{ran.screen}"
        return ran.screen

    def log_in_oras_py(self) -> None:
        """Let oras-py write down this user's login; it asks no registry whether it is right."""
        words = {"username": self.name, "password": self.password, "hostname": self.host}
        self.oras_py(f"client.login(**{words!r})")

    def layout_of(self, image: Path, *, name: str = "layout") -> str:
        """Make an OCI layout with a SIF as an artifact; give what oras and skopeo call it."""
        words = [f"{name}:1", f"{self.put(image).name}:{SIF_LAYER}"]
        self.must("oras", "push", "--oci-layout", *words)
        return f"{name}:1"

    def auth_file(self) -> dict[str, object]:
        """What `~/.docker/config.json` says; empty when there is none."""
        path = self.place / ".docker/config.json"
        found: dict[str, object] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def _path(self, program: str) -> str:
        if program in PACKAGES:
            return need(program, PACKAGES[program])
        assert self.programs is not None, f"nobody has said where {program} is"
        return str(self.programs / program)

    def _run(self, command: Sequence[str], stdin: str) -> Ran:
        done = subprocess.run(  # noqa: S603 - what the test says is what runs
            command,
            cwd=self.place,
            env={
                "HOME": str(self.place),
                "PATH": os.environ.get("PATH", os.defpath),
                "LANG": "C.UTF-8",
                "TMPDIR": str(self.place / "tmp"),
                # Skopeo and buildah keep logins there, and would otherwise share those of all.
                "XDG_RUNTIME_DIR": str(self.place / "run"),
                "CONTAINERS_STORAGE_CONF": str(self.place / "storage.conf"),
                "BUILDAH_ISOLATION": "chroot",
            },
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
        return Ran(done.returncode, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", done.stdout))


def programs_made_by(script: Path) -> Path:
    """The directory with oras, crane and others that the script fetches, or fetched before.

    Takes about 8 seconds the first time on a machine. Skips the test, as `leave_out` does, when
    they cannot be had.
    """
    made = subprocess.run(  # noqa: S603 - our own script
        ["bash", script],  # noqa: S607
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        complaint = made.stderr.strip().splitlines() or [f"exit status {made.returncode}"]
        leave_out(f"no programs of Debian unstable: {complaint[-1]}")
    return Path(made.stdout.splitlines()[-1])


def _without_tls(program: str, words: list[str]) -> list[str]:
    """Give the words of a command, and what tells the client that registries have no https."""
    if program == "crane":
        return ["--insecure", *words]
    if _LOCAL & set(words):
        return words
    if program == "oras":
        flags = ["--from-plain-http", "--to-plain-http"] if words[0] == "cp" else ["--plain-http"]
        return [*words, *flags]
    if program == "skopeo" and words[0] == "copy":
        ends = zip(("src", "dest"), words[-2:], strict=True)
        flags = [f"--{end}-tls-verify=false" for end, name in ends if name.startswith("docker:")]
        return ["copy", *flags, *words[1:]]
    if program == "skopeo" or (program == "buildah" and words[0] in _BUILDAH_SPEAKS):
        return [words[0], "--tls-verify=false", *words[1:]]
    if program == "buildah" and words[:2] == ["manifest", "push"]:
        return ["manifest", "push", "--tls-verify=false", *words[2:]]
    return words
