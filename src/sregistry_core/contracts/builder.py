"""What a builder is: it makes an image file from a definition, in a worker."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class BuildFailed(Exception):
    """The build gave no image; the text says why, fit to be shown."""


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


class BuildOutput(ABC):
    """Where a builder writes what its user sees."""

    @abstractmethod
    def line(self, text: str) -> None:
        """Show one line."""


class Builder(ABC):
    """Makes images from definitions. It runs in a worker, never in a request."""

    @abstractmethod
    def run(self, order: BuildOrder, output: BuildOutput) -> Path:
        """Build, and give the path of a SIF inside the work directory.

        Raises BuildFailed with the reason.
        """


__all__ = ["BuildFailed", "BuildOrder", "BuildOutput", "Builder"]
