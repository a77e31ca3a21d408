"""A spooled part reaches its place whole, whoever copies it."""

import os
from pathlib import Path

import pytest

from sregistry_core.storage.copying import copy, descriptor_of
from sregistry_core.testing.components import leave_out

BYTES = os.urandom(3_000_017)
OFFSET = 1_234_567
MEMORY = Path("/dev/shm")


@pytest.fixture
def elsewhere(tmp_path):
    """A directory of another file system, from which the kernel does not copy by itself."""
    if not MEMORY.is_dir() or MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        leave_out("there is no other file system")
    path = MEMORY / f"copying-{os.getpid()}"
    yield path
    path.unlink(missing_ok=True)


def copied(source_path, target_path):
    source_path.write_bytes(BYTES)
    with source_path.open("rb") as source, target_path.open("w+b") as target:
        copy(descriptor_of(source), target.fileno(), offset=OFFSET, size=len(BYTES))
    return target_path.read_bytes()


def test_a_file_is_copied_to_its_place(tmp_path):
    assert copied(tmp_path / "source", tmp_path / "target") == bytes(OFFSET) + BYTES


def test_a_file_of_another_file_system_is_copied_as_well(tmp_path, elsewhere):
    assert copied(elsewhere, tmp_path / "target") == bytes(OFFSET) + BYTES


def test_a_body_that_is_half_read_is_not_taken_as_a_file(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(BYTES)
    with path.open("rb") as source:
        assert descriptor_of(source) == source.fileno()
        source.read(1)
        assert descriptor_of(source) is None
