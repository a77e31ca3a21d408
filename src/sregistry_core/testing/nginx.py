"""A real nginx in front of a registry of a test, with the configuration that is shipped."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from .certificates import make_certificate
from .components import need
from .live_ini import free_port

_PATIENCE_SECONDS = 20
_MAIN = """\
daemon off;
worker_processes 2;
pid {room}/nginx.pid;
error_log {room}/error.log info;
{user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    default_type application/octet-stream;
    proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi;
    uwsgi_temp_path {room}/uwsgi;
    scgi_temp_path {room}/scgi;
    include {room}/sregistry.conf;
}}
"""


@dataclass(frozen=True)
class Fronted:
    """An nginx: its address, the certificate to trust, where it puts bodies, its log."""

    url: str
    certificate: Path
    body_files: Path
    log_file: Path
    _command: tuple[str, ...]
    _listen: str
    _started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # A group of its own: the workers outlive a master that is killed.
        process = subprocess.Popen(self._command, start_new_session=True)  # noqa: S603
        self._started.append(process)
        _wait(process, self._listen, self.log_file)

    def stop(self) -> None:
        """End it as an administrator would; one that has ended is fine."""
        while self._started:
            process = self._started.pop()
            process.terminate()
            process.wait(_PATIENCE_SECONDS)

    def kill(self) -> None:
        """End all of its processes as a power cut would (SIGKILL)."""
        self._signal(signal.SIGKILL)
        self._started.pop().wait(_PATIENCE_SECONDS)

    def freeze(self) -> None:
        """Let it take connections and do nothing, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self._started[-1].pid, number)


@contextmanager
def nginx_before(
    shipped: Path,
    room: Path,
    *,
    listen: str,
    registry: str,
    images: Path,
    body_files: Path,
    names: Sequence[str] = (),
) -> Iterator[Fronted]:
    """Run nginx with TLS for the time of the block.

    shipped      the directory of sregistry.conf; all that it marks with CHANGE is changed
    listen       `address:port` of nginx; port 443 is not shown in the address
    registry     `address:port` of the registry, which need not run yet
    images       the directory of the filesystem storage
    body_files   where bodies go; made here
    names        of hosts that it is, beside its address and localhost
    """
    program = need("nginx", "nginx")
    room.mkdir()
    body_files.mkdir(parents=True)
    certificate, private_key = room / "registry.pem", room / "registry.key"
    own = [listen.partition(":")[0], "localhost", *names]
    make_certificate(certificate, private_key, names=own)
    text = (shipped / "sregistry.conf").read_text(encoding="utf-8")
    for pattern, put in (
        (r"server 127\.0\.0\.1:8080;", f"server {registry};"),
        (r"127\.0\.0\.1:8079\b", f"127.0.0.1:{free_port()}"),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl http2;", f"listen {listen} ssl http2;"),
        (r"listen \[::\]:.*", ""),
        (r"server_name .*", f"server_name {' '.join(['localhost', *names])};"),
        (r"/etc/ssl/registry\.", f"{room}/registry."),
        (r"/var/cache/nginx/sregistry", f"{room}/cache"),
        (r"client_body_temp_path \S+;", f"client_body_temp_path {body_files};"),
        (r"alias \S+;", f"alias {images}/;"),
    ):
        text, count = re.subn(pattern, put, text)
        if not count:
            raise AssertionError(f"{pattern} is not in the configuration that is shipped")
    (room / "sregistry.conf").write_text(text, encoding="utf-8")
    for included in shipped.glob("sregistry-*.conf"):
        shutil.copy(included, room)
    # Bodies belong to the user of the workers, who must be that of the registry.
    user = "user root;" if os.geteuid() == 0 else ""
    main = room / "nginx.conf"
    main.write_text(_MAIN.format(room=room, user=user), encoding="utf-8")
    log_file = room / "error.log"
    command = (program, "-e", str(log_file), "-c", str(main))
    url = f"https://{listen.removesuffix(':443')}"
    front = Fronted(url, certificate, body_files, log_file, command, listen)
    try:
        front.start()
        yield front
    finally:
        front.stop()


def _wait(process: "subprocess.Popen[bytes]", listen: str, log_file: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            # It answers 400 to whoever speaks no TLS to it.
            urlopen(f"http://{listen}/", timeout=5).close()
        except URLError as error:
            if getattr(error, "code", None):
                return
            time.sleep(0.05)
    said = log_file.read_text(encoding="utf-8", errors="replace") if log_file.exists() else ""
    raise AssertionError(f"nginx does not start:\n{said}")
