"""Many repositories and tags in our own database, written there as pushes leave them."""

from pathlib import Path

from sqlalchemy import Connection, Table, create_engine, select

from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Collection, Container, Manifest, ManifestTag, RepositoryBlob

_AT_ONCE = 500


def shelve(database: Path, repository: str, tags: int) -> None:
    """Give a repository so many further tags of the manifest that it has."""
    with create_engine(f"sqlite:///{database}").begin() as connection:
        container = _container(connection, repository.rpartition("/")[2])
        row = _rows(connection, ManifestTag.__table__, container)[0]
        further = [{**row, "name": f"t{number:05}"} for number in range(tags)]
        _add(connection, ManifestTag.__table__, further)


def multiply(database: Path, repository: str, others: list[str]) -> None:
    """Make other repositories that hold the same as one: `entity/collection/container`.

    A collection of the same entity is made for each new name.
    """
    with create_engine(f"sqlite:///{database}").begin() as connection:
        container = _container(connection, repository.rpartition("/")[2])
        tables = (RepositoryBlob.__table__, Manifest.__table__, ManifestTag.__table__)
        samples = [_rows(connection, table, container) for table in tables]
        shelf = _one(connection, Collection.__table__, repository.split("/")[1])
        sample = _one(connection, Container.__table__, repository.rpartition("/")[2])
        shelves: dict[str, str] = {}
        rows: dict[Table, list[dict[str, object]]] = {}
        for name in others:
            _, collection, own = name.split("/")
            if collection not in shelves:
                shelves[collection] = new_identifier()
                new = {**shelf, "id": shelves[collection], "name": collection}
                rows.setdefault(Collection.__table__, []).append(new)
            here, manifest = new_identifier(), new_identifier()
            new = {**sample, "id": here, "name": own, "collection_id": shelves[collection]}
            rows.setdefault(Container.__table__, []).append(new)
            for table, found in zip(tables, samples, strict=True):
                for row in found:
                    new = {**row, "container_id": here}
                    if "id" in row:
                        new |= {"id": manifest, "image_id": None}
                    if "manifest_id" in row:
                        new["manifest_id"] = manifest
                    rows.setdefault(table, []).append(new)
        for table, all_ in rows.items():
            _add(connection, table, all_)


def _add(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(table.insert(), rows[start : start + _AT_ONCE])


def _container(connection: Connection, name: str) -> str:
    return str(_one(connection, Container.__table__, name)["id"])


def _one(connection: Connection, table: Table, name: str) -> dict[str, object]:
    return dict(connection.execute(select(table).where(table.c.name == name)).mappings().one())


def _rows(connection: Connection, table: Table, container: str) -> list[dict[str, object]]:
    found = connection.execute(select(table).where(table.c.container_id == container))
    return [dict(row) for row in found.mappings()]
