"""The OCI interface, measured beside Debian's docker-registry in one run."""

import hashlib
import os
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from floor import copy_and_hash
from loads import ask_often, pull
from peer import Peer, docker_registry
from repositories import MANIFEST, OciRegistry
from shelves import multiply, shelve
from table import Figures, print_table

from sregistry_core.testing.live import LiveRegistry

MIB = 1 << 20
AT_ONCE = 4
CONNECTIONS = (1, 16)
TAGS = 10_000
SIZES = (100, 1_000, 20_000)
PAGE = 100
OURS, PEER, FLOOR = "registry", "docker-registry", "floor"
PROTOCOLS = {"sregistry.protocols": "discovery transfer library shub oci sregistry api"}
_REPOSITORY = "ada/lab/many"
_LARGE = "ada/lab/large"
_SAMPLE = "ada/lab/sample"


@dataclass(frozen=True)
class Sides:
    """Both registries, and where ours keeps its database."""

    registry: OciRegistry
    peer: OciRegistry
    files: Peer
    database: Path

    def each(self) -> tuple[tuple[str, OciRegistry], ...]:
        """Both with their names."""
        return ((OURS, self.registry), (PEER, self.peer))


def measure(room: Path, *, size: int, rounds: int, seconds: int) -> None:
    """Measure all, and print two tables.

    size      of a large blob, in MiB
    seconds   of each load of small requests
    """
    figures, pages = Figures(), Figures()
    with ExitStack() as stack:
        registry = stack.enter_context(LiveRegistry(room / "oci-registry", settings=PROTOCOLS))
        files = stack.enter_context(docker_registry(room / "docker-registry"))
        token = registry.make_user("ada")
        ours = OciRegistry(registry.url, f"Bearer {token}")
        sides = Sides(ours, OciRegistry(files.url), files, registry.data / "registry.sqlite")
        small = room / "layer"
        small.write_bytes(os.urandom(4096))
        digests = {name: one.push(_REPOSITORY, "latest", small)[0] for name, one in sides.each()}
        for _, one in sides.each():
            one.push(_SAMPLE, "latest", small)
        for _ in range(rounds):
            _measure_bytes(sides, figures, room, size)
            _measure_manifests(sides, figures, digests, seconds)
        shelve(sides.database, _REPOSITORY, TAGS)
        files.shelve(_REPOSITORY, TAGS, digests[PEER])
        for _ in range(rounds):
            _measure_lists(sides, figures, f"/v2/{_REPOSITORY}/tags/list?n={TAGS}", "tags", TAGS)
        _measure_growth(sides, figures, pages, rounds)
    _print(figures, pages)


def _measure_bytes(sides: Sides, figures: Figures, room: Path, size: int) -> None:
    layers = [room / f"layer-{number}" for number in range(AT_ONCE)]
    for layer in layers:
        with layer.open("wb") as file:
            for _ in range(size):
                file.write(os.urandom(MIB))
    whole = {layer: _hex_of(layer) for layer in layers}
    first = {layers[0]: whole[layers[0]]}
    os.sync()
    taken = copy_and_hash(layers[0], room / "copy", as_we_do=True)
    figures.add(f"upload|{FLOOR}", size / taken, "MiB/s")
    for name, one in sides.each():
        os.sync()
        figures.add(f"upload|{name}", size / one.put_blobs(_LARGE, first), "MiB/s")
        os.sync()
        spent = one.put_blobs(f"{_LARGE}-4", whole)
        figures.add(f"upload, {AT_ONCE} at once|{name}", AT_ONCE * size / spent, "MiB/s")
        addresses = [f"{one.url}/v2/{_LARGE}-4/blobs/sha256:{digest}" for digest in whole.values()]
        figures.add(f"download|{name}", size / pull(addresses[0]).seconds, "MiB/s")
        spent = _pull_all(addresses)
        figures.add(f"download, {AT_ONCE} at once|{name}", AT_ONCE * size / spent, "MiB/s")
    for layer in layers:
        layer.unlink()


def _pull_all(addresses: list[str]) -> float:
    begun = time.monotonic()
    children = [
        subprocess.Popen(["curl", "--silent", "--fail", "--location", "-o", "/dev/null", address])
        for address in addresses
    ]
    for child in children:
        if child.wait(300):
            raise SystemExit(f"bench: curl ended with {child.returncode}")
    return time.monotonic() - begun


def _measure_manifests(
    sides: Sides, figures: Figures, digests: dict[str, str], seconds: int
) -> None:
    for kind in ("tag", "digest"):
        for connections in CONNECTIONS:
            for name, one in sides.each():
                wanted = "latest" if kind == "tag" else f"sha256:{digests[name]}"
                address = f"{one.url}/v2/{_REPOSITORY}/manifests/{wanted}"
                rate = ask_often(address, connections=connections, seconds=seconds, accept=MANIFEST)
                title = f"manifest by {kind}, {connections} at once"
                figures.add(f"{title}|{name}", rate.per_second, "requests/s")


def _measure_lists(sides: Sides, figures: Figures, path: str, key: str, least: int) -> None:
    for name, one in sides.each():
        _, _, seconds = one.page(path, key)
        count, all_of_it = one.walk(path, key)
        if count < least:
            raise SystemExit(f"bench: {one.url}{path} has listed {count} and not {least}")
        figures.add(f"{key}, {least}: first page|{name}", 1 / seconds, "pages/s")
        figures.add(f"{key}, {least}: all pages|{name}", count / all_of_it, "names/s")


def _measure_growth(sides: Sides, figures: Figures, pages: Figures, rounds: int) -> None:
    there = 0
    for size in SIZES:
        # Two hundred to a collection; names that are not in the order in which they were made.
        wanted = [
            f"ada/c{number % (size // 50):04}/r{size}-{number:05}" for number in range(there, size)
        ]
        wanted = [name.replace("/c", f"/c{size}-") for name in wanted]
        multiply(sides.database, _SAMPLE, wanted)
        sides.files.multiply(_SAMPLE, wanted)
        there = size
        middle = sorted(wanted)[len(wanted) // 2]
        for _ in range(max(rounds, 3)):
            for name, one in sides.each():
                for title, path in (
                    ("_catalog, first page", f"/v2/_catalog?n={PAGE}"),
                    ("_catalog, a page in the middle", f"/v2/_catalog?n={PAGE}&last={middle}"),
                ):
                    _, _, seconds = one.page(path, "repositories")
                    pages.add(f"{title}|{name}|{size}", seconds * 1000, "ms")
            for title, path in (
                ("JSON API, collections", f"/api/v1/collections?limit={PAGE}"),
                ("JSON API, search", f"/api/v1/search?text=r{size}-000&limit={PAGE}"),
                ("old API, containers", f"/api/containers/?page_size={PAGE}"),
            ):
                begun = time.monotonic()
                said = sides.registry.ask("GET", path)
                if said.status != 200:
                    raise SystemExit(f"bench: {path} was answered {said.status}: {said.body!r}")
                pages.add(f"{title}|{OURS}|{size}", (time.monotonic() - begun) * 1000, "ms")
    for _ in range(rounds):
        _measure_lists(sides, figures, f"/v2/_catalog?n={PAGE * 10}", "repositories", SIZES[-1])


def _print(figures: Figures, pages: Figures) -> None:
    found: dict[str, dict[str, float]] = {}
    units: dict[str, str] = {}
    for figure in figures.all():
        title, side = figure.name.split("|")
        found.setdefault(title, {})[side] = figure.median
        units[title] = figure.unit
    rows = []
    for title, sides in found.items():
        ours, peer = sides[OURS], sides[PEER]
        floor = f"{ours / sides[FLOOR]:.2f}" if FLOOR in sides else "-"
        rows.append(
            [title, f"{ours:.0f}", f"{peer:.0f}", units[title], f"{ours / peer:.2f}", floor]
        )
    print_table(["OCI", OURS, PEER, "unit", "of the peer", "of the floor"], rows)
    sizes: dict[tuple[str, str], list[float]] = {}
    for figure in pages.all():
        title, side, _ = figure.name.split("|")
        sizes.setdefault((title, side), []).append(figure.median)
    rows = [
        [title, side, *(f"{one:.1f}" for one in all_), f"{all_[-1] / all_[0]:.1f}"]
        for (title, side), all_ in sizes.items()
    ]
    head = ["page, in ms", "of", *(f"{size} repositories" for size in SIZES), "grown"]
    print_table(head, rows)


def _hex_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
