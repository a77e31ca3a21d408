"""What a build has started from: digests of the images that the program has fetched."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from .builder import BuildOrder

_HEADER = re.compile(r"^\s*(bootstrap|from)\s*:\s*(.*?)\s*(?:\s#.*)?$", re.IGNORECASE)
VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
"""A build argument, where a definition has it filled in."""
_FETCHED = ("library", "oras", "shub")
"""Of these the program keeps the file as it has come."""
_BLOCK = 1 << 20


def digests_of_bases(order: BuildOrder, cache: str) -> Mapping[str, str]:
    """Give the digests of base images by their addresses, as far as they are known for certain.

    cache   where in the work directory the program has kept what it has fetched for this build
    """
    found: dict[str, str] = {}
    bases = list(_bases(order))
    for agent in _FETCHED:
        origins = {origin for named, origin in bases if named == agent}
        files = _files_below(order.work_directory, f"{cache}/{agent}")
        # Which of several files belongs to which stage, the program does not say.
        if len(origins) == 1 and len(files) == 1 and (digest := _digest_of(files[0])):
            found[f"{agent}://{origins.pop()}"] = digest
    for agent, origin in bases:
        file = _sent_along(order, origin) if agent == "localimage" else None
        if file is not None and (digest := _digest_of(file)):
            found[f"{agent}://{origin}"] = digest
    return found


def _bases(order: BuildOrder) -> Iterator[tuple[str, str]]:
    """Give what each stage starts from, without those that a build argument leaves open."""
    agent = ""
    for line in order.definition.splitlines():
        header = _HEADER.match(line)
        if header is None:
            continue
        value = VARIABLE.sub(lambda one: order.arguments.get(one[1], one[0]), header[2])
        if header[1].lower() == "bootstrap":
            agent = value.lower()
        elif agent and "{{" not in value:
            yield agent, value.removeprefix(f"{agent}:").removeprefix("//")
            agent = ""


def _files_below(work: Path, place: str) -> list[Path]:
    directory = work / place
    # A build may put links in place of these: what lies elsewhere is not its own to tell of.
    if directory.resolve() != work.resolve() / place:
        return []
    return [path for path in directory.rglob("*") if path.is_file() and not path.is_symlink()]


def _sent_along(order: BuildOrder, origin: str) -> Path | None:
    """Give a file of the context; what else is on this machine is not the orderer's to know."""
    context = order.context_directory
    if context is None:
        return None
    path = (context / origin).resolve()
    return path if path.is_relative_to(context.resolve()) and path.is_file() else None


def _digest_of(path: Path) -> str | None:
    digest = hashlib.sha256()
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return None
        while block := file.read(_BLOCK):
            digest.update(block)
    return f"sha256:{digest.hexdigest()}"
