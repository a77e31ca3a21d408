"""What must hold after any fault: rows have their bytes, and nothing else is left."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from sregistry_core.ini import read_ini
from sregistry_core.storage.blob_store import Place
from sregistry_core.testing.live import LiveRegistry

from .answers import Refused
from .pushing import Client

LONG_AGO_SECONDS = 3600


def require_sound(registry: LiveRegistry, acknowledged: Mapping[str, str]) -> None:
    """Check a running registry.

    acknowledged   the digest of everything whose push was acknowledged, by its name with tag
    """
    require_bytes_of_every_row(registry)
    client = Client(registry.url)
    for name, digest in acknowledged.items():
        assert client.pull(name) == digest, f"{name} was acknowledged, and is something else"
    for name, digest in tags(registry):
        assert client.pull(name) == digest, f"{name} does not lead to the bytes of its image"


def require_whole_or_absent(registry: LiveRegistry, container: str, digests: Iterable[str]) -> None:
    """Check images whose push was not acknowledged."""
    client = Client(registry.url)
    for digest in digests:
        try:
            found = client.pull(f"{container}:sha256.{digest}")
        except Refused as refused:
            assert refused.status == 404, refused
        else:
            assert found == digest


def require_nothing_left(registry: LiveRegistry) -> None:
    """Sweep as an administrator does, an hour later, and check that all files are owned."""
    make_old(registry)
    registry.admin("gc", "--grace", "0s")
    assert not unowned(registry), "files without a row"
    uploads = {row["id"] for row in _rows(registry, "SELECT id FROM upload")}
    waiting = {path.name.partition(".")[0] for path in files_below(registry.data / "staging")}
    assert waiting <= uploads, "files of uploads that nobody knows"


def unowned(registry: LiveRegistry) -> set[str]:
    """Give the keys of stored files that have no row."""
    images = registry.data / "images"
    kept = {str(path.relative_to(images)) for path in files_below(images)}
    return kept - {row["key"] for row in _rows(registry, "SELECT key FROM blob")}


def make_old(registry: LiveRegistry) -> None:
    """Set every file back by an hour: what is young is left alone by design."""
    then = time.time() - LONG_AGO_SECONDS
    for room in ("images", "staging"):
        for path in files_below(registry.data / room):
            os.utime(path, (then, then))


def files_below(directory: Path) -> list[Path]:
    """Give all files below a directory."""
    return sorted(path for path in directory.rglob("*") if path.is_file())


def tags(registry: LiveRegistry) -> Iterator[tuple[str, str]]:
    """Give the name of every tag, and the digest of its image."""
    rows = _rows(
        registry,
        """SELECT entity.name AS e, collection.name AS l, container.name AS c, tag.name AS t,
                  image.digest AS digest, image.blob_id AS blob_id
           FROM tag JOIN image ON image.id = tag.image_id
           JOIN container ON container.id = tag.container_id
           JOIN collection ON collection.id = container.collection_id
           JOIN entity ON entity.id = collection.entity_id""",
    )
    for row in rows:
        name = f"{row['e']}/{row['l']}/{row['c']}:{row['t']}"
        assert row["blob_id"], f"{name} points at an image without bytes"
        yield name, row["digest"].removeprefix("sha256:")


def count(registry: LiveRegistry, table: str) -> int:
    """Count the rows of a table."""
    return int(_rows(registry, f"SELECT count(*) AS found FROM {table}")[0]["found"])


def require_bytes_of_every_row(registry: LiveRegistry) -> None:
    """Read all that is stored, wherever it is, and compare it with what the rows say of it."""
    with registry.services() as services:
        for row in _rows(registry, "SELECT storage, key, size, digest FROM blob"):
            place = Place(row["storage"], row["key"])
            with services.facilities.blob_store.open(place, size=row["size"]) as source:
                found = hashlib.file_digest(source, "sha256").hexdigest()
                assert source.tell() == row["size"], f"{row['key']} has another size"
            assert f"sha256:{found}" == row["digest"], f"{row['key']} has other bytes"
    lost = "SELECT id FROM image WHERE blob_id NOT IN (SELECT id FROM blob)"
    assert not _rows(registry, lost), "an image refers to bytes that nobody keeps"


def _rows(registry: LiveRegistry, statement: str) -> list[Any]:
    ini = read_ini(registry.ini, {})
    url = ini.app["sregistry.database"]
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{ini.here / url.removeprefix('sqlite:///')}?timeout=30"
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return list(connection.execute(text(statement)).mappings())
