"""Loads on a server of this machine: one large pull, and many small requests."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LONGEST_PULL_SECONDS = 300
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True)
class Pull:
    """One pull: how long all of it took, and how long its first byte; in seconds."""

    seconds: float
    first_byte: float
    size: int


@dataclass(frozen=True)
class Rate:
    """Requests per second, and the time that half and 99 % of them took at most, in seconds."""

    per_second: float
    half: float
    most: float


def pull(address: str) -> Pull:
    """Fetch an address by curl, redirections followed, and throw the bytes away."""
    _require_here(address)
    told = "%{http_code} %{time_total} %{time_starttransfer} %{time_redirect} %{size_download}"
    words = ["curl", "--silent", "--location", "--output", "/dev/null", "--write-out", told]
    words += ["--max-time", str(_LONGEST_PULL_SECONDS), address]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    if said[0] != "200":
        raise SystemExit(f"bench: {address} was answered {said[0]}")
    return Pull(seconds=float(said[1]), first_byte=float(said[2]), size=int(said[4]))


def ask_often(
    address: str, *, connections: int, seconds: int, method: str = "GET", accept: str = ""
) -> Rate:
    """Ask for an address over and over by `hey`; every answer must be 200."""
    _require_here(address)
    words = ["hey", "-z", f"{seconds}s", "-c", str(connections), "-m", method]
    words += ["-A", accept] if accept else []
    words += ["-disable-redirects", address]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds + 60)
    said = done.stdout
    statuses = set(re.findall(r"^\s+\[(\d+)\]\s+\d+ responses", said, re.MULTILINE))
    if statuses != {"200"}:
        raise SystemExit(f"bench: {address} was answered {sorted(statuses)}\n{said}")
    return Rate(
        per_second=_number(r"Requests/sec:\s+([\d.]+)", said),
        half=_number(r"50% in ([\d.]+) secs", said),
        most=_number(r"99% in ([\d.]+) secs", said),
    )


def press(
    address: str,
    *,
    connections: int,
    seconds: int,
    headers: Mapping[str, str] | None = None,
    threads: int = 1,
) -> Rate:
    """Ask for an address over and over by `wrk`, which takes little of the machine for itself.

    Every answer must be 2xx, and none may fail.
    """
    _require_here(address)
    words = ["wrk", "--latency", "-t", str(min(threads, connections)), "-c", str(connections)]
    words += ["-d", f"{seconds}s", "--timeout", "30s"]
    for name, text in (headers or {}).items():
        words += ["-H", f"{name}: {text}"]
    done = subprocess.run(
        [*words, address], capture_output=True, text=True, check=False, timeout=seconds + 90
    )
    said = done.stdout
    if done.returncode or "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"bench: {address}\n{said}{done.stderr}")
    return Rate(
        per_second=_number(r"Requests/sec:\s+([\d.]+)", said),
        half=_seconds(r"50%\s+([\d.]+)(us|ms|s)", said),
        most=_seconds(r"99%\s+([\d.]+)(us|ms|s)", said),
    )


def press_all(
    addresses: Sequence[str],
    *,
    connections: int,
    seconds: int,
    headers: Mapping[str, str] | None = None,
) -> Rate:
    """As `press`, of several addresses at the same time, which divide the connections."""

    def work(address: str) -> Rate:
        each = max(1, connections // len(addresses))
        return press(address, connections=each, seconds=seconds, headers=headers)

    with ThreadPoolExecutor(len(addresses)) as pool:
        rates = list(pool.map(work, addresses))
    return Rate(
        per_second=sum(rate.per_second for rate in rates),
        half=max(rate.half for rate in rates),
        most=max(rate.most for rate in rates),
    )


def processor_seconds(pid: int) -> float:
    """Give the seconds of processor time that a process has used, its own and the kernel's."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _require_here(address: str) -> None:
    if urlsplit(address).hostname != "127.0.0.1":
        raise SystemExit(f"bench: {address} is not on this machine")


def _seconds(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) * _UNITS[found[2]] if found else float("nan")


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else float("nan")
