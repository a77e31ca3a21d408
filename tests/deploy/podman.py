"""podman with a store of its own: no image or container of the machine is touched."""

import json
import os
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sregistry_core.testing.components import leave_out, need

LIMITS: dict[str, Any] = {"nofile": {"soft": 1024, "hard": 4096}, "nproc": 1000}
"""As compose.yml would say it: more the containers of an unprivileged machine cannot have."""
WITHIN_LIMITS = ("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1000:1000")
"""The same, for `podman run`."""
# Containers find each other by name with this one; every run has its own networks.
_CONF = """
[network]
network_backend = "netavark"
network_config_dir = "{networks}"
"""


class Podman:
    """Runs `podman WORDS...`.

    log_file   has what every command has printed.
    environ    what its processes must have in their environment.
    """

    def __init__(self, place: Path):
        """place: where images are kept, and what is about running containers."""
        for program, package in (("podman", "podman"), ("buildah", "buildah"), ("runc", "runc")):
            need(program, package)
        need("iptables", "iptables")
        for program in ("netavark", "aardvark-dns"):
            if not Path("/usr/lib/podman", program).exists():
                leave_out(f"{program} is not installed: apt-get install {program}")
        place.mkdir(parents=True, exist_ok=True)
        self.log_file = place / "podman.log"
        conf = place / "containers.conf"
        shutil.rmtree(place / "networks", ignore_errors=True)
        conf.write_text(_CONF.format(networks=place / "networks"), encoding="utf-8")
        self.environ = {"CONTAINERS_CONF": str(conf)}
        self._words = self._with(place, "overlay")
        if self.try_to("info").returncode:
            # Where the machine itself is a container, there are no layers upon layers.
            self._words = self._with(place, "vfs")

    @staticmethod
    def _with(place: Path, driver: str) -> list[str]:
        # A store remembers the other two, and takes no others.
        words = ["podman", "--root", str(place / driver), "--runroot", str(place / "run")]
        words += ["--tmpdir", str(place / "tmp"), "--storage-driver", driver]
        words += ["--runtime", "runc", "--cgroup-manager", "cgroupfs"]
        return [*words, "--events-backend", "none"]

    def try_to(self, *words: str, within: timedelta = timedelta(minutes=5)) -> Any:
        """Run a command that may fail; the result has code, output and errors."""
        done = subprocess.run(
            [*self._words, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=within.total_seconds(),
            stdin=subprocess.DEVNULL,
            env={**os.environ, **self.environ},
        )
        with self.log_file.open("a", encoding="utf-8") as log:
            log.write(f"$ podman {' '.join(words)}\n{done.stdout}{done.stderr}")
        return done

    def must(self, *words: str) -> str:
        """Run a command, insist that it ends well, and give what it prints."""
        done = self.try_to(*words)
        said = f"{done.stdout}\n{done.stderr}"[-6000:]
        assert done.returncode == 0, f"podman {' '.join(words)}: {done.returncode}\n{said}"
        return done.stdout.strip()

    def has_image(self, name: str) -> bool:
        """True when an image of this name was built or imported."""
        return self.try_to("image", "exists", name).returncode == 0

    def import_tree(self, archive: Path, name: str, *changes: str) -> None:
        """Make an image of a tar file."""
        options = [word for change in changes for word in ("--change", change)]
        self.must("import", *options, str(archive), name)

    def build(self, context: Path, dockerfile: Path, name: str, **arguments: str) -> None:
        """Build an image from a Dockerfile."""
        options = ["--isolation=chroot", "--network=host", "--format=docker", "--pull=never"]
        for key, value in arguments.items():
            options += ["--build-arg", f"{key}={value}"]
        self.must("build", *options, "--tag", name, "--file", str(dockerfile), str(context))

    def service(self, address: str) -> list[str]:
        """Give the command that answers as Docker does at an address, with `environ`."""
        return [*self._words, "system", "service", "--time=0", address]

    def inspect(self, name: str) -> Any:
        """Give what podman knows of a container."""
        return json.loads(self.must("container", "inspect", name))[0]

    def logs(self, name: str) -> str:
        """Give what a container has printed."""
        done = self.try_to("logs", name)
        return str(done.stdout + done.stderr)

    def is_healthy(self, name: str) -> bool:
        """Ask the health check of a container once; one that hangs is asked anew."""
        try:
            done = self.try_to("healthcheck", "run", name, within=timedelta(seconds=30))
        except subprocess.TimeoutExpired:
            return False
        return bool(done.returncode == 0)

    def wait_until_healthy(self, name: str, *, patience: float = 240) -> None:
        """Wait until the health check of a container says yes: nobody else asks it here."""
        deadline = time.monotonic() + patience
        while not self.is_healthy(name):
            assert time.monotonic() < deadline, f"{name} is not healthy:\n{self.logs(name)}"
            time.sleep(0.3)


def require_working(podman: Podman, image: str) -> None:
    """Leave the test out where podman cannot run a container."""
    done = podman.try_to("run", "--rm", "--network=host", *WITHIN_LIMITS, image, "true")
    if done.returncode:
        leave_out(f"podman can run no container here: {done.stderr.strip().splitlines()[-1]}")
