"""Examines directories: whether they can be written to, and how much fits into them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from sregistry_core.cli.table import shown_size
from sregistry_core.server import ServerSettings
from sregistry_core.settings import CoreSettings
from sregistry_core.storage.staging import Staging

from .finding import Finding
from .opening import Opened

_SQLITE = "sqlite:///"


def examine_directories(opened: Opened, server: ServerSettings) -> Iterator[Finding]:
    """Open the waiting room, and write to the directories where bytes arrive."""
    settings = opened.settings
    try:
        opened.staging = Staging(settings.staging, keep_free=settings.keep_free)
    except OSError as error:
        opened.is_whole = False
        yield _unwritable("sregistry.staging", settings.staging, error)
        return
    spool = server.spool or opened.staging.spool
    yield _written("sregistry.staging", settings.staging)
    yield _written("spool", spool)
    if spool != opened.staging.spool:
        yield Finding.warning(
            f"spool: server:main spool = {spool} is not {opened.staging.spool}, "
            "so that every body is copied once more"
        )


def examine_space(opened: Opened) -> Iterator[Finding]:
    """Compare the free space of each directory and storage with what is to stay free."""
    settings = opened.settings
    free = {}
    if opened.staging is not None:
        free[f"sregistry.staging = {settings.staging}"] = _free(settings.staging)
    if settings.database.startswith(_SQLITE):
        directory = Path(settings.database.removeprefix(_SQLITE)).parent
        free[f"sregistry.database in {directory}"] = _free(directory)
    for name, storage in opened.storages.items():
        space = storage.free_space()
        if space is not None:
            free[f"storage {name}"] = space
    for where, space in free.items():
        if space < settings.keep_free:
            yield Finding.failure(
                f"space: {where} has {shown_size(space)} free, less than "
                f"sregistry.keep_free ({shown_size(settings.keep_free)}): pushes are refused"
            )
        else:
            yield Finding.ok(f"space: {where} has {shown_size(space)} free")


def examine_limits(settings: CoreSettings, server: ServerSettings) -> Iterator[Finding]:
    """Compare how much the server takes with how much an image may have."""
    limit, largest = server.max_body_size, settings.largest_image
    shown = f"server:main max_body_size ({shown_size(limit)})"
    if limit < min(settings.part_size, largest):
        yield Finding.failure(
            f"limits: {shown} is less than one part of an image "
            f"(sregistry.part_size, {shown_size(settings.part_size)})"
        )
    elif limit < largest:
        yield Finding.warning(
            f"limits: {shown} is less than sregistry.largest_image ({shown_size(largest)}): "
            "clients that push in one piece reach no further"
        )
    else:
        yield Finding.ok(f"limits: {shown} takes sregistry.largest_image ({shown_size(largest)})")


def _written(name: str, directory: Path) -> Finding:
    probe = directory / f"probe-{uuid4().hex}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, b"probe")
            os.fsync(handle)
        finally:
            os.close(handle)
            probe.unlink()
    except OSError as error:
        return _unwritable(name, directory, error)
    return Finding.ok(f"{name} = {directory} can be written to")


def _unwritable(name: str, directory: Path, error: OSError) -> Finding:
    return Finding.failure(f"{name} = {directory} cannot be written to: {error.strerror}")


def _free(directory: Path) -> int:
    return shutil.disk_usage(directory).free
