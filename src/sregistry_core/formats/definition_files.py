"""Which files of the author's machine a definition copies, in its sections %files."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .deffile import read_definition

_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"']+")
_SECTION = re.compile(r"%([A-Za-z]+)(.*)")


@dataclass(frozen=True, slots=True)
class CopiedFiles:
    """What one section copies.

    arguments   what stands behind %files: empty, or `from STAGE` for files of another stage
    pairs       source and destination of each line; the destination may be empty
    """

    arguments: str
    pairs: tuple[tuple[str, str], ...]


def copied_files(text: str) -> list[CopiedFiles]:
    """Give what each section %files copies, in the order of the text."""
    return [
        CopiedFiles(
            section.arguments,
            tuple(pair for line in section.text.splitlines() if (pair := _pair(line))),
        )
        for stage in read_definition(text).stages
        for section in stage.sections
        if section.name == "files"
    ]


def within_archive(text: str, working_directory: str) -> str:
    """Give a definition whose files are those of an archive that begins at the root directory.

    working_directory   absolute; where the author was, and relative sources begin
    Destinations stay as they were meant.
    """
    return "\n".join(_lines_within(text.split("\n"), working_directory))


def _lines_within(lines: list[str], working_directory: str) -> Iterator[str]:
    copies = False
    for line in lines:
        section = _SECTION.match(line)
        if section is not None:
            arguments = section[2].split("#", 1)[0].split()
            copies = section[1].lower() == "files" and arguments[:1] != ["from"]
        elif line.lower().startswith("bootstrap:"):
            copies = False
        pair = _pair(line) if copies and section is None else None
        if pair is None:
            yield line
            continue
        source, destination = pair
        place = posixpath.normpath(posixpath.join(working_directory, source)).lstrip("/")
        yield f"    {_quoted(place or '.')} {_quoted(destination or source)}"


def _pair(line: str) -> tuple[str, str] | None:
    line = line.strip()
    words = [word.strip("\"'") for word in _WORD.findall(line)]
    if not words or not words[0] or line.startswith("#"):
        return None
    return words[0], words[1] if len(words) > 1 else ""


def _quoted(word: str) -> str:
    if "'" in word:
        return f'"{word}"'
    return f"'{word}'" if not word or re.search(r'[\s"]', word) else word
