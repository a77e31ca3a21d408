"""A builder for tests: it does what the definition says, in this process, and needs no program.

Name `sregistry_core.testing.toy_builder` in `sregistry.plugin_modules`, and `toy` in
`sregistry.builder`. A line of the definition is a word and what it is about:

    say TEXT          shows a line
    hide TEXT         keeps these signs out of the log from here on
    flood SIGNS       shows a line that does not end, in pieces, and what is no text
    again             says all lines anew when another worker was at it
    reveal NAME       shows a secret
    remember TEXT     leaves a handle
    fact NAME=VALUE   is found out about the build
    label NAME=VALUE  is in the image
    package NAME=VERSION  is in the image's bill of materials
    payload SIZE      bytes of the image's file system
    created SECONDS   when the image says that it was made
    follow PATH       does what the lines of a file of this machine say
    wait SECONDS      or until it is cancelled, or left, or its time is up
    copy PATH         shows the text of a file that was sent along
    fail TEXT         ends without an image
    crash             raises what no builder should
    nothing           notices that there is no image
    leave             ends well and leaves no image
    link PATH         leaves a link in place of an image
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sregistry_core import hookimpl
from sregistry_core.contracts import (
    Builder,
    BuildFailed,
    BuildLeft,
    BuildOrder,
    BuildOutput,
    PluginSettings,
)

from .sif_files import make_sif

_STEP_SECONDS = 0.05
_PIECE = 1 << 16


class ToyBuilder(Builder):
    """Follows the definition line by line."""

    def __init__(self, *, goes_on: bool):
        self.goes_on = goes_on  # type: ignore[misc]
        self.cleared: list[str] = []

    def run(self, order: BuildOrder, output: BuildOutput) -> Path:
        """Do what the definition says."""
        image, labels = order.work_directory / "image.sif", dict(order.arguments)
        packages: list[dict[str, str]] = []
        made: dict[str, Any] = {}
        if "again" in order.definition.splitlines():
            output.begin_again()
        if order.handle is not None:
            output.line(f"goes on with {order.handle}")
        for line in _lines(order.definition):
            word, _, rest = line.strip().partition(" ")
            match word:
                case "say":
                    output.line(rest)
                case "flood":
                    _flood(output, int(rest))
                case "reveal":
                    output.line(f"{rest} is {order.secrets[rest]}")
                case "hide":
                    output.hide(rest)
                case "remember":
                    output.remember(rest)
                case "fact":
                    name, _, value = rest.rpartition("=")
                    output.fact(name, value)
                case "label":
                    name, _, value = rest.partition("=")
                    labels[name] = value
                case "package":
                    name, _, value = rest.partition("=")
                    packages.append({"name": name, "version": value})
                    made["sbom"] = json.dumps({"components": packages}).encode()
                case "payload":
                    made["payload_size"] = int(rest)
                case "created":
                    made["created"] = int(rest)
                case "wait":
                    _wait(order, float(rest), leaves=self.goes_on)
                case "copy":
                    assert order.context_directory is not None
                    output.line((order.context_directory / rest).read_text(encoding="utf-8"))
                case "fail":
                    raise BuildFailed(rest)
                case "crash":
                    raise RuntimeError("a builder should not")
                case "nothing":
                    raise BuildFailed("the build ended well and left no image")
                case "leave":
                    return image
                case "link":
                    image.symlink_to(rest)
                    return image
                case _:
                    continue
        image.write_bytes(make_sif(labels=labels, **made))
        return image

    def clear(self, handle: str) -> None:
        """Note it."""
        self.cleared.append(handle)

    def version(self) -> str:
        """A made-up program."""
        return "toy 1.0"


def _lines(definition: str) -> Iterator[str]:
    for line in definition.splitlines():
        word, _, path = line.strip().partition(" ")
        if word == "follow":
            yield from Path(path).read_text(encoding="utf-8").splitlines()
        else:
            yield line


def _flood(output: BuildOutput, signs: int) -> None:
    for start in range(0, signs, _PIECE):
        output.line("x" * min(_PIECE, signs - start))
    output.line("\x1b[2J\x00\r\x07\ufffd")


def _wait(order: BuildOrder, seconds: float, *, leaves: bool) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if order.cancelled():
            raise BuildFailed("it was cancelled")
        if leaves and order.leaving():
            raise BuildLeft
        if datetime.now(UTC) >= order.deadline:
            raise BuildFailed("its time is up")
        time.sleep(_STEP_SECONDS)


@hookimpl
def sregistry_builder(kind: str, settings: PluginSettings) -> Builder | None:
    """Open one: `toy`, or `lasting-toy`, which goes on with a build of a killed worker."""
    if kind in ("toy", "lasting-toy"):
        return ToyBuilder(goes_on=kind == "lasting-toy")
    return None
