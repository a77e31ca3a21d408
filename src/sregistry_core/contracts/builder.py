"""What a builder is: it makes an image file from a definition, in a worker."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar


class BuildFailed(Exception):
    """The build gave no image; the text says why, fit to be shown."""


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """What a build shows to the registry itself when it fetches the images that it starts from."""

    url: str
    """Of the registry, without a slash at the end."""
    user: str = ""
    token: str = field(default="", repr=False)
    """Reads what the user may read, and ends with the build; empty for a build of nobody's. Neither
    the image nor a command line may hold it."""


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What is to be built, and within which limits."""

    identifier: str
    definition: str
    arch: str
    work_directory: Path
    """A private, empty directory; removed by the core afterwards."""
    context_directory: Path | None
    """Files that the definition may copy from, or None."""
    deadline: datetime
    cancelled: Callable[[], bool]
    """To be polled about once a second; when it says yes, stop and raise BuildFailed."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Values for the build arguments of the definition."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the build finds in its environment while it runs. Neither the image nor a command line
    may hold it; the core keeps it out of the log."""
    registry: RegistryLogin | None = None
    """Where `library` addresses without a host lead, and how its private images are fetched."""
    container: str = ""
    """Where the image goes: `entity/collection/container`."""
    handle: str | None = None
    """What the builder has remembered of this build for a worker that was killed since; None when
    the build begins."""


class BuildOutput(ABC):
    """Where a builder writes what its user sees."""

    @abstractmethod
    def line(self, text: str) -> None:
        """Show one line."""

    def remember(self, handle: str) -> None:  # noqa: B027 - a sink may have no use for it
        """Keep what leads back to this build, before anything runs that outlives this process.

        handle   up to 500 characters; the last one counts
        """

    def fact(self, name: str, value: str) -> None:  # noqa: B027 - a sink may have no use for it
        """Keep what was found out about the build; it stands in the provenance of its image.

        name     up to 300 characters; `base:` and where a stage starts from, such as
                 `base:docker://alpine:3.20`, for the digest of what was found there
        value    up to 500 characters; the last one counts
        """

    def begin_again(self) -> None:  # noqa: B027 - a sink may have shown nothing yet
        """Expect all lines from the first on, of a build that another worker was at.

        Those that were shown then are not shown twice.
        """

    def hide(self, secret: str) -> None:  # noqa: B027 - a sink may show all
        """Never show these signs in any further line."""


class Builder(ABC):
    """Makes images from definitions. It runs in a worker, never in a request."""

    goes_on: ClassVar[bool] = False
    """Whether `run` takes up a build by its handle. Of any other builder a build is lost when its
    worker is killed: `clear` is then called, and nothing is built again."""

    @abstractmethod
    def run(self, order: BuildOrder, output: BuildOutput) -> Path:
        """Build, and give the path of a SIF inside the work directory.

        Raises BuildFailed with the reason.
        """

    def clear(self, handle: str) -> None:  # noqa: B027 - most leave nothing behind
        """End what is left of a build whose worker was killed; nothing left is fine."""

    def version(self) -> str:
        """Say what builds, for the provenance of images: a program and its version."""
        return type(self).__name__


__all__ = ["BuildFailed", "BuildOrder", "BuildOutput", "Builder", "RegistryLogin"]
