"""Measures this registry against what its machine can do, in one run: `make bench`."""

import argparse
import operator
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import behind
import crowds
import pages
from direct import count_bytes
from files import SPARE, make_unlike, touch_memory, write_random
from floor import copy_and_hash, nginx
from fronted import site
from loads import ask_often, processor_seconds, pull
from oci import measure as measure_oci
from peer import docker_registry
from programs import require_programs
from pushes import Pusher
from table import Figures, Target, print_table

from sregistry_core.testing.live import LiveRegistry

MIB = 1 << 20
SMALL = 64 * 1024
CONNECTIONS = (1, 16, 64)
NAME = "ada/lab/large"
PLAIN_FLOOR = "cp + sha256sum"
STRICT_FLOOR = "cp + sync + OpenSSL"
_PARTS = ("large", "small", "oci", "nginx", "crowd", "s3", "pages")
STATIC = "GET from nginx, 64 KiB"
MEMORY = "server memory, highest"
DIRECT = "bytes through the registry, image in S3"


def main() -> int:
    """Measure, print, and give the exit code."""
    options = _options()
    require_programs(only_database=options.only == "pages")
    missed = 0
    if options.only in ("", "oci"):
        with tempfile.TemporaryDirectory(dir=options.directory) as directory:
            measure_oci(
                Path(directory), size=options.size, rounds=options.rounds, seconds=options.seconds
            )
    if options.only in ("", "pages"):
        with tempfile.TemporaryDirectory(dir=options.directory) as directory:
            missed += _show_targets(pages.measure(Path(directory)))
    if options.only in ("", "nginx", "crowd", "s3"):
        missed += _measure_site(options)
    if options.only in ("", "large", "small"):
        missed += _measure_all(options)
    return 1 if options.strict and missed else 0


def _measure_site(options: argparse.Namespace) -> int:
    """Measure the registry as a site runs it; gives how many targets were missed."""
    figures, rates, rows = Figures(), Figures(), list[Target]()
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory)))
        if options.only in ("", "nginx", "crowd"):
            running = stack.enter_context(site(room / "site"))
            peer = stack.enter_context(docker_registry(room / "peer"))
            token = running.registry.make_user("ada")
            if options.only != "crowd":
                size, rounds = options.size * MIB, options.rounds
                behind.measure(running, peer, token, figures, room, size=size, rounds=rounds)
                rows += behind.targets(figures)
            if options.only != "nginx":
                seconds, rounds = options.seconds, options.rounds
                crowds.measure(running, peer, token, rates, room, rounds=rounds, seconds=seconds)
                crowds.storm(running, token, figures, room)
                rows += [*crowds.targets(rates), *crowds.storm_targets(figures)]
        if options.only in ("", "s3"):
            passed = count_bytes(room, size=options.size * MIB)
            figures.add(DIRECT, passed / 1024, "KiB")
            # Questions and answers: the smallest part of an image is 5 MiB.
            rows.append(Target(DIRECT, passed / 1024, operator.lt, 100, "KiB"))
    print(_machine(options))
    print_table(["measured", "median", "lowest", "highest", "unit"], figures.rows())
    if rates.all():
        crowds.show(rates)
    return _show_targets(rows)


def _measure_all(options: argparse.Namespace) -> int:
    figures, rates = Figures(), Figures()
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory)))
        served = room / "served"
        served.mkdir()
        floor = stack.enter_context(nginx(served, room / "nginx"))
        registry = stack.enter_context(LiveRegistry(room / "registry"))
        pusher = Pusher(registry.url, registry.make_user("ada"))
        container = pusher.container(NAME)
        large, small = served / "large.img", served / "small.img"
        write_random(large, options.size * MIB)
        write_random(small, SMALL)
        pusher.push(container, "small", small)
        for turn in range(options.rounds):
            print(f"round {turn + 1} of {options.rounds}", file=sys.stderr)
            if options.only != "small":
                _measure_large(
                    figures,
                    pusher,
                    container,
                    large,
                    room,
                    turn=turn,
                    floor=floor,
                    pid=registry.pid,
                )
                registry.admin("gc", "--grace", "0s")
            if options.only != "large":
                _measure_small(rates, registry.url, floor, options.seconds)
        figures.add(MEMORY, registry.peak_memory() / MIB, "MiB")
    return _report(figures, rates, options)


def _measure_large(
    figures: Figures,
    pusher: Pusher,
    container: str,
    large: Path,
    room: Path,
    *,
    turn: int,
    floor: str,
    pid: int,
) -> None:
    size, tag = large.stat().st_size / MIB, f"t{turn}"
    for name, as_we_do in ((PLAIN_FLOOR, False), (STRICT_FLOOR, True)):
        os.sync()
        touch_memory(room / "touched", large.stat().st_size + SPARE)
        seconds = copy_and_hash(large, room / "copy", as_we_do=as_we_do)
        figures.add(name, size / seconds, "MiB/s")
    digests = []
    for name, in_parts in (("push in one piece", False), ("push in parts", True)):
        # What is here already would not be sent.
        make_unlike(large)
        os.sync()
        touch_memory(room / "touched", large.stat().st_size + SPARE)
        before = processor_seconds(pid)
        digest, seconds = pusher.push(container, tag, large, in_parts=in_parts)
        spent = (processor_seconds(pid) - before) * 1024 / size
        digests.append(digest)
        figures.add(name, size / seconds, "MiB/s")
        figures.add(f"{name}, processor of the server", spent, "s/GiB")
    for name, address in (
        ("pull from nginx", f"{floor}/{large.name}"),
        ("pull from the registry", f"{pusher.url}/v1/imagefile/{NAME}:{tag}?arch=amd64"),
    ):
        found = pull(address)
        assert found.size == large.stat().st_size
        figures.add(name, size / found.seconds, "MiB/s")
        figures.add(f"{name}, first byte", found.first_byte * 1000, "ms")
    for digest in digests:
        pusher.delete(f"{NAME}:sha256.{digest}")


def _measure_small(rates: Figures, url: str, floor: str, seconds: int) -> None:
    image = f"{url}/v1/imagefile/{NAME}:small?arch=amd64"
    for name, method, address in (
        (STATIC, "GET", f"{floor}/small.img"),
        ("GET /healthz", "GET", f"{url}/healthz"),
        ("GET shub manifest", "GET", f"{url}/ada/api/container/lab/large:small"),
        ("GET imagefile, 64 KiB", "GET", image),
        ("HEAD imagefile", "HEAD", image),
    ):
        for connections in CONNECTIONS:
            rate = ask_often(address, connections=connections, seconds=seconds, method=method)
            for unit, value in (
                ("requests/s", rate.per_second),
                ("p50 ms", rate.half * 1000),
                ("p99 ms", rate.most * 1000),
            ):
                rates.add(f"{name}|{connections}|{unit}", value, unit)


def _report(figures: Figures, rates: Figures, options: argparse.Namespace) -> int:
    print(_machine(options))
    print_table(["measured", "median", "lowest", "highest", "unit"], figures.rows())
    if options.only != "large":
        asked: dict[str, list[str]] = {}
        for name, value in rates.medians():
            asked.setdefault(name.rpartition("|")[0], []).append(value)
        head = ["asked", "at once", "requests/s", "p50 ms", "p99 ms"]
        print_table(head, [[*name.split("|"), *values] for name, values in asked.items()])
    return _show_targets(list(_targets(figures, options.only)))


def _machine(options: argparse.Namespace) -> str:
    return (
        f"{platform.platform()}, Python {platform.python_version()}, "
        f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}; "
        f"file of {options.size} MiB, {options.rounds} rounds\n"
    )


def _show_targets(rows: list[Target]) -> int:
    """Print what was wanted and what was found; gives how many were missed."""
    print_table(["target", "found", "wanted", "verdict"], [row.row for row in rows])
    return sum(not row.reached for row in rows)


def _targets(figures: Figures, only: str) -> Iterator[Target]:
    if only != "small":
        pulled = figures.median("pull from the registry") / figures.median("pull from nginx")
        yield Target("pull, of nginx", pulled, operator.ge, 0.6, "")
        for name in ("push in one piece", "push in parts"):
            for floor in (PLAIN_FLOOR, STRICT_FLOOR):
                ratio = figures.median(name) / figures.median(floor)
                yield Target(f"{name}, of {floor}", ratio, operator.ge, 0.5, "")
    yield Target(MEMORY, figures.median(MEMORY), operator.lt, 200, "MiB")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="of the large file, in MiB")
    parser.add_argument("--rounds", type=int, default=3, help="how often all is measured")
    parser.add_argument("--seconds", type=int, default=3, help="of each load of small requests")
    parser.add_argument("--only", choices=_PARTS, default="", help="measure less")
    parser.add_argument("--directory", type=Path, help="for the files; removed at the end")
    parser.add_argument("--strict", action="store_true", help="end with 1 on a missed target")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
