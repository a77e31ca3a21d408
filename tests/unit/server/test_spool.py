"""The spool, seen from inside the process."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest

from sregistry_core.errors import ConfigurationError
from sregistry_core.server import Spool

HOUR = timedelta(hours=1)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def leave_behind(spool, name, age):
    path = spool.directory / name
    path.write_bytes(b"left")
    at = path.stat().st_mtime - age.total_seconds()
    os.utime(path, (at, at))
    return path


def test_a_body_is_read_from_its_start_while_it_is_still_written(spool):
    body = spool.body()
    body.append(b"one ")
    started = body.read(2)
    body.append(b"two")

    assert started + body.read() == b"one two"
    body.close()


def test_closing_a_body_twice_or_after_it_was_renamed_is_quiet(spool, tmp_path):
    body = spool.body()
    Path(body.name).rename(tmp_path / "kept")

    body.close()
    body.close()

    assert (tmp_path / "kept").exists()


def test_a_forgotten_body_is_removed(spool):
    with pytest.warns(ResourceWarning):
        del [spool.body()][0]

    assert list(spool.directory.iterdir()) == []


def test_a_disk_without_room_for_another_file_gives_a_full_body(spool, monkeypatch):
    def no_room(**where):
        raise OSError(errno.EDQUOT, "over quota")

    monkeypatch.setattr("tempfile.mkstemp", no_room)
    with spool.body() as body:
        body.append(b"swallowed")

        assert (body.full, body.error.errno, body.read()) == (True, errno.EDQUOT, b"")


def test_a_limit_of_the_file_size_gives_a_full_body(spool, monkeypatch):
    def too_large(*arguments):
        raise OSError(errno.EFBIG, "file too large")

    with spool.body() as body:
        body.append(b"taken")
        monkeypatch.setattr("os.pwrite", too_large)
        body.append(b"not taken")

        assert (body.full, body.error.errno, body.read()) == (True, errno.EFBIG, b"")
        assert Path(body.name).stat().st_size == 0


def test_a_broken_disk_is_no_full_disk(spool, monkeypatch):
    def broken(*arguments):
        raise OSError(errno.EIO, "input/output error")

    with spool.body() as body:
        monkeypatch.setattr("os.pwrite", broken)
        with pytest.raises(OSError, match="input/output"):
            body.append(b"lost")

        assert not body.full


def test_sweeping_removes_old_leftovers_and_nothing_else(spool):
    old = leave_behind(spool, "body-old", age=2 * HOUR)
    young = leave_behind(spool, "body-young", age=HOUR / 2)
    foreign = leave_behind(spool, "0000000001", age=2 * HOUR)

    removed = spool.sweep(HOUR)

    assert removed == 1
    assert not old.exists()
    assert young.exists()
    assert foreign.exists()


def test_sweeping_leaves_a_body_that_another_server_still_uses(spool):
    body = spool.body()
    os.utime(body.name, (0, 0))

    assert Spool(spool.directory).sweep(HOUR) == 0

    assert Path(body.name).exists()
    body.close()


def test_clearing_removes_the_bodies_in_use(spool):
    body = spool.body()

    spool.clear()

    assert not Path(body.name).exists()
    body.close()


def test_a_spool_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError) as caught:
        Spool(tmp_path / "file" / "spool")

    expected = f"the spool {tmp_path}/file/spool cannot be used: not a directory"
    assert str(caught.value) == expected
