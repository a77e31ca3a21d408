"""People with the real Apptainer client who push to the real server and pull from it.

ada.push(samples.small, "lab/blast:v1")
assert bob.pull(ada.library("lab/blast:v1")).sha256 == sha256_of(samples.small)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from .apptainer import Apptainer
from .image_files import sha256_of
from .live import LiveRegistry

_NUMBERS = count(1)


@dataclass(frozen=True)
class Pulled:
    """What a pull has brought: the screen and the file."""

    screen: str
    file: Path

    @property
    def sha256(self) -> str:
        """Of the file."""
        return sha256_of(self.file)


@dataclass(frozen=True, kw_only=True)
class Person(Apptainer):
    """Somebody with a client, logged in to the registry or not.

    name    of the user and so of the entity; no other test has the same.
    token   empty for somebody without a login.
    """

    name: str
    server: LiveRegistry
    token: str = field(default="", repr=False)

    def library(self, path: str) -> str:
        """What the client calls an image of this user's: `lab/blast:v1`."""
        return f"library://{self.name}/{path}"

    def push(self, image: Path, path: str, *options: str) -> str:
        """Push an image, signed or not, to `lab/blast:v1` of this user's; give the screen."""
        own = image if image.parent == self.place else self.put(image)
        return self.must("push", "-U", *options, own, self.library(path))

    def pull(self, uri: str, *options: str, environment: Mapping[str, str] | None = None) -> Pulled:
        """Pull into a new file."""
        name = f"pulled-{next(_NUMBERS)}.sif"
        screen = self.must("pull", *options, name, uri, environment=environment)
        return Pulled(screen, self.place / name)

    def pull_in_vain(self, uri: str, *options: str) -> str:
        """Pull what cannot be had; give the screen. No file is left."""
        name = f"in-vain-{next(_NUMBERS)}.sif"
        screen = self.must_fail("pull", *options, name, uri)
        assert not (self.place / name).exists()
        return screen
