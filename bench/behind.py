"""Bytes through nginx: pulls and pushes of the registry beside what nginx does by itself."""

import http.client
import json
import operator
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from files import SPARE, hex_of, make_unlike, touch_memory, write_random
from fronted import Site
from loads import pull
from peer import Peer
from pushes import Pusher
from ranges import pull_in_ranges
from repositories import OciRegistry
from table import Figures, Target

from sregistry_core.names import ContainerName

MIB, GIB = 1 << 20, 1 << 30
PULLS_AT_ONCE, PUSHES_AT_ONCE = 8, 4
PULLS_EACH = 5
"""Single pulls in each round: they are short, and whatever else the machine does shows in one."""
CROWDS_EACH = 3
"""Pulls by several at once, in each round."""
OURS, FLOOR, PEER = "registry", "nginx", "docker-registry"
DURABLE = "nginx, then fdatasync"
"""A PUT of nginx ends before the disk has a byte, one of the registry when it has them all."""
_LARGE = "ada/lab/large"
_BLOBS = "ada/lab/blobs"
Work = Callable[[int], None]


def measure(
    site: Site, peer: Peer, token: str, figures: Figures, room: Path, *, size: int, rounds: int
) -> None:
    """Push and pull in turn, round by round.

    size   of a large file, in bytes
    """
    pusher = Pusher(site.url, token)
    oci = {OURS: OciRegistry(site.url, f"Bearer {token}"), PEER: OciRegistry(peer.url)}
    files = [room / f"file-{number}" for number in range(PUSHES_AT_ONCE)]
    for file in files:
        write_random(file, size)
    container = pusher.container(_LARGE)
    # The memory that every process takes once is not growth.
    for number in range(4):
        pusher.push(container, f"warm-{number}", _small(room), in_parts=bool(number % 2))
        pull(f"{site.url}/v1/imagefile/{_LARGE}:warm-{number}?arch=amd64")
    with _Memory(site.web_pids) as memory:
        for turn in range(rounds):
            container = pusher.container(_LARGE)
            _measure_pushes(site, figures, pusher, container, files, turn, oci)
            _measure_pulls(site, figures, f"{_LARGE}:t{turn}-0", size, turn)
            for name in (_LARGE, _BLOBS):
                _clean(site, name)
    figures.add("memory growth", memory.growth / MIB, "MiB")
    for file in files:
        file.unlink()


def targets(figures: Figures) -> Iterator[Target]:
    """What the figures have to reach."""
    for title, least in (
        ("pull", 0.95),
        (f"pull, {PULLS_AT_ONCE} at once", 0.95),
        ("pull in ranges", 0.8),
        ("push", 0.5),
        ("push in parts", 0.5),
        ("push of an OCI blob", 0.5),
        (f"push, {PUSHES_AT_ONCE} at once", 0.6),
    ):
        found = figures.ratio(f"{title}|{OURS}", f"{title}|{FLOOR}")
        yield Target(f"{title}, of nginx", found, operator.ge, least, "")
    for title in ("push", f"push, {PUSHES_AT_ONCE} at once"):
        found = figures.ratio(f"{title}|{OURS}", f"{title}|{DURABLE}")
        yield Target(f"{title}, of {DURABLE}", found, operator.ge, 0.8, "")
    for title, most in (("pull", 0.35), ("push", 2.0)):
        name = f"{title}, processor of all"
        yield Target(name, figures.median(name), operator.lt, most, "s/GiB")
    name = "pull, first byte"
    yield Target(name, figures.median(name), operator.lt, 5, "ms")
    yield Target("memory growth", figures.median("memory growth"), operator.lt, 20, "MiB")


def _measure_pushes(
    site: Site,
    figures: Figures,
    pusher: Pusher,
    container: str,
    files: list[Path],
    turn: int,
    oci: Mapping[str, OciRegistry],
) -> None:
    def put(number: int) -> None:
        _put(f"{site.floor}/put/{turn}-{number}", files[number])

    def put_durably(number: int) -> None:
        _put(f"{site.floor}/put/durable-{number}", files[number])
        handle = os.open(site.served / "put" / f"durable-{number}", os.O_RDWR)
        os.fdatasync(handle)
        os.close(handle)

    def push(number: int, *, in_parts: bool = False) -> None:
        pusher.push(container, f"t{turn}-{number}", files[number], in_parts=in_parts)

    def blob(name: str) -> Work:
        return lambda number: oci[name].put_blob(_BLOBS, files[number], digests[files[number]])

    for one in oci.values():
        one.push(_BLOBS, "latest", _small(files[0].parent))
    for title, at_once, sides in (
        ("push", 1, {FLOOR: put, DURABLE: put_durably, OURS: push}),
        ("push in parts", 1, {FLOOR: put, OURS: partial(push, in_parts=True)}),
        (
            f"push, {PUSHES_AT_ONCE} at once",
            PUSHES_AT_ONCE,
            {FLOOR: put, DURABLE: put_durably, OURS: push},
        ),
        ("push of an OCI blob", 1, {FLOOR: put, OURS: blob(OURS), PEER: blob(PEER)}),
    ):
        for file in files[:at_once]:
            # What is here already would not be sent.
            make_unlike(file)
        for put_before in (site.served / "put").glob("*"):
            # To write over a file takes nginx longer than to write a new one.
            put_before.unlink()
        digests = {file: hex_of(file) for file in files[:at_once]}
        pusher.known.update(digests)
        room = files[0].parent
        _in_turn(figures, title, at_once, files[0].stat().st_size, turn, sides, site, room)


def _measure_pulls(site: Site, figures: Figures, name: str, size: int, turn: int) -> None:
    served = site.served / "file"
    served.unlink(missing_ok=True)
    os.link(_kept(site, name), served)
    addresses = {
        FLOOR: f"{site.floor}/file",
        OURS: f"{site.url}/v1/imagefile/{name}?arch=amd64",
    }

    def fetch(side: str, _number: int) -> None:
        found = pull(addresses[side])
        if found.size != size:
            raise SystemExit(f"bench: {addresses[side]} has given {found.size} bytes, not {size}")
        if side == OURS:
            figures.add("pull, first byte", found.first_byte * 1000, "ms")

    def fetch_quietly(side: str, _number: int) -> None:
        pull(addresses[side])

    def fetch_ranges(side: str, _number: int) -> None:
        pull_in_ranges(addresses[side], size)

    for title, at_once, work, times in (
        ("pull", 1, fetch, PULLS_EACH),
        (f"pull, {PULLS_AT_ONCE} at once", PULLS_AT_ONCE, fetch_quietly, CROWDS_EACH),
        ("pull in ranges", 1, fetch_ranges, PULLS_EACH),
    ):
        sides = {side: partial(work, side) for side in addresses}
        for number in range(times):
            _in_turn(figures, title, at_once, size, turn + number, sides, site)


def _in_turn(
    figures: Figures,
    title: str,
    at_once: int,
    size: int,
    turn: int,
    sides: Mapping[str, Work],
    site: Site,
    written_in: Path | None = None,
) -> None:
    """Measure each side; who begins changes from round to round.

    written_in   a directory on the disk to which the work writes; None if it writes nothing
    """
    names = list(sides)
    for side in names[turn % len(names) :] + names[: turn % len(names)]:
        os.sync()
        if written_in is not None:
            touch_memory(written_in / "touched", at_once * size + SPARE)
        before, floor_before, begun = site.seconds(), site.floor_seconds(), time.monotonic()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(sides[side], range(at_once)))
        speed = at_once * size / MIB / (time.monotonic() - begun)
        figures.add(f"{title}|{side}", speed, "MiB/s")
        if side == OURS:
            spent = (site.seconds() - before) / (at_once * size / GIB)
            figures.add(f"{title}, processor of all", spent, "s/GiB")
        if side == FLOOR:
            spent = (site.floor_seconds() - floor_before) / (at_once * size / GIB)
            figures.add(f"{title}, processor of nginx alone", spent, "s/GiB")


def _put(address: str, path: Path) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)
    with path.open("rb") as file:
        connection.putrequest("PUT", parts.path)
        connection.putheader("Content-Length", str(path.stat().st_size))
        connection.endheaders()
        connection.sock.sendfile(file)
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status not in (201, 204):
        raise SystemExit(f"bench: nginx has answered {response.status} to a PUT")


def _clean(site: Site, name: str) -> None:
    """Give the space of a round back."""
    with site.registry.services() as services:
        container = services.catalog.container(ContainerName.parse(name, home="tacc"))
        services.catalog.delete_container(container)
    site.registry.admin("gc", "--grace", "0s")


def _kept(site: Site, name: str) -> Path:
    """Find the file in which the registry keeps an image."""
    with urlopen(f"{site.url}/v1/images/{name}?arch=amd64", timeout=60) as answer:
        digest = json.load(answer)["data"]["hash"].removeprefix("sha256.")
    [path] = site.images.rglob(f"{digest}*")
    return Path(path)


def _small(room: Path) -> Path:
    path = room / "small"
    path.write_bytes(os.urandom(4096))
    return path


class _Memory:
    """Watches how much memory processes come to use within a block; `growth` in bytes."""

    growth = 0

    def __init__(self, pids: Sequence[int]):
        self._pids = pids

    def __enter__(self) -> "_Memory":
        for pid in self._pids:
            # From now on the kernel tells the highest since now.
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
        self._before = self._highest()
        return self

    def __exit__(self, *_: object) -> None:
        after = self._highest()
        self.growth = max(now - then for now, then in zip(after, self._before, strict=True))

    def _highest(self) -> list[int]:
        said = [Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in self._pids]
        return [int(one.partition("VmHWM:")[2].split()[0]) * 1024 for one in said]
