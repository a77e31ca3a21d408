"""What the tests of image readers share: looking at bytes, and making real file systems."""

import io
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sregistry_core.formats.image import inspect
from sregistry_core.formats.inspection import Inspection
from sregistry_core.testing.components import need


@pytest.fixture
def look() -> Callable[[bytes], Inspection]:
    return lambda content: inspect(io.BytesIO(content), len(content))


@pytest.fixture
def container_tree() -> dict[str, bytes]:
    """The files of a container, by path."""
    return {
        ".singularity.d/labels.json": b'{"MAINTAINER": "ada", "VERSION": "1"}',
        ".singularity.d/Singularity": b"Bootstrap: docker\nFrom: alpine\n",
        ".singularity.d/runscript": b"#!/bin/sh\nexec blast\n",
        ".singularity.d/startscript": b"#!/bin/sh\nexec serve\n",
        ".singularity.d/test": b"#!/bin/sh\ntrue\n",
        ".singularity.d/runscript.help": b"ask ada\n",
        ".singularity.d/env/10-docker.sh": b"export PATH=/bin\n",
        ".singularity.d/env/90-environment.sh": b"export BLAST=1\n",
        ".singularity.d/env/readme": b"no script\n",
        "scif/apps/blast/scif/labels.json": b'{"APP": "blast"}',
        "scif/apps/blast/scif/runscript": b"exec blast\n",
        "scif/apps/blast/scif/runscript.help": b"blast it\n",
        "scif/apps/blast/scif/env/90-environment.sh": b"export B=2\n",
        "bin/large": bytes(range(256)) * 8192,
    }


@pytest.fixture
def make_squashfs(tmp_path: Path) -> Callable[..., bytes]:
    def make(tree: Mapping[str, bytes], *arguments: str, links: Mapping[str, str] = {}) -> bytes:
        program = need("mksquashfs", "squashfs-tools")
        root = write_tree(tmp_path / "root", tree, links)
        image = tmp_path / "image.squashfs"
        command = [program, str(root), str(image), "-noappend", "-no-xattrs", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return image.read_bytes()

    return make


@pytest.fixture
def make_ext(tmp_path: Path) -> Callable[..., bytes]:
    def make(
        tree: Mapping[str, bytes],
        *arguments: str,
        links: Mapping[str, str] = {},
        kind: str = "ext3",
        size: str = "8m",
    ) -> bytes:
        program = need("mke2fs", "e2fsprogs")
        root = write_tree(tmp_path / "root", tree, links)
        image = tmp_path / "image.ext"
        command = [program, "-q", "-F", "-t", kind, "-d", str(root), *arguments, str(image), size]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return image.read_bytes()

    return make


def write_tree(root: Path, tree: Mapping[str, bytes], links: Mapping[str, str]) -> Path:
    root.mkdir()
    for path, content in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    for path, target in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    return root
