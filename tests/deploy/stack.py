"""Runs compose.yml by the real Docker Compose, with podman in the place of Docker."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from .network import Network
from .podman import LIMITS, Podman
from .stand_ins import STAND_INS, mounts, write_stand_in

HOME = Path(__file__).parents[2]
# As if the certificate were one that everybody knows.
_TRUSTED = "/etc/ssl/trusted.pem"
# What the manual calls `docker compose` is a program of its own here.
_DOCKER = """#!/bin/sh
[ "$1" = compose ] || exit 2
shift
exec "{program}" "$@"
"""


# A container that starts again has the hardware address it had before with Docker, and another one
# with podman. Whoever knows the old one finds out soon by these, and not after half a minute.
_NEIGHBOURS = {
    "net.ipv4.neigh.eth0.base_reachable_time_ms": 500,
    "net.ipv4.neigh.eth0.delay_first_probe_time": 1,
    "net.ipv4.neigh.eth0.retrans_time_ms": 100,
}


class Stack:
    """All services of a compose.yml; what is told of them stands in a compose.override.yml.

    url           where clients on the machine of the containers reach nginx.
    certificate   what they trust.
    environ       what set-up has written into .env.
    said          what set-up has said.
    """

    def __init__(self, podman: Podman, program: Path, directory: Path):
        """program: Docker Compose."""
        self.podman = podman
        self._room = directory / "docker"
        shutil.copytree(HOME / "deploy/docker", self._room, ignore=_not_of_a_site)
        document = yaml.safe_load((self._room / "compose.yml").read_text(encoding="utf-8"))
        self.services: dict[str, Any] = document["services"]
        prefix = re.search(r"SREGISTRY_NETWORK:-([\d.]+)}", str(document["networks"]))
        assert prefix, "compose.yml says nothing of its network"
        self.url = f"https://{prefix[1]}.2"
        self.said = self.set_up()
        self.environ = read_environ(self._room / ".env")
        self.certificate = self._room / "tls/registry.pem"
        self._project = f"sregistry-{os.getpid()}"
        (directory / "bin").mkdir()
        docker = directory / "bin/docker"
        docker.write_text(_DOCKER.format(program=program))
        docker.chmod(0o755)
        self._socket = directory / "podman.sock"
        self._environ = {
            "PATH": f"{docker.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._room),
            "DOCKER_HOST": f"unix://{self._socket}",
            "COMPOSE_PROJECT_NAME": self._project,
        }
        self.network = Network()

    def __enter__(self) -> "Stack":
        self.network.__enter__()
        try:
            self._images()
            self._override()
            self._serve()
            # The images are there: what builds them has another network.
            self.compose("docker compose up --detach --no-build")
            self.wait_until_healthy("nginx")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def name(self, service: str) -> str:
        """Give the name of the container of a service."""
        return f"{self._project}-{service}-1"

    def logs(self, service: str) -> str:
        """Give what the container of a service has printed."""
        return self.podman.logs(self.name(service))

    def admin(self, *words: str) -> str:
        """Run sregistry-admin in the container of the web server."""
        return self.podman.must("exec", self.name("web"), "sregistry-admin", *words)

    def compose(self, line: str) -> str:
        """Do what a line `docker compose ...` of the manual says, beside compose.yml."""
        with self._health_checks():
            done = subprocess.run(
                ["bash", "-c", line],
                cwd=self._room,
                env=self._environ,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=300,
            )
        self.network.forget_neighbours()
        said = f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, f"{said}\n{self._all_logs()}"
        return done.stdout

    def exit_code(self, service: str) -> int:
        """Give the code with which a container has ended."""
        return int(self.podman.inspect(self.name(service))["State"]["ExitCode"])

    def crash(self, service: str) -> None:
        """End the processes of a container as a fault would; nobody has asked for it."""
        os.kill(self.podman.inspect(self.name(service))["State"]["Pid"], signal.SIGKILL)

    def has_health_check(self, service: str) -> bool:
        """True when its image or compose.yml says how to ask for its health."""
        return not self.services[service].get("healthcheck", {}).get("disable", False)

    def wait_until_healthy(self, service: str) -> None:
        """Wait until the health check of a service says yes."""
        self.podman.wait_until_healthy(self.name(service))

    def close(self) -> None:
        """Remove all containers, volumes and the network."""
        if self._socket.exists():
            words = ["docker", "compose", "down", "--volumes", "--timeout", "1"]
            subprocess.run(
                words, cwd=self._room, env=self._environ, capture_output=True, check=False
            )
        self.network.close()

    def set_up(self) -> str:
        """Run set-up, and give what it says."""
        done = subprocess.run(
            [self._room / "set-up", self.url], capture_output=True, text=True, check=True
        )
        return done.stdout

    def _images(self) -> None:
        for service in self.services.values():
            image, build = _with_defaults(service["image"]), service.get("build")
            name = image.rpartition(":")[0]
            if name in STAND_INS:
                # Made anew: it holds the place of this checkout.
                archive = self._room / "stand-in.tar"
                write_stand_in(archive, STAND_INS[name])
                path = "PATH=/stand-in:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                self.podman.import_tree(
                    archive, image, 'ENTRYPOINT ["/stand-in/start"]', f"ENV {path}"
                )
            elif build is not None:
                arguments = {key: _with_defaults(v) for key, v in build.get("args", {}).items()}
                self.podman.build(HOME, HOME / build["dockerfile"], image, **arguments)

    def _override(self) -> None:
        more: dict[str, Any] = {
            name: {"ulimits": LIMITS, "sysctls": _NEIGHBOURS} for name in self.services
        }
        for name, service in self.services.items():
            if service["image"].rpartition(":")[0] in STAND_INS:
                more[name]["volumes"] = mounts()
        # Root's alone as it was made, and the registry is not root.
        self.certificate.chmod(0o644)
        more["web"]["environment"] = {"SSL_CERT_FILE": _TRUSTED}
        more["web"]["volumes"] = [f"./tls/registry.pem:{_TRUSTED}:ro"]
        text = yaml.safe_dump({"services": more})
        (self._room / "compose.override.yml").write_text(text, encoding="utf-8")

    def _serve(self) -> None:
        words = self.podman.service(f"unix://{self._socket}")
        self.network.start(*words, environ=self.podman.environ, log=self.podman.log_file)
        deadline = time.monotonic() + 30
        while not self._socket.exists():
            assert time.monotonic() < deadline, "podman does not serve"
            time.sleep(0.05)

    @contextmanager
    def _health_checks(self) -> Iterator[None]:
        """Have every container asked for its health: podman leaves that to systemd."""
        ended = threading.Event()

        def ask() -> None:
            while not ended.wait(0.5):
                for name in filter(self.has_health_check, self.services):
                    self.podman.is_healthy(self.name(name))

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _all_logs(self) -> str:
        return "\n".join(f"{name}:\n{self.logs(name)[-2000:]}" for name in self.services)


def read_environ(path: Path) -> dict[str, str]:
    """Give the variables of an .env file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def duration(text: str) -> timedelta:
    """Give what `1h`, `5m10s` and the like mean."""
    units = {"h": "hours", "m": "minutes", "s": "seconds"}
    return timedelta(**{units[unit]: int(n) for n, unit in re.findall(r"(\d+)([hms])", text)})


def _with_defaults(text: str) -> str:
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def _not_of_a_site(_directory: str, names: list[str]) -> set[str]:
    return {".env", "tls"} & set(names)
