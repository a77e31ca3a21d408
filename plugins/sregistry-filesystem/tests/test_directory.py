"""What a directory does beyond the contract: modes, full disks, leftovers, and strange files."""

import os
import threading
from datetime import timedelta

import pytest

from sregistry_core.contracts import ConfigurationError, ObjectMissing, PluginSettings
from sregistry_core.errors import StorageFull, StorageUnavailable
from sregistry_core.testing.components import mounted
from sregistry_filesystem import DirectoryStorage, sregistry_storage

MIB = 1 << 20


@pytest.fixture
def root(tmp_path):
    return tmp_path / "images"


@pytest.fixture
def storage(root):
    return DirectoryStorage(root)


@pytest.fixture
def staged(tmp_path):
    path = tmp_path / "staged"
    path.write_bytes(b"an image")
    path.chmod(0o600)
    return path


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB, which is another one than that of the staged files."""
    with mounted(tmp_path / "small", "2m") as path:
        yield path


def content(storage, key):
    with storage.open(key) as source:
        return source.read()


def files_below(path):
    return sorted(str(one.relative_to(path)) for one in path.rglob("*") if not one.is_dir())


def test_an_object_can_be_read_by_owner_and_group_and_written_by_nobody(storage, root, staged):
    storage.adopt("sha256/ab/image", staged)

    assert (root / "sha256/ab/image").stat().st_mode & 0o777 == 0o440


def test_a_copied_object_has_the_same_mode(small_disk, staged):
    storage = DirectoryStorage(small_disk / "images")

    storage.adopt("image", staged)

    assert (small_disk / "images/image").stat().st_mode & 0o777 == 0o440
    assert files_below(small_disk) == ["images/image"]


def test_a_new_root_is_closed_to_others(storage, root):
    assert root.stat().st_mode & 0o007 == 0


def test_the_staged_file_is_moved_and_not_copied(storage, root, staged):
    number = staged.stat().st_ino

    storage.adopt("image", staged)

    assert (root / "image").stat().st_ino == number
    assert not staged.exists()


def test_a_copy_that_does_not_fit_leaves_nothing_and_the_old_object(small_disk, staged):
    storage = DirectoryStorage(small_disk / "images")
    storage.adopt("image", staged)
    staged.write_bytes(b"x" * 3 * MIB)

    for key in ("image", "another"):
        with pytest.raises(StorageFull, match=f"no room for {key}: No space left on device"):
            storage.adopt(key, staged)

    assert staged.stat().st_size == 3 * MIB
    assert content(storage, "image") == b"an image"
    assert files_below(small_disk) == ["images/image"]


def test_after_a_refused_adoption_the_staged_file_can_be_written_to_again(small_disk, staged):
    storage = DirectoryStorage(small_disk / "images")
    staged.write_bytes(b"x" * 3 * MIB)

    with pytest.raises(StorageFull):
        storage.adopt("image", staged)

    assert staged.stat().st_mode & 0o777 == 0o600


def test_while_a_copy_is_under_way_nobody_sees_it(small_disk, tmp_path):
    storage = DirectoryStorage(small_disk / "images")
    slow = tmp_path / "slow"
    os.mkfifo(slow)
    adopting = threading.Thread(target=storage.adopt, args=("image", slow))
    adopting.start()

    with slow.open("wb") as sender:
        sender.write(b"x" * 70_000)
        sender.flush()
        on_disk = files_below(small_disk)
        with pytest.raises(ObjectMissing):
            storage.stat("image")
        assert list(storage.walk()) == []
        sender.write(b"y")
    adopting.join()

    assert len(on_disk) == 1
    assert on_disk[0].startswith("images/.arriving/")
    assert storage.stat("image").size == 70_001
    assert files_below(small_disk) == ["images/image"]


def test_what_a_cut_off_copy_has_left_goes_after_a_day(storage, root):
    old, young = root / ".arriving/old", root / ".arriving/young"
    for path, age in ((old, timedelta(days=2)), (young, timedelta(hours=1))):
        path.write_bytes(b"half an image")
        then = path.stat().st_mtime - age.total_seconds()
        os.utime(path, (then, then))

    DirectoryStorage(root)

    assert files_below(root) == [".arriving/young"]


def test_a_walk_passes_by_what_is_no_object(storage, root, staged, tmp_path):
    storage.adopt("sha256/ab/image", staged)
    (root / "lost+found").mkdir()
    (root / "lost+found/file").write_bytes(b"")
    (root / "README.TXT").write_bytes(b"")
    (root / ".snapshot").mkdir()
    (root / ".snapshot/image").write_bytes(b"")
    (root / "sha256/pipe").parent.mkdir(exist_ok=True)
    os.mkfifo(root / "sha256/pipe")
    (root / "linked").symlink_to(root / "sha256/ab/image")
    (root / "elsewhere").symlink_to(tmp_path)

    assert [found.key for found in storage.walk()] == ["sha256/ab/image"]
    with pytest.raises(ObjectMissing):
        storage.stat("sha256/pipe")


def test_an_object_may_be_a_link_to_another_disk(storage, root, staged):
    (root / "image").symlink_to(staged)

    assert storage.stat("image").size == 8
    assert content(storage, "image") == b"an image"


def test_a_key_below_an_object_does_not_replace_it(storage, staged, tmp_path):
    storage.adopt("a", staged)
    other = tmp_path / "other"
    other.write_bytes(b"another")

    with pytest.raises(StorageUnavailable):
        storage.adopt("a/b", other)

    assert content(storage, "a") == b"an image"
    assert other.read_bytes() == b"another"


def test_where_the_disk_is_not_mounted_nothing_is_written(storage, root, staged):
    (root / ".arriving").rmdir()

    with pytest.raises(StorageUnavailable):
        storage.adopt("sha256/ab/image", staged)
    with pytest.raises(StorageUnavailable):
        storage.check()

    assert list(root.iterdir()) == []


def test_a_directory_that_somebody_removed_is_made_again(storage, root, staged, tmp_path):
    storage.adopt("sha256/ab/image", staged)
    storage.delete("sha256/ab/image")
    (root / "sha256/ab").rmdir()
    other = tmp_path / "other"
    other.write_bytes(b"another")

    storage.adopt("sha256/ab/image", other)

    assert content(storage, "sha256/ab/image") == b"another"


def test_the_free_space_is_that_of_the_disk(small_disk):
    storage = DirectoryStorage(small_disk)

    assert 0 < storage.free_space() <= 2 * MIB


def test_a_disk_that_is_gone_has_no_free_space_to_tell(storage, root):
    (root / ".arriving").rmdir()
    root.rmdir()

    assert storage.free_space() is None


def open_with(tmp_path, **values):
    return sregistry_storage("filesystem", PluginSettings("disk", values, tmp_path, {}))


def test_the_hook_opens_the_kind_filesystem_and_no_other(tmp_path):
    storage = open_with(tmp_path, root="images")

    assert isinstance(storage, DirectoryStorage)
    assert (tmp_path / "images").is_dir()
    assert sregistry_storage("s3", PluginSettings("disk", {}, tmp_path, {})) is None


def test_a_root_that_is_a_file_stops_the_start_with_one_line(tmp_path, staged):
    with pytest.raises(ConfigurationError) as refused:
        open_with(tmp_path, root="staged")

    assert str(refused.value) == (f"disk.root = {staged} cannot be used as a storage: File exists")


def test_a_full_disk_stops_the_start_with_one_line(small_disk):
    (small_disk / "filler").write_bytes(b"x" * MIB)
    with (small_disk / "filler").open("ab", buffering=0) as filler, pytest.raises(OSError):
        while True:
            filler.write(b"x" * 4096)

    with pytest.raises(ConfigurationError, match=r"cannot be used as a storage: .*No space left"):
        open_with(small_disk, root=".")


def test_a_missing_root_stops_the_start_with_one_line(tmp_path):
    with pytest.raises(ConfigurationError, match=r"^disk\.root is missing from the ini file$"):
        open_with(tmp_path)
