"""Typed reading of the ini keys of one named thing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Final, TypeVar

from sregistry_core.errors import ConfigurationError

_T = TypeVar("_T")


class _Required(Enum):
    TOKEN = 0


REQUIRED: Final = _Required.TOKEN
"""Marks a key without a default."""

_SIZE = re.compile(r"([0-9]{1,30})\s*([KMGT]?)(?:i?B)?\Z", re.IGNORECASE)
_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_DURATION = re.compile(r"([0-9]{1,30})\s*(s|m|h|d|w)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LARGEST = 1 << 60
_LONGEST = timedelta(days=36_500)
_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that does not print itself."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "<secret>"

    def __repr__(self) -> str:
        return "<secret>"


def parse_size(text: str) -> int:
    """Read a number of bytes: `64M`, `1G`, `512` (powers of 1024). Raises ValueError."""
    found = _SIZE.match(text.strip())
    if not found:
        raise ValueError("a size such as 64M or 1G")
    size = int(found[1]) * _SIZES[found[2].upper()]
    if size > _LARGEST:
        raise ValueError("at most 1048576T")
    return size


def parse_duration(text: str) -> timedelta:
    """Read a duration: `30s`, `15m`, `12h`, `7d`, `2w`. Raises ValueError."""
    found = _DURATION.match(text.strip().lower())
    if not found:
        raise ValueError("a duration such as 30s, 15m, 12h or 7d")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST.total_seconds():
        # What is added to the time of day must still be a date.
        raise ValueError("at most 36500d")
    return timedelta(seconds=seconds)


class PluginSettings:
    """The ini keys of one named thing: `filesystem.root` is the key `root` of `filesystem`.

    Every method reads one key; without a default, a missing key raises ConfigurationError, as
    does a value that does not fit. Keys that nobody has read stop the start.
    """

    def __init__(
        self, name: str, values: Mapping[str, str], here: Path, environ: Mapping[str, str]
    ):
        """Read `values` (key without the name's prefix -> text); relative paths start at `here`."""
        self.name = name
        self.here = here
        self._values = values
        self._environ = environ
        self._read: set[str] = set()
        self._secrets: set[str] = set()

    def text(self, key: str, default: str | _Required | None = REQUIRED) -> str:
        """Read a text. An empty value counts as missing."""
        value = self._find(key)
        if value is not None:
            return value
        if default is REQUIRED:
            raise ConfigurationError(f"{self.name}.{key} is missing from the ini file")
        return default or ""

    def words(self, key: str, default: str | _Required = REQUIRED) -> tuple[str, ...]:
        """Read words, separated by blanks or lines; `#` begins a comment."""
        lines = self.text(key, default).splitlines()
        return tuple(word for line in lines for word in line.split("#", 1)[0].split())

    def lines(self, key: str, default: str | _Required = REQUIRED) -> tuple[str, ...]:
        """Read lines, each a value that may hold blanks; one that begins with `#` is a comment."""
        lines = (line.strip() for line in self.text(key, default).splitlines())
        return tuple(line for line in lines if line and not line.startswith("#"))

    def number(
        self,
        key: str,
        default: int | _Required = REQUIRED,
        *,
        least: int = 0,
        most: int | None = None,
    ) -> int:
        """Read a whole number between `least` and `most`."""
        value = self._find(key)
        if value is None:
            return self._default(key, default)
        if not value.isascii() or not value.isdigit() or len(value) > 30:
            raise self._wrong(key, value, "a whole number")
        if int(value) < least or (most is not None and int(value) > most):
            limit = f"at least {least}" if most is None else f"between {least} and {most}"
            raise self._wrong(key, value, limit)
        return int(value)

    def boolean(self, key: str, default: bool | _Required = REQUIRED) -> bool:
        """Read `true` or `false` (also yes, no, on, off, 1, 0)."""
        value = self._find(key)
        if value is None:
            return self._default(key, default)
        if value.lower() not in _TRUE | _FALSE:
            raise self._wrong(key, value, "true or false")
        return value.lower() in _TRUE

    def size(self, key: str, default: str | _Required = REQUIRED) -> int:
        """Read a number of bytes: `64M`, `1G`, `512` (powers of 1024)."""
        value = self.text(key, default)
        try:
            return parse_size(value)
        except ValueError as error:
            raise self._wrong(key, value, str(error)) from error

    def duration(self, key: str, default: str | _Required = REQUIRED) -> timedelta:
        """Read a duration: `30s`, `15m`, `12h`, `7d`, `2w`."""
        value = self.text(key, default)
        try:
            return parse_duration(value)
        except ValueError as error:
            raise self._wrong(key, value, str(error)) from error

    def choice(
        self, key: str, choices: tuple[str, ...], default: str | _Required = REQUIRED
    ) -> str:
        """Read one of `choices`."""
        value = self.text(key, default)
        if value not in choices:
            raise self._wrong(key, value, "one of " + ", ".join(choices))
        return value

    def path(self, key: str, default: str | _Required = REQUIRED) -> Path:
        """Read a path; a relative one starts at the ini file's directory."""
        return self.here / Path(self.text(key, default)).expanduser()

    def secret(self, key: str, default: str | _Required | None = REQUIRED) -> Secret:
        """Read a secret, given as `key`, as `key_file` (a path) or as `key_env` (a variable)."""
        spellings = [key, f"{key}_file", f"{key}_env"]
        self._secrets.add(key)
        given = [spelling for spelling in spellings if self._find(spelling) is not None]
        if len(given) > 1:
            raise ConfigurationError(
                f"{self.name}.{given[0]} and {self.name}.{given[1]} say the same thing: keep one"
            )
        if not given:
            if default is REQUIRED:
                raise ConfigurationError(
                    f"{self.name}.{key} is missing from the ini file (or {key}_file, or {key}_env)"
                )
            return Secret(default or "")
        value = self._secret_value(key, given[0])
        if not value:
            raise ConfigurationError(f"{self.name}.{given[0]} leads to an empty secret")
        return Secret(value)

    def unread(self) -> Iterator[str]:
        """Give the keys that have a value in the ini file and that nobody has read."""
        # An empty value takes back one that was inherited from another file.
        given = {key for key, value in self._values.items() if value.strip()}
        yield from sorted(given - self._read)

    def known(self) -> frozenset[str]:
        """The keys that have been asked for, whether they are in the ini file or not."""
        return frozenset(self._read)

    def given(self) -> Mapping[str, str]:
        """Keys that were read and have a value in the ini file; those of secrets are hidden."""
        found = {key: value for key in sorted(self._read) if (value := self._find(key))}
        return {key: "<secret>" if key in self._secrets else one for key, one in found.items()}

    def _secret_value(self, key: str, spelling: str) -> str:
        value = self.text(spelling)
        if spelling == key:
            return value
        if spelling.endswith("_env"):
            if value not in self._environ:
                raise ConfigurationError(
                    f"{self.name}.{spelling} names the variable {value}, which is not set"
                )
            return self._environ[value]
        try:
            return self.path(spelling).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigurationError(
                f"{self.name}.{spelling} names {value}, which cannot be read: {reason}"
            ) from error

    def _find(self, key: str) -> str | None:
        self._read.add(key)
        return (self._values.get(key) or "").strip() or None

    def _default(self, key: str, default: _T | _Required) -> _T:
        if isinstance(default, _Required):
            raise ConfigurationError(f"{self.name}.{key} is missing from the ini file")
        return default

    def _wrong(self, key: str, value: str, wanted: str) -> ConfigurationError:
        return ConfigurationError(f"{self.name}.{key} = {value} is not {wanted}")


class Sections(Mapping[str, PluginSettings]):
    """The settings of every named thing of one ini file, by name."""

    def __init__(self, values: Mapping[str, str], here: Path, environ: Mapping[str, str]):
        """Sort dotted keys by their first part."""
        self._values: dict[str, dict[str, str]] = {}
        self._opened: dict[str, PluginSettings] = {}
        self._here = here
        self._environ = environ
        for key, value in values.items():
            name, dot, rest = key.partition(".")
            if dot:
                self._values.setdefault(name, {})[rest] = value

    def __getitem__(self, name: str) -> PluginSettings:
        """Give the keys of one thing; a thing without keys has an empty section."""
        if name not in self._opened:
            self._opened[name] = PluginSettings(
                name, self._values.get(name, {}), self._here, self._environ
            )
        return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


__all__ = ["REQUIRED", "PluginSettings", "Secret", "Sections", "parse_duration", "parse_size"]
