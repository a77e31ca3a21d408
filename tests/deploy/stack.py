"""Runs what compose.yml says with real containers, as `docker compose up` would."""

import json
import os
import re
import shutil
import signal
import subprocess
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from .bridge import Bridge
from .compose_file import in_order, read_compose, read_environ
from .podman import Podman
from .stand_ins import STAND_INS, mounts, write_stand_in

HOME = Path(__file__).parents[2]
_TRUSTED = "/var/lib/sregistry/trusted.pem"


class Stack:
    """All services of a compose.yml, each with an address of its own on one bridge.

    url           where clients inside the bridge reach nginx.
    certificate   what they trust.
    environ       what set-up has written into .env.
    """

    def __init__(self, podman: Podman, directory: Path, prefix: str):
        self.podman = podman
        self.url = f"https://{prefix}.2"
        self._room = directory / "docker"
        shutil.copytree(HOME / "deploy/docker", self._room, ignore=_not_of_a_site)
        self._names = f"sregistry-{os.getpid()}"
        self.said = self._set_up()
        self.environ = {**read_environ(self._room / ".env"), "SREGISTRY_NETWORK": prefix}
        self.certificate = self._room / "tls/registry.pem"
        document = read_compose(self._room / "compose.yml", self.environ)
        self.services: dict[str, Any] = document["services"]
        self._volumes = set(document["volumes"])
        self.bridge = Bridge(prefix)
        self.addresses = self._addresses(prefix)

    def __enter__(self) -> "Stack":
        self.bridge.__enter__()
        try:
            self._images()
            for name in in_order(self.services):
                self._await_needs(name)
                self._start(name)
            self.wait_until_healthy("nginx")
            copy = ["sh", "-c", f"cat >{_TRUSTED}"]
            self.podman.exec(self.name("web"), copy, source=self.certificate)
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
        return f"{self._names}-{service}"

    def logs(self, service: str) -> str:
        """Give what the container of a service has printed."""
        return self.podman.logs(self.name(service))

    def admin(self, *words: str) -> str:
        """Run sregistry-admin in the container of the web server."""
        return self.podman.must("exec", self.name("web"), "sregistry-admin", *words)

    def stop(self, service: str) -> int:
        """Stop a container as `docker stop` does, and give its exit code."""
        self.podman.must("stop", self.name(service))
        return int(self.podman.inspect(self.name(service))["State"]["ExitCode"])

    def compose(self, line: str, room: Path) -> str:
        """Do what a line `docker compose ...` of the manual says, with files in a directory."""
        found = re.fullmatch(r"docker compose (\w+) (.*?)(?: ([<>])(\S+))?", line)
        assert found, line
        what, words, way, file = found[1], found[2].split(), found[3], found[4]
        if what in ("stop", "start"):
            for service in words:
                self.podman.must(what, self.name(service))
                if what == "start" and self.has_health_check(service):
                    self.wait_until_healthy(service)
            return ""
        assert what == "exec", line
        service, *command = [word for word in words if word != "-T"]
        return self.podman.exec(
            self.name(service),
            command,
            # As if the certificate were one that everybody knows.
            trust=_TRUSTED if service == "web" else "",
            source=room / file if way == "<" else None,
            target=room / file if way == ">" else None,
        )

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
        """Remove all containers and volumes."""
        containers = [self.name(service) for service in reversed(list(in_order(self.services)))]
        self.podman.try_to("rm", "--force", "--ignore", "--time", "0", "--volumes", *containers)
        volumes = [f"{self._names}-{volume}" for volume in self._volumes]
        self.podman.try_to("volume", "rm", "--force", *volumes)
        self.bridge.close()

    def set_up_again(self) -> str:
        """Run set-up once more, and give what it says."""
        return self._set_up()

    def _set_up(self) -> str:
        done = subprocess.run(
            [self._room / "set-up", self.url], capture_output=True, text=True, check=True
        )
        return done.stdout

    def _addresses(self, prefix: str) -> dict[str, str]:
        free = (f"{prefix}.{number}" for number in range(100, 200))
        return {
            name: service.get("networks", {}).get("default", {}).get("ipv4_address") or next(free)
            for name, service in self.services.items()
        }

    def _images(self) -> None:
        for service in self.services.values():
            image = service["image"]
            build, (name, _, _) = service.get("build"), image.rpartition(":")
            if name in STAND_INS:
                # Made anew: it holds the place of this checkout.
                archive = self._room / "stand-in.tar"
                write_stand_in(archive, STAND_INS[name])
                path = "PATH=/stand-in:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                self.podman.import_tree(
                    archive, image, 'ENTRYPOINT ["/stand-in/start"]', f"ENV {path}"
                )
            elif build is not None:
                self.podman.build(HOME, HOME / build["dockerfile"], image, **build.get("args", {}))

    def _await_needs(self, name: str) -> None:
        for other, need in self.services[name].get("depends_on", {}).items():
            if need["condition"] == "service_healthy":
                self.wait_until_healthy(other)
            elif need["condition"] == "service_completed_successfully":
                code = self.podman.must("wait", self.name(other))
                assert code == "0", f"{other} ended with {code}:\n{self.logs(other)}"
            else:
                raise AssertionError(f"{name} waits for {need}")

    def _start(self, name: str) -> None:
        service = self.services[name]
        network = self.bridge.attach(name, self.addresses[name])
        words = ["--network", f"ns:{network}", "--restart", service.get("restart", "no")]
        for other, address in self.addresses.items():
            words += ["--add-host", f"{other}:{address}"]
        for key, value in service.get("environment", {}).items():
            words += ["--env", f"{key}={value}"]
        for volume in service.get("volumes", []):
            words += ["--volume", self._volume(volume)]
        words += ["--read-only"] if service.get("read_only") else []
        words += [word for one in service.get("cap_drop", []) for word in ("--cap-drop", one)]
        words += [word for o in service.get("security_opt", []) for word in ("--security-opt", o)]
        if "stop_grace_period" in service:
            seconds = int(duration(service["stop_grace_period"]).total_seconds())
            words += ["--stop-timeout", str(seconds)]
        check = service.get("healthcheck", {})
        if check.get("disable"):
            words += ["--no-healthcheck"]
        elif check:
            how, *command = check["test"]
            assert how == "CMD", f"{name}: podman would ask a shell"
            words += ["--health-cmd", json.dumps(command)]
        if "entrypoint" in service:
            words += ["--entrypoint", json.dumps(service["entrypoint"])]
        if service["image"].rpartition(":")[0] in STAND_INS:
            words += mounts()
        self.podman.run(self.name(name), *words, service["image"], *service.get("command", []))

    def _volume(self, text: str) -> str:
        source, _, rest = text.partition(":")
        if source.startswith("."):
            return f"{(self._room / source).resolve()}:{rest}"
        assert source in self._volumes, f"the volume {source} is not declared"
        return f"{self._names}-{source}:{rest}"


def _not_of_a_site(_directory: str, names: list[str]) -> set[str]:
    return {".env", "tls"} & set(names)


def duration(text: str) -> timedelta:
    """Give what `1h`, `5m10s` and the like mean."""
    units = {"h": "hours", "m": "minutes", "s": "seconds"}
    return timedelta(**{units[unit]: int(n) for n, unit in re.findall(r"(\d+)([hms])", text)})
