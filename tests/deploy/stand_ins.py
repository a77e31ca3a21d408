"""Images of other people under their own names, where no public registry of images is reached.

Each holds a start script that keeps the interface of the original, as compose.yml uses it: its
variables, its command, its health check. The programs themselves are this machine's own, from
Debian: PostgreSQL, Redis, and Ceph's object gateway in the place of Versity's.
"""

import io
import sys
import tarfile
from pathlib import Path

HOME = Path(__file__).parents[2]

_POSTGRES = """#!/bin/sh
set -e
data=/var/lib/postgresql/data
programs=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
as_postgres="setpriv --reuid postgres --regid postgres --init-groups"
if [ ! -e $data/PG_VERSION ]; then
    chown postgres $data
    chmod 700 $data
    printf %s "$POSTGRES_PASSWORD" >/tmp/password
    chmod 644 /tmp/password
    $as_postgres $programs/initdb -D $data -U "$POSTGRES_USER" --pwfile /tmp/password \
        -A trust -E UTF8 --locale C.UTF-8 --no-sync
    echo "host all all all scram-sha-256" >>$data/pg_hba.conf
    echo "CREATE DATABASE $POSTGRES_DB" | $as_postgres $programs/postgres --single -D $data postgres
fi
mkdir -p /run/postgresql
chown postgres /run/postgresql
exec $as_postgres $programs/postgres -D $data -c "listen_addresses=*" -k /run/postgresql
"""

# Debian's own are scripts that need more of the machine.
_PROGRAM = """#!/bin/sh
exec $(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/${0##*/} "$@"
"""
_PROGRAMS = dict.fromkeys(("pg_isready", "pg_dump", "pg_restore"), _PROGRAM)

# The original is built to take connections from everywhere.
_REDIS = """#!/bin/sh
exec "$@" --protected-mode no
"""

_S3 = f"""#!/bin/sh
exec {sys.executable} /stand-in/gateway.py
"""

_GATEWAY = """
import os, signal
from pathlib import Path
from sregistry_core.testing.s3_server import CephGateway
CephGateway.access_key = os.environ["ROOT_ACCESS_KEY"]
CephGateway.secret_key = os.environ["ROOT_SECRET_KEY"]
place = Path("/objects/ceph")
place.mkdir()
with CephGateway(place, address="0.0.0.0", port=int(os.environ["VGW_PORT"].lstrip(":"))):
    signal.sigwait({signal.SIGTERM})
"""

# Ceph knows another address for the same question.
_WGET = """#!/bin/sh
for address; do :; done
exec curl -sf -o /dev/null "${address%/health}/swift/healthcheck"
"""

STAND_INS = {
    "docker.io/library/postgres": {"start": _POSTGRES, **_PROGRAMS},
    "docker.io/library/redis": {"start": _REDIS},
    "ghcr.io/versity/versitygw": {"start": _S3, "gateway.py": _GATEWAY, "wget": _WGET},
}
"""By name without the tag: files by name."""


def write_stand_in(archive: Path, files: dict[str, str]) -> None:
    """Write a tree for `podman import`: links into /usr, which is mounted, and the files."""
    with tarfile.open(archive, "w") as tar:
        for name in ("usr", "stand-in", "tmp", "run", "var", "var/lib", "etc", "root"):
            _add(tar, name, tarfile.DIRTYPE, mode=0o1777 if name in ("tmp", "run") else 0o755)
        for name in ("bin", "sbin", "lib", "lib64"):
            _add(tar, name, tarfile.SYMTYPE, link=f"usr/{name}")
        _add(tar, "var/run", tarfile.SYMTYPE, link="/run")
        for path in ("passwd", "group", "ld.so.cache", "nsswitch.conf"):
            tar.add(Path("/etc", path), f"etc/{path}")
        for name, text in files.items():
            _add(tar, f"stand-in/{name}", tarfile.REGTYPE, content=text.encode(), mode=0o755)


def mounts() -> list[str]:
    """Give the volumes that bring the programs of this machine."""
    places = {Path("/usr"), Path("/etc/alternatives"), HOME, Path(sys.prefix).resolve()}
    base = Path(sys.base_prefix).resolve()
    if not base.is_relative_to("/usr"):
        places.add(base)
    environment = Path(sys.executable)
    places.add(environment.parent.parent)
    return [f"{place}:{place}:ro" for place in sorted(places)]


def _add(
    tar: tarfile.TarFile,
    name: str,
    kind: bytes,
    *,
    mode: int = 0o755,
    link: str = "",
    content: bytes = b"",
) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname, info.size = kind, mode, link, len(content)
    tar.addfile(info, io.BytesIO(content))
