"""A registry as a site runs it: two web processes behind nginx, configured as `deploy/` says.

TLS alone is left out, on both sides: it would measure the processor's AES.
"""

import os
import re
import resource
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from loads import processor_seconds

from sregistry_core.testing.live import LiveRegistry, free_port

SHIPPED = Path(__file__).parents[1] / "deploy" / "nginx"
_PROTOCOLS = "discovery transfer library shub oci sregistry api"
_PATIENCE_SECONDS = 60
_OPEN_FILES = 20_000
_MAIN = """\
daemon off;
worker_processes auto;
worker_rlimit_nofile {open_files};
pid {room}/nginx.pid;
error_log {room}/error.log warn;
{user}
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    default_type application/octet-stream;
    client_body_temp_path {room}/body;
    proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi;
    uwsgi_temp_path {room}/uwsgi;
    scgi_temp_path {room}/scgi;
    {served}
}}
"""
# What the same nginx can do by itself: serve a file, and write the body of a PUT into one.
_FLOOR = """\
sendfile on; tcp_nopush on; sendfile_max_chunk 2m;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {root};
        location /put/ {{
            dav_methods PUT;
            create_full_put_path on;
            client_max_body_size 0;
            client_body_temp_path {room}/body;
            client_body_buffer_size 256k;
        }}
    }}
"""


@dataclass(frozen=True)
class Site:
    """A registry behind nginx, and an nginx without one.

    floor     the address of that
    served    the directory of its files
    images    the directory in which the registry keeps images
    single    the address of an nginx before the first web process alone
    direct    the addresses of the web processes themselves
    """

    registry: LiveRegistry
    url: str
    floor: str
    served: Path
    images: Path
    single: str
    direct: tuple[str, str]
    front_pid: int
    floor_pid: int
    second_pid: int

    def floor_seconds(self) -> float:
        """Processor time of the nginx without a registry."""
        return sum(processor_seconds(pid) for pid in _family(self.floor_pid))

    def seconds(self) -> float:
        """Processor time of everything that serves: both web processes, and nginx."""
        pids = [*self.web_pids, *_family(self.front_pid)]
        return sum(processor_seconds(pid) for pid in pids)

    @property
    def web_pids(self) -> tuple[int, ...]:
        """The numbers of the web processes."""
        return (self.registry.pid, self.second_pid)


@contextmanager
def site(room: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Run it for the time of the block, with its files in a new directory."""
    room.mkdir()
    first, second, listen, lonely = (f"127.0.0.1:{free_port()}" for _ in range(4))
    data = room / "registry" / "var"
    registry = LiveRegistry(
        room / "registry",
        listen=first,
        settings={
            "sregistry.public_url": f"http://{listen}",
            "sregistry.accel": f"{data / 'images'} -> /_images/",
            "sregistry.protocols": _PROTOCOLS,
            **(settings or {}),
        },
        server={
            # As in production.ini: a second process has another address in its environment.
            "listen": f"${{SREGISTRY_LISTEN:-{first}}}",
            "trusted_proxy": "127.0.0.1",
            "body_files": str(data / "staging" / "nginx"),
        },
    )
    with ExitStack() as stack:
        (data / "staging" / "nginx").mkdir(parents=True)
        stack.enter_context(registry)
        twin = stack.enter_context(_second_process(registry, second, room / "second.log"))
        front = stack.enter_context(
            _nginx(room / "front", _shipped(room / "front", data, listen, (first, second)))
        )
        stack.enter_context(
            _nginx(room / "single", _shipped(room / "single", data, lonely, (first,)))
        )
        port, root = free_port(), room / "served"
        root.mkdir()
        floor = stack.enter_context(
            _nginx(room / "floor", _FLOOR.format(port=port, root=root, room=room / "floor"))
        )
        _wait_for(f"http://{listen}/healthz", front)
        yield Site(
            registry,
            f"http://{listen}",
            f"http://127.0.0.1:{port}",
            root,
            data / "images",
            f"http://{lonely}",
            (registry.url, f"http://{second}"),
            front.pid,
            floor.pid,
            twin.pid,
        )


def _shipped(room: Path, data: Path, listen: str, servers: tuple[str, ...]) -> str:
    """Give the configuration that is shipped, with what it marks with CHANGE changed."""
    room.mkdir()
    text = (SHIPPED / "sregistry.conf").read_text(encoding="utf-8")
    upstream = "\n    ".join(f"server {one};" for one in servers)
    for pattern, put in (
        (r"server 127\.0\.0\.1:8080;", upstream),
        (r"127\.0\.0\.1:8079\b", f"127.0.0.1:{free_port()}"),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl http2;", f"listen {listen} backlog=4096;"),
        (r"listen \[::\]:.*", ""),
        (r"ssl_\w+ .*", ""),
        (r"server_name .*", "server_name localhost;"),
        (r"/var/cache/nginx/sregistry", f"{room}/cache"),
        (r"client_body_temp_path \S+;", f"client_body_temp_path {data}/staging/nginx;"),
        (r"alias \S+;", f"alias {data}/images/;"),
    ):
        text, count = re.subn(pattern, put, text)
        if not count:
            raise SystemExit(f"bench: {pattern} is not in the configuration that is shipped")
    for included in SHIPPED.glob("sregistry-*.conf"):
        shutil.copy(included, room)
    return text


@contextmanager
def _nginx(room: Path, served: str) -> Iterator["subprocess.Popen[bytes]"]:
    room.mkdir(exist_ok=True)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files = min(_OPEN_FILES, most) if most != resource.RLIM_INFINITY else _OPEN_FILES
    # Bodies belong to the user of the workers, who must be that of the registry.
    user = "user root;" if os.geteuid() == 0 else ""
    main = room / "nginx.conf"
    text = _MAIN.format(
        room=room, user=user, served=served, open_files=open_files, connections=open_files // 2
    )
    main.write_text(text, encoding="utf-8")
    said = room / "error.log"
    program = shutil.which("nginx") or "nginx"
    child = subprocess.Popen([program, "-e", str(said), "-c", str(main)])
    try:
        time.sleep(0.5)
        if child.poll() is not None:
            raise SystemExit(f"bench: nginx does not start: {said.read_text().strip()}")
        yield child
    finally:
        child.terminate()
        child.wait(_PATIENCE_SECONDS)


@contextmanager
def _second_process(
    registry: LiveRegistry, listen: str, log_file: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    with log_file.open("ab") as log:
        child = subprocess.Popen(
            registry.command("serve"),
            env={**registry.environ, "SREGISTRY_LISTEN": listen},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(f"http://{listen}/readyz", child)
        yield child
    finally:
        child.terminate()
        child.wait(_PATIENCE_SECONDS)


def _wait_for(address: str, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"bench: {address} does not answer")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, children)]
