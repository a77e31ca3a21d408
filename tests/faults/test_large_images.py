"""Images of many gigabytes pass through in little memory."""

import shutil

import pytest

from .bodies import Body
from .needing import need

GIB = 1 << 30
SIZE = 6 * GIB
ROOM = 15 * GIB
"""A part is on the disk twice for a moment, and what was written before may not be gone yet."""
MOST_MEMORY = 200 << 20
NAME = "ada/lab/blast"


@pytest.fixture
def directory(tmp_path):
    need(shutil.disk_usage(tmp_path).free > ROOM, f"{ROOM >> 30} GiB of free disk")
    yield tmp_path / "large"
    # Pytest keeps the directories of the last three runs.
    shutil.rmtree(tmp_path / "large")


@pytest.mark.large
@pytest.mark.parametrize("way", ["send", "send_in_parts"])
def test_six_gibibytes_pass_in_little_memory(directory, make_live_registry, make_pusher, way):
    registry = make_live_registry(directory)
    ada = make_pusher(registry)
    image = Body(way.encode(), SIZE)

    digest = ada.push(f"{NAME}:1", image, way=way)

    assert ada.pull(f"{NAME}:1") == digest
    assert registry.peak_memory() < MOST_MEMORY
