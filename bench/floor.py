"""What the machine itself can do: `cp` with `sha256sum`, and nginx that serves the same file."""

import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sregistry_core.testing.live import free_port

_CONFIGURATION = """\
daemon off;
worker_processes auto;
pid {room}/nginx.pid;
error_log {room}/error.log;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {room}/body;
    proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi;
    uwsgi_temp_path {room}/uwsgi;
    scgi_temp_path {room}/scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def copy_and_hash(source: Path, target: Path, *, as_we_do: bool) -> float:
    """Copy a file and hash the copy; in seconds.

    as_we_do   wait until the copy is on the disk, and hash by OpenSSL: `sha256sum` of many systems
               does not use what the processor has for it
    """
    begun = time.monotonic()
    subprocess.run(["cp", str(source), str(target)], check=True)
    if as_we_do:
        subprocess.run(["sync", str(target)], check=True)
        with target.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    else:
        subprocess.run(["sha256sum", str(target)], check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - begun
    target.unlink()
    return seconds


@contextmanager
def nginx(root: Path, room: Path) -> Iterator[str]:
    """Serve a directory by nginx for the time of the block; gives the address, without a slash."""
    room.mkdir()
    port, program = free_port(), shutil.which("nginx") or "nginx"
    user = "user root;" if root.owner() == "root" else ""
    configuration = room / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(room=room, root=root, port=port, user=user), encoding="utf-8"
    )
    said = room / "error.log"
    child = subprocess.Popen([program, "-e", str(said), "-c", str(configuration)])
    try:
        time.sleep(0.5)
        if child.poll() is not None:
            raise SystemExit(f"bench: nginx does not start: {said.read_text().strip()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(20)
