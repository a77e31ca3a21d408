"""A second real S3 server for tests, of other code than Ceph: OpenStack Swift with `s3api`.

    with SwiftCluster(tmp_path_factory.mktemp("swift")) as server:
        print(server.url, server.bucket())

A cluster of one copy on one disk, as any user, on free ports of 127.0.0.1: a proxy, the servers of
accounts, containers and objects, and memcached. All of its processes end with the block, each by
the number that it was started with. It starts in some seconds; its files must lie where extended
attributes can be written.
"""

import base64
import getpass
import hmac
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from pathlib import Path
from types import TracebackType

from .components import leave_out, need
from .live_ini import free_port

_PATIENCE_SECONDS = 60.0
_BUCKET = "images"
_DEBIAN_PYTHON = "/usr/bin/python3"
_PACKAGES = "swift-proxy swift-account swift-container swift-object memcached"
_KINDS = ("account", "container", "object")
_SECRET_OF_PATHS = "[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tests\n"

# Swift's own programs look for swift.conf in one place alone, which is the machine's.
_LAUNCH = """\
import sys
from swift.common import utils
utils.SWIFT_CONF_FILE = sys.argv[2]
from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[1], sys.argv[3]))
"""
_MAKE_RINGS = """\
import sys
from swift.common.ring import RingBuilder
for word in sys.argv[2:]:
    kind, _, port = word.partition("=")
    ring = RingBuilder(4, 1, 1)
    where = {"ip": "127.0.0.1", "port": int(port), "device": "disk", "weight": 1.0}
    ring.add_dev({**where, "region": 1, "zone": 1, "meta": "", "id": 0})
    ring.rebalance()
    ring.get_ring().save(f"{sys.argv[1]}/{kind}.ring.gz")
"""
_COMMON = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {directory}
user = {user}
workers = 0
log_address = {directory}/no-log
disable_fallocate = true
devices = {directory}/devices
mount_check = false
"""
_STORE = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
_PROXY = """
[pipeline:main]
pipeline = catch_errors cache bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
error_suppression_limit = 1000000
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = {region}
max_upload_part_num = 10000
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{name} = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:dlo]
use = egg:swift#dlo
"""


class SwiftCluster:
    """One S3 server; `url` is its address."""

    access_key = "tests:registry"
    secret_key = "secret-key-of-the-tests"
    region = "us-east-1"

    def __init__(self, directory: Path):
        """Use an empty directory; nothing is started yet."""
        self._directory = directory
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._started: list[subprocess.Popen[bytes]] = []
        self._proxy: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "SwiftCluster":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let nobody answer for the time of the block; what is stored is there again afterwards."""
        self._stop_proxy()
        try:
            yield
        finally:
            self._start_proxy()

    def bucket(self) -> dict[str, str]:
        """Give the keys of the ini file for a storage in the one bucket that is there."""
        return {
            "bucket": _BUCKET,
            "endpoint": self.url,
            "region": self.region,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
        }

    def stop(self) -> None:
        """End all of it: nothing on its disk is worth a clean stop."""
        self._stop_proxy()
        while self._started:
            _end(self._started.pop())

    def _start(self) -> None:
        memcached = need("memcached", _PACKAGES)
        for kind in ("proxy", *_KINDS):
            need(f"swift-{kind}-server", _PACKAGES)
        (self._directory / "devices" / "disk").mkdir(parents=True)
        self._require_attributes()
        (self._directory / "swift.conf").write_text(_SECRET_OF_PATHS, encoding="utf-8")
        ports = {kind: free_port() for kind in _KINDS}
        places = [f"{kind}={port}" for kind, port in ports.items()]
        self._must(_MAKE_RINGS, str(self._directory), *places)
        port = free_port()
        words = ["-l", "127.0.0.1", "-p", str(port), "-U", "0", "-u", getpass.getuser()]
        self._started.append(self._run("memcached", [memcached, *words]))
        for kind in _KINDS:
            self._configure(kind, ports[kind], _STORE.format(kind=kind))
            self._started.append(self._serve(kind))
        # Asked before they listen, they would count as broken for a minute.
        for one in (*ports.values(), port):
            self._wait(partial(_listens, one))
        account, _, name = self.access_key.partition(":")
        proxy = _PROXY.format(
            memcached=port,
            region=self.region,
            account=account,
            name=name,
            secret=self.secret_key,
        )
        self._configure("proxy", self._port, proxy)
        self._start_proxy()

    def _start_proxy(self) -> None:
        self._proxy = self._serve("proxy")
        self._wait(self._answers)

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            running = [*self._started, *([self._proxy] if self._proxy else [])]
            ended = [one.args for one in running if one.poll() is not None]
            assert not ended, f"ended by itself: {ended}; see the logs in {self._directory}"
            assert time.monotonic() < deadline, f"no answer; see the logs in {self._directory}"
            time.sleep(0.1)

    def _stop_proxy(self) -> None:
        if self._proxy is not None:
            _end(self._proxy)
            self._proxy = None

    def _answers(self) -> bool:
        try:
            return self._make(_BUCKET) in (200, 409)
        except (OSError, http.client.HTTPException):
            return False

    def _make(self, bucket: str) -> int:
        """Make a bucket; gives the status. With version 2 of the signatures, the short one."""
        date = formatdate(usegmt=True)
        signed = hmac.digest(
            self.secret_key.encode(), f"PUT\n\n\n{date}\n/{bucket}".encode(), "sha1"
        )
        shown = f"AWS {self.access_key}:{base64.b64encode(signed).decode()}"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            headers = {"Date": date, "Authorization": shown, "Content-Length": "0"}
            connection.request("PUT", f"/{bucket}", headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _configure(self, kind: str, port: int, more: str) -> None:
        common = _COMMON.format(port=port, directory=self._directory, user=getpass.getuser())
        (self._directory / f"{kind}.conf").write_text(common + more, encoding="utf-8")

    def _serve(self, kind: str) -> subprocess.Popen[bytes]:
        words = [str(self._directory / f"{kind}.conf"), str(self._directory / "swift.conf")]
        return self._run(kind, [_DEBIAN_PYTHON, "-c", _LAUNCH, *words, f"{kind}-server"])

    def _run(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._directory / f"{name}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command
                command,
                cwd=self._directory,
                env=_environ(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _must(self, program: str, *words: str) -> None:
        done = subprocess.run(  # noqa: S603 - our own command
            [_DEBIAN_PYTHON, "-c", program, *words],
            env=_environ(),
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    def _require_attributes(self) -> None:
        probe = self._directory / "devices" / "probe"
        probe.touch()
        try:
            os.setxattr(probe, "user.swift.metadata", b"x" * 2048)
        except OSError as error:
            leave_out(f"Swift needs extended attributes in {self._directory}: {error}")


def _environ() -> dict[str, str]:
    # Of the tests' own environment nothing must reach Debian's Python.
    return {key: text for key, text in os.environ.items() if not key.startswith("PYTHON")}


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
