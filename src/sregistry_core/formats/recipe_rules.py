"""Which files of a repository are recipes, and what is made of each: path -> container:tag.

A small file of the repository, `.sregistry.yml`, may say it; without one the rules are those of
Singularity Hub: `Singularity`, `Singularity.TAG`, and `*.def`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import yaml

from sregistry_core.errors import Malformed

FILE = ".sregistry.yml"
LARGEST = 64 * 1024
_MOST_RULES = 100
_LONGEST_PATTERN = 500
_SETTINGS = frozenset({"path", "container", "tag", "context", "watch", "arch"})
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_PLACEHOLDERS = frozenset({"name", "version", "directory", "ref"})
_NOT_IN_A_CONTAINER = re.compile(r"[^a-z0-9._-]+")
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9._-]+")
_SEPARATORS = "._-"


class Along(StrEnum):
    """What goes along with a recipe, for `%files` to copy from."""

    DIRECTORY = "directory"
    REPOSITORY = "repository"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is made of the files that a pattern fits; an empty text is for the usual.

    watch   patterns of other files: a change of these builds the recipe anew, too
    """

    path: str
    container: str = ""
    tag: str = ""
    along: Along = Along.DIRECTORY
    watch: tuple[str, ...] = ()
    arch: str = "amd64"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A file to build from, and where its image goes."""

    path: str
    container: str
    tag: str
    along: Along
    watch: tuple[str, ...]
    arch: str

    @property
    def directory(self) -> str:
        """Where it is; empty for the root of the repository."""
        return "" if "/" not in self.path else self.path.rpartition("/")[0]


USUAL = tuple(Rule(f"**/{name}") for name in ("Singularity", "Singularity.*", "*.def"))


def read_rules(text: bytes) -> tuple[Rule, ...]:
    """Read the small file. Raises Malformed with what is wrong in it."""
    if len(text) > LARGEST:
        raise Malformed(f"{FILE} has more than {LARGEST} bytes")
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Malformed(f"{FILE} is no YAML: {' '.join(str(error).split())[:200]}") from error
    if found is None:
        return USUAL
    if not isinstance(found, dict) or set(found) - {"recipes"}:
        raise Malformed(f"{FILE} holds `recipes`, and nothing else")
    rules = found.get("recipes")
    if rules is None:
        return USUAL
    if not isinstance(rules, list) or len(rules) > _MOST_RULES:
        raise Malformed(f"{FILE}: recipes is no list of at most {_MOST_RULES}")
    return tuple(_rule(number, one) for number, one in enumerate(rules, 1))


def find_recipes(
    paths: Iterable[str],
    rules: Sequence[Rule],
    *,
    container: str,
    ref: str,
    patterns: Sequence[str] = (),
) -> list[Recipe]:
    """Give the recipes among the files of a repository, by path; the first rule that fits counts.

    container   what a recipe at the root of the repository becomes
    ref         `latest`, or the name of the branch or of the Git tag
    patterns    further bounds: a recipe fits one of them; empty for no bounds
    """
    found = []
    for path in sorted(paths):
        if patterns and not any(fits(one, path) for one in patterns):
            continue
        rule = next((one for one in rules if fits(one.path, path)), None)
        if rule is not None:
            found.append(_recipe(path, rule, container, ref))
    return found


def fits(pattern: str, path: str) -> bool:
    """True for a path that a pattern means: `*` stays within one part, `**` is any directories."""
    return _fits(pattern.split("/"), path.split("/"))


def _fits(patterns: Sequence[str], parts: Sequence[str]) -> bool:
    """Go through both at once: which of the patterns could be next, after each part of the path."""
    next_ones = _past_directories({0}, patterns)
    for part in parts:
        after = set()
        for number in next_ones:
            if number < len(patterns):
                pattern = patterns[number]
                if pattern == "**":
                    after.add(number)
                elif fnmatchcase(part, pattern):
                    after.add(number + 1)
        next_ones = _past_directories(after, patterns)
    return len(patterns) in next_ones


def _past_directories(numbers: set[int], patterns: Sequence[str]) -> set[int]:
    """Add those behind a `**`, which may stand for no directory at all."""
    found = set(numbers)
    for number in sorted(numbers):
        while number < len(patterns) and patterns[number] == "**":
            number += 1
            found.add(number)
    return found


def _recipe(path: str, rule: Rule, usual: str, ref: str) -> Recipe:
    file = PurePosixPath(path)
    directory = file.parent.name
    version = ""
    if file.name.startswith("Singularity"):
        version = file.name.removeprefix("Singularity").removeprefix(".")
        name = directory or usual
    else:
        name = file.name.removesuffix(".def")
    said = {"name": name, "version": version, "directory": directory or usual, "ref": ref}
    return Recipe(
        path=path,
        container=as_container(_filled(rule.container, said) or name),
        tag=as_tag(_filled(rule.tag, said) or _usual_tag(version, ref)),
        along=rule.along,
        watch=rule.watch,
        arch=rule.arch,
    )


def _usual_tag(version: str, ref: str) -> str:
    """`Singularity.TAG` is TAG, as in Singularity Hub; off the default branch it says where."""
    if not version:
        return ref
    return version if ref == "latest" else f"{version}-{ref}"


def as_container(text: str) -> str:
    """Spell a name as a container may be called."""
    return _NOT_IN_A_CONTAINER.sub("-", text.lower()).strip(_SEPARATORS)[:64].strip(_SEPARATORS)


def as_tag(text: str) -> str:
    """Spell a branch, or whatever it is, as a tag may be called."""
    return _NOT_IN_A_TAG.sub("-", text).lstrip(_SEPARATORS)[:128]


def _filled(text: str, said: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: said[found[1]], text)


def _rule(number: int, said: Any) -> Rule:
    where = f"{FILE}: recipe {number}"
    if not isinstance(said, dict) or not isinstance(said.get("path"), str):
        raise Malformed(f"{where} names no path")
    if strange := [str(key) for key in said if key not in _SETTINGS]:
        raise Malformed(f"{where}: {strange[0][:40]} is none of {', '.join(sorted(_SETTINGS))}")
    texts = {key: _text(where, key, said) for key in ("path", "container", "tag", "arch")}
    for key in ("container", "tag"):
        for placeholder in _PLACEHOLDER.findall(texts[key]):
            if placeholder not in _PLACEHOLDERS:
                known = ", ".join(sorted(_PLACEHOLDERS))
                raise Malformed(f"{where}: {{{placeholder}}} is none of {known}")
    watch = said.get("watch", [])
    if not isinstance(watch, list) or len(watch) > _MOST_RULES:
        raise Malformed(f"{where}: watch is no list of patterns")
    try:
        along = Along(said.get("context", Along.DIRECTORY))
    except ValueError as error:
        raise Malformed(f"{where}: context is none of {', '.join(Along)}") from error
    return Rule(
        path=texts["path"],
        container=texts["container"],
        tag=texts["tag"],
        along=along,
        watch=tuple(_text(where, "watch", {"watch": one}) for one in watch),
        arch=texts["arch"] or "amd64",
    )


def _text(where: str, key: str, said: dict[str, Any]) -> str:
    value = said.get(key, "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        # A tag such as 1.0 is written without quotes.
        value = str(value)
    if not isinstance(value, str) or len(value) > _LONGEST_PATTERN or not value.isprintable():
        raise Malformed(f"{where}: {key} is no text")
    return value
