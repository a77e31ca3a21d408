"""A real S3 server for tests: Ceph's object gateway, on a cluster of one, in memory.

    with CephGateway(tmp_path_factory.mktemp("ceph")) as server:
        print(server.url, server.access_key, server.secret_key)
        with server.away():
            ...                 # nobody answers at its address

Starts as any user, in about two seconds. Unless told otherwise it listens on 127.0.0.1 alone, on
free ports. All of its processes end with the block, each by the number that it was started with.
"""

import base64
import hmac
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from types import TracebackType

from .certificates import make_certificate
from .components import need
from .live_ini import free_port

_NAME = "client.rgw.local"
_CLUSTER = "11111111-1111-1111-1111-111111111111"
_OSD = "22222222-2222-2222-2222-222222222222"
_PATIENCE_SECONDS = 60.0
_LIBRARIES = ("/usr/lib/*/rados-classes", "/usr/lib/rados-classes", "/usr/lib64/rados-classes")

# The gateway asks its monitor for the mode "secure" of itself, which cannot work without keys; one
# placement group for each pool and an eager monitor make the start a matter of seconds. A gateway
# with a cache would wait half a minute for one that was killed.
_CONFIGURATION = """\
[global]
fsid = {cluster}
mon_host = [v2:127.0.0.1:{mon_port}]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
run_dir = {directory}
admin_socket = {directory}/$name.asok
log_file = {directory}/$name.log
pid_file =
crash_dir = {directory}
keyring = {directory}/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
mon_data_avail_warn = 1
ms_bind_port_min = {first_port}
ms_bind_port_max = {last_port}
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
plugin_dir = {plugins}
osd_class_dir = {classes}
osd_class_default_list = *
osd_class_load_list = *
[mon]
mon_data = {directory}/mon
mon_cluster_log_file = /dev/null
[osd]
osd_data = {directory}/osd
osd_objectstore = memstore
memstore_device_bytes = 8589934592
osd_memory_target = 939524096
[client.rgw.local]
ms_mon_client_mode = crc secure
auth_client_required = none
rgw_frontends = beast endpoint={address}:{port} ssl_endpoint=127.0.0.1:{tls_port} \
ssl_certificate={certificate} ssl_private_key={private_key}
rgw_dns_name = {host}
rgw_data = {directory}
rgw_cache_enabled = false
rgw_gc_obj_min_wait = 5
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = {kms_key}={kms_secret}
"""


class CephGateway:
    """One S3 server.

    url, tls_url       its two addresses; the second one has a certificate of its own making.
    certificate        the file to trust for `tls_url`.
    host               buckets are hosts below this name, for who asks in virtual style.
    kms_key            the one key that it encrypts with when asked for `aws:kms`.
    """

    access_key = "access-key-of-the-tests"
    secret_key = "secret-key-of-the-tests"
    region = "default"
    host = "s3.test"
    kms_key = "key-of-the-tests"

    def __init__(self, directory: Path, *, address: str = "127.0.0.1", port: int | None = None):
        """Use an empty directory; nothing is started yet.

        address, port   where it listens without TLS; by default on a free port of this machine
        """
        self._directory = directory
        self._address = address
        self._port, self._tls_port = port or free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.tls_url = f"https://127.0.0.1:{self._tls_port}"
        self.certificate = directory / "certificate.pem"
        self._environ = {**os.environ, "CEPH_CONF": str(directory / "ceph.conf")}
        self._started: list[subprocess.Popen[bytes]] = []
        self._gateway: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "CephGateway":
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
        self.stop_gateway()
        try:
            yield
        finally:
            self.start_gateway()

    def make_bucket(self) -> dict[str, str]:
        """Make an empty bucket, and give the keys of the ini file for a storage in it."""
        bucket = f"images-{secrets.token_hex(6)}"
        date = formatdate(usegmt=True)
        # Version 2 of the signatures is the short one, and good enough for this.
        signed = hmac.digest(
            self.secret_key.encode(), f"PUT\n\n\n{date}\n/{bucket}".encode(), "sha1"
        )
        shown = f"AWS {self.access_key}:{base64.b64encode(signed).decode()}"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("PUT", f"/{bucket}", headers={"Date": date, "Authorization": shown})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
        finally:
            connection.close()
        return {
            "bucket": bucket,
            "endpoint": self.url,
            "region": self.region,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
        }

    def start_gateway(self) -> None:
        """Start the part that speaks S3, and wait until it does."""
        self._gateway = self._run("radosgw", "-n", _NAME, "-f")
        self._wait(self._answers, "the gateway does not answer")

    def stop_gateway(self) -> None:
        """End the part that speaks S3, as a power cut would."""
        if self._gateway is not None:
            _end(self._gateway)
            self._gateway = None

    def freeze_gateway(self) -> None:
        """Let the part that speaks S3 take connections and answer nothing, until it goes on."""
        self._signal(signal.SIGSTOP)

    def thaw_gateway(self) -> None:
        """Let the part that speaks S3 go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End all of it: nothing on its disk is worth a clean stop."""
        self.stop_gateway()
        while self._started:
            _end(self._started.pop())

    def _signal(self, number: signal.Signals) -> None:
        assert self._gateway is not None, "the gateway was not started"
        self._gateway.send_signal(number)

    def _start(self) -> None:
        for program in ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin"):
            need(program, "radosgw ceph-mon ceph-osd ceph-common")
        mon_port = _free_ports(42)
        self._configure(mon_port)
        self._must("monmaptool", "--create", "--clobber", "--fsid", _CLUSTER, "monmap")
        address = f"[v2:127.0.0.1:{mon_port}/0]"
        self._must("monmaptool", "--addv", "a", address, "monmap")
        self._must("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap")
        self._started.append(self._run("ceph-mon", "-i", "a", "-f"))
        self._wait(lambda: self._asks("ceph", "-s"), "the monitor does not answer")
        self._must("ceph", "osd", "new", _OSD)
        self._must("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", _OSD)
        self._started.append(self._run("ceph-osd", "-i", "0", "-f"))
        self._wait(lambda: b"1 up" in self._tells("ceph", "osd", "stat"), "the disk is not up")
        keys = ("--access-key", self.access_key, "--secret-key", self.secret_key)
        user = ("--uid", "tests", "--display-name", "tests")
        self._must("radosgw-admin", "-n", _NAME, "user", "create", *user, *keys)
        self.start_gateway()

    def _configure(self, mon_port: int) -> None:
        classes = next((path for place in _LIBRARIES for path in Path("/").glob(place[1:])), None)
        assert classes is not None, "no directory rados-classes below /usr/lib"
        for name in ("mon", "osd"):
            (self._directory / name).mkdir()
        (self._directory / "keyring").touch()
        private_key = self._directory / "private-key.pem"
        make_certificate(self.certificate, private_key, names=["127.0.0.1", self.host])
        text = _CONFIGURATION.format(
            cluster=_CLUSTER,
            directory=self._directory,
            mon_port=mon_port,
            first_port=mon_port + 1,
            last_port=mon_port + 41,
            plugins=classes.parent / "ceph",
            classes=classes,
            address=self._address,
            port=self._port,
            tls_port=self._tls_port,
            certificate=self.certificate,
            private_key=private_key,
            host=self.host,
            kms_key=self.kms_key,
            kms_secret=base64.b64encode(secrets.token_bytes(32)).decode(),
        )
        (self._directory / "ceph.conf").write_text(text, encoding="utf-8")

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own command
            _found(command),
            cwd=self._directory,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _must(self, *command: str) -> None:
        done = self._done(command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode()}"

    def _asks(self, *command: str) -> bool:
        return self._done(command).returncode == 0

    def _tells(self, *command: str) -> bytes:
        return self._done(command).stdout

    def _done(self, command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603 - our own command
            _found(command),
            cwd=self._directory,
            env=self._environ,
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )

    def _answers(self) -> bool:
        try:
            for port in (self._port, self._tls_port):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    def _wait(self, condition: Callable[[], bool], complaint: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            ended = [one.args for one in self._started if one.poll() is not None]
            assert not ended, f"ended by itself: {ended}; see the logs in {self._directory}"
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{complaint} after {_PATIENCE_SECONDS:.0f} s; see the logs in "
                    f"{self._directory}"
                )
            time.sleep(0.05)


def _found(command: Sequence[str]) -> list[str]:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return [shutil.which(command[0], path=path) or command[0], *command[1:]]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _free_ports(count: int) -> int:
    """Give the first of `count` ports in a row; whoever binds them looks for free ones there."""
    while True:
        first = free_port()
        if first + count < 65_536:
            return first
