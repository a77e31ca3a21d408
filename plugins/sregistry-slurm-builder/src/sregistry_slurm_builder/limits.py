"""What the jobs of a collection are asked for, and what they may use."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase

from sregistry_core.contracts import PluginSettings
from sregistry_core.errors import ConfigurationError

_OF_A_COLLECTION = ("account", "partition", "qos", "reservation")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of every job; sizes in bytes, 0 for what Slurm gives by itself.

    places   `account`, `partition`, `qos` and `reservation` of jobs, where they are named
    of       the same for collections, by a pattern of `entity/collection`; the first that fits
    time     how long a job may run; None for as long as the build may
    memory   of a job
    cpus     of a job
    disk     of all that a build keeps in its work directory
    options  further words for `sbatch`
    """

    places: Mapping[str, str] = field(default_factory=dict)
    of: Sequence[tuple[str, Mapping[str, str]]] = ()
    time: timedelta | None = None
    memory: int = 0
    cpus: int = 0
    disk: int = 0
    options: tuple[str, ...] = ()

    def words(self, container: str, left: timedelta) -> list[str]:
        """Give options of `sbatch` for a build.

        container   where its image goes
        left        how long the build may take from now on
        """
        collection = container.rpartition("/")[0]
        own: Mapping[str, str] = next(
            (found for pattern, found in self.of if fnmatchcase(collection, pattern)), {}
        )
        words = [f"--{name}={value}" for name, value in {**self.places, **own}.items()]
        time = left if self.time is None else min(left, self.time)
        words.append(f"--time={max(1, math.ceil(time.total_seconds() / 60))}")
        if self.memory:
            words.append(f"--mem={math.ceil(self.memory / 1024)}K")
        if self.cpus:
            words.append(f"--cpus-per-task={self.cpus}")
        return [*words, *self.options]


def read_limits(settings: PluginSettings) -> Limits:
    """Read them from the ini file. Raises ConfigurationError for what makes no sense."""
    named = {name: settings.text(name, "") for name in _OF_A_COLLECTION}
    return Limits(
        places={name: value for name, value in named.items() if value},
        of=[_line(settings.name, line) for line in settings.lines("collections", "")],
        time=settings.duration("time", "0s") or None,
        memory=settings.size("memory", "0"),
        cpus=settings.number("cpus", 0),
        disk=settings.size("disk", "0"),
        options=settings.words("sbatch_options", ""),
    )


def _line(name: str, line: str) -> tuple[str, Mapping[str, str]]:
    pattern, *words = line.split()
    found = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in _OF_A_COLLECTION or not value:
            known = ", ".join(_OF_A_COLLECTION)
            raise ConfigurationError(
                f"{name}.collections: {word} is none of NAME=VALUE with a name of {known}"
            )
        found[key] = value
    if "/" not in pattern or not found:
        raise ConfigurationError(
            f"{name}.collections: {line} is no entity/collection with account=NAME or the like"
        )
    return pattern, found
