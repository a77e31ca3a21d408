"""Many small requests for one public image: rates beside docker-registry, and a storm."""

import asyncio
import http.client
import operator
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from files import write_random
from fronted import Site
from loads import Rate, press, press_all, processor_seconds
from peer import Peer
from repositories import MANIFEST, OciRegistry
from table import Figures, Target, print_table

CONNECTIONS = (1, 16, 64, 512)
CLIENTS = 5_000
LAYER = 64 * 1024
CACHED, UNCACHED, ONE, PEER = (
    "from nginx",
    "two processes",
    "one process",
    "docker-registry",
)
FILE = "nginx, a file"
DIRECTLY = "two processes, no nginx"
ONE_DIRECTLY = "one process, no nginx"
_DIVIDED = 16
"""Connections to both processes, or to one, without an nginx that takes a share of the machine."""
_REPOSITORY = "ada/lab/asked"
_STORM_SECONDS = 240


def measure(
    site: Site, peer: Peer, token: str, rates: Figures, room: Path, *, rounds: int, seconds: int
) -> None:
    """Ask for one manifest, in turn: of nginx's cache, of two processes, of one, of the peer."""
    layer = room / "layer"
    write_random(layer, LAYER)
    ours, theirs = OciRegistry(site.url, f"Bearer {token}"), OciRegistry(peer.url)
    digest = ours.push(_REPOSITORY, "latest", layer, is_sif=True)[0]
    same = theirs.push(_REPOSITORY, "latest", layer, is_sif=True)[0]
    path = f"/v2/{_REPOSITORY}/manifests/sha256:"
    sides: Mapping[str, tuple[str, Mapping[str, str]]] = {
        CACHED: (f"{site.url}{path}{digest}", {}),
        # What shows a cookie is never answered from the cache.
        UNCACHED: (f"{site.url}{path}{digest}", {"Cookie": "nothing=here"}),
        ONE: (f"{site.single}{path}{digest}", {"Cookie": "nothing=here"}),
        PEER: (f"{peer.url}{path}{same}", {}),
        # The same bytes by an nginx that knows of no registry: no answer can be faster here.
        FILE: (f"{site.floor}/manifest", {}),
    }
    (site.served / "manifest").write_bytes(ours.manifest(_REPOSITORY, digest))
    for turn in range(rounds):
        for connections in CONNECTIONS:
            names = list(sides)
            for side in names[turn % len(names) :] + names[: turn % len(names)]:
                address, headers = sides[side]
                shown = {"Accept": MANIFEST, **headers}
                if side == CACHED:
                    # What is measured is the cache: somebody has asked before all others do.
                    _ask_as_wrk_does(address, shown)
                before = site.seconds() if side == UNCACHED else 0.0
                rate = press(address, connections=connections, seconds=seconds, headers=shown)
                _note(rates, f"{side}|{connections}", rate)
                if side == UNCACHED:
                    spent = (site.seconds() - before) / (rate.per_second * seconds)
                    rates.add(f"{side}|{connections}|ms of processor", spent * 1000, "ms")
        shown = {"Accept": MANIFEST}
        addresses = [f"{one}{path}{digest}" for one in site.direct]
        for side, asked in ((DIRECTLY, addresses), (ONE_DIRECTLY, addresses[:1])):
            rate = press_all(asked, connections=_DIVIDED, seconds=seconds, headers=shown)
            _note(rates, f"{side}|{_DIVIDED}", rate)


def storm(site: Site, token: str, figures: Figures, room: Path) -> None:
    """Let all clients come at once: each asks for the manifest, and then for the image."""
    layer = room / "storm-layer"
    write_random(layer, LAYER)
    ours = OciRegistry(site.url, f"Bearer {token}")
    digest, _ = ours.push("ada/lab/storm", "latest", layer, is_sif=True)
    blob = ours.layer_of("ada/lab/storm", digest)
    paths = (f"/v2/ada/lab/storm/manifests/sha256:{digest}", f"/v2/ada/lab/storm/blobs/{blob}")
    before = [processor_seconds(pid) for pid in site.web_pids]
    begun = time.monotonic()
    errors = asyncio.run(asyncio.wait_for(_come(site.url, paths), _STORM_SECONDS))
    figures.add("storm, all served in", time.monotonic() - begun, "s")
    spent = sum(processor_seconds(pid) for pid in site.web_pids) - sum(before)
    figures.add("storm, processor of the registry", spent, "s")
    for what, count in errors.most_common(5):
        print(f"storm: {count} times {what}")
    figures.add("storm, errors", sum(errors.values()), "clients")


def targets(rates: Figures) -> Iterator[Target]:
    """What the rates have to reach."""
    for connections in CONNECTIONS:
        name = f"manifest, {connections} connections"
        found = rates.ratio(
            f"{CACHED}|{connections}|requests/s", f"{PEER}|{connections}|requests/s"
        )
        yield Target(f"{name}: cached, of the peer", found, operator.ge, 10, "")
        slowest = rates.median(f"{CACHED}|{connections}|p99 ms")
        yield Target(f"{name}: cached, p99", slowest, operator.lt, 20, "ms")
        found = rates.ratio(
            f"{UNCACHED}|{connections}|requests/s", f"{PEER}|{connections}|requests/s"
        )
        yield Target(f"{name}: uncached, of the peer", found, operator.ge, 1, "")
    found = rates.ratio(f"{ONE}|512|requests/s", f"{ONE}|16|requests/s")
    yield Target("one process, 512 connections, of 16", found, operator.ge, 0.8, "")
    found = rates.ratio(f"{UNCACHED}|16|requests/s", f"{ONE}|16|requests/s")
    yield Target("two processes, of one, 16 connections", found, operator.ge, 1.7, "")
    found = rates.ratio(
        f"{DIRECTLY}|{_DIVIDED}|requests/s", f"{ONE_DIRECTLY}|{_DIVIDED}|requests/s"
    )
    name = f"two processes, of one, {_DIVIDED} connections, no nginx"
    yield Target(name, found, operator.ge, 1.7, "")


def storm_targets(figures: Figures) -> Iterator[Target]:
    """No client may go away without the image."""
    yield Target(f"storm of {CLIENTS}, errors", figures.median("storm, errors"), operator.lt, 1, "")


def show(rates: Figures) -> None:
    """Print one line for each side and number of connections."""
    asked: dict[str, dict[str, float]] = {}
    for figure in rates.all():
        name, _, unit = figure.name.rpartition("|")
        asked.setdefault(name, {})[unit] = figure.median
    rows = [
        [
            *name.split("|"),
            f"{one['requests/s']:.0f}",
            f"{one['p50 ms']:.2f}",
            f"{one['p99 ms']:.2f}",
        ]
        for name, one in asked.items()
    ]
    print_table(["manifest", "at once", "requests/s", "p50 ms", "p99 ms"], rows)


def _note(rates: Figures, name: str, rate: Rate) -> None:
    rates.add(f"{name}|requests/s", rate.per_second, "requests/s")
    rates.add(f"{name}|p50 ms", rate.half * 1000, "ms")
    rates.add(f"{name}|p99 ms", rate.most * 1000, "ms")


def _ask_as_wrk_does(address: str, headers: Mapping[str, str]) -> None:
    """Ask once. Without a User-Agent, which is a part of what nginx knows answers by."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request("GET", parts.path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"bench: {address} was answered {answer.status}")
    finally:
        connection.close()


async def _come(url: str, paths: tuple[str, ...]) -> Counter[str]:
    errors: Counter[str] = Counter()
    ready = asyncio.Event()
    clients = [asyncio.create_task(_client(url, paths, ready, errors)) for _ in range(CLIENTS)]
    ready.set()
    await asyncio.gather(*clients)
    return errors


async def _client(
    url: str, paths: tuple[str, ...], ready: asyncio.Event, errors: Counter[str]
) -> None:
    await ready.wait()
    try:
        host = urlsplit(url)
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        try:
            for path in paths:
                asked = f"GET {path} HTTP/1.1\r\nHost: {host.netloc}\r\nAccept: {MANIFEST}\r\n\r\n"
                writer.write(asked.encode())
                header = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                if not header.startswith("http/1.1 200 "):
                    errors[header.partition("\r\n")[0]] += 1
                    return
                length = int(header.partition("content-length: ")[2].partition("\r\n")[0])
                await reader.readexactly(length)
        finally:
            writer.close()
    except (OSError, EOFError) as error:
        errors[repr(error)] += 1
