"""A whole registry for tests, spoken to through WebTest by people who push and pull."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from webtest import TestApp, TestResponse

from sregistry_core.app import Parts
from sregistry_core.contracts import Scope
from sregistry_core.db import schema
from sregistry_core.db.session import open_database
from sregistry_core.models import metadata
from sregistry_core.names import CollectionName

from .routers import Routers
from .statements_once import compile_once

PUBLIC_URL = "http://registry.test"
PASSWORD = "correct horse battery"
_REMEMBERED: dict[tuple[str | None, ...], Any] = {}
_Given = TypeVar("_Given")


class MovableClock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass
class Actor:
    """Somebody who speaks to the registry: a user with a token, or a stranger without."""

    app: TestApp
    name: str
    token: str | None = None
    extra_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """What every request of theirs shows."""
        shown = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**shown, **self.extra_headers}

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET, of a path or of an absolute address of the registry."""
        return self._ask("GET", path, **options)

    def head(self, path: str, **options: Any) -> TestResponse:
        """HEAD."""
        return self._ask("HEAD", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE."""
        return self._ask("DELETE", path, **options)

    def post(self, path: str, body: Any = b"", **options: Any) -> TestResponse:
        """POST: bytes as they are, anything else as JSON without a content type, as clients do."""
        return self._ask("POST", path, body=body, **options)

    def put(self, path: str, body: Any = b"", **options: Any) -> TestResponse:
        """PUT: bytes as they are, anything else as JSON without a content type."""
        return self._ask("PUT", path, body=body, **options)

    def push(self, name: str, image: bytes, *, arch: str = "amd64", tags: str = "") -> str:
        """Push as Apptainer does, one piece; give the identifier of the image.

        name   `entity/collection/container:tag`; `tags` may name further ones, with commas
        """
        path, _, tag = name.partition(":")
        entity, collection, container = path.split("/")
        digest = hashlib.sha256(image).hexdigest()
        entity_id = self._ensure(f"/v1/entities/{entity}", "/v1/entities", {"name": entity})
        collection_id = self._ensure(
            f"/v1/collections/{entity}/{collection}",
            "/v1/collections",
            {"name": collection, "entity": entity_id},
        )
        container_id = self._ensure(
            f"/v1/containers/{path}",
            "/v1/containers",
            {"name": container, "collection": collection_id},
        )
        announced = self.post(
            "/v1/images", {"hash": f"sha256.{digest}", "container": container_id}, status=200
        ).json["data"]
        if not announced["uploaded"]:
            self.upload(announced["id"], image)
        for one in [tag or "latest", *filter(None, tags.split(","))]:
            self.post(
                f"/v2/tags/{container_id}",
                {"Arch": arch, "Tag": one, "ImageID": announced["id"]},
                status=200,
            )
        return str(announced["id"])

    def upload(self, image_id: str, image: bytes) -> None:
        """Send the bytes of an announced image in one piece."""
        begun = self.post(
            f"/v2/imagefile/{image_id}",
            {"filesize": len(image), "sha256sum": hashlib.sha256(image).hexdigest()},
            status=200,
        )
        self.put(begun.json["data"]["uploadURL"], image, status=200)
        self.put(f"/v2/imagefile/{image_id}/_complete", {}, status=200)

    def pull(self, name: str, *, arch: str = "amd64", **options: Any) -> TestResponse:
        """Pull by library://."""
        return self.get(f"/v1/imagefile/{name}?arch={arch}", **options)

    def shub(self, path: str, **options: Any) -> TestResponse:
        """Ask for a shub manifest: `collection/container:tag`, or `entity/collection/...`."""
        *prefix, collection, container = path.split("/")
        before = "".join(f"/{part}" for part in prefix)
        return self.get(f"{before}/api/container/{collection}/{container}", **options)

    def _ensure(self, found_at: str, made_at: str, wanted: Mapping[str, Any]) -> str:
        found = self.get(found_at, expect_errors=True)
        if found.status_int == 404:
            found = self.post(made_at, wanted, status=200)
        assert found.status_int == 200, found.text
        return str(found.json["data"]["id"])

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        if path.startswith("http"):
            parts = urlsplit(path)
            assert f"{parts.scheme}://{parts.netloc}" == PUBLIC_URL, f"a foreign address: {path}"
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            shown = dict(headers or {})
        else:
            shown = {**self.headers, **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            options["body"] = body
        return self.app.request(path, method=method, headers=shown, **options)


class Registry:
    """A registry with its own directory, database and clock."""

    def __init__(
        self,
        directory: Path,
        empty_database: Path,
        settings: Mapping[str, str],
        routers: Routers | None = None,
    ):
        self._routers = routers or Routers()
        self._settings = settings
        self.directory = directory
        self.clock = MovableClock()
        directory.mkdir(parents=True, exist_ok=True)
        self.ini = {**ini_of(directory), **settings}
        if self.ini["sregistry.database"].startswith("sqlite"):
            shutil.copy(empty_database, directory / "registry.sqlite")
        self.parts = Parts.open(self.ini, here=directory, environ={}, clock=self.clock)
        _remember_hashes(self.parts)
        compile_once(self.parts.database)
        self.app = TestApp(
            self._routers.take(self.parts, settings), extra_environ={"REMOTE_ADDR": "127.0.0.1"}
        )

    @property
    def stranger(self) -> Actor:
        """Somebody without a login."""
        return Actor(self.app, "stranger")

    def user(self, name: str, *, is_admin: bool = False, scope: Scope = Scope.ADMIN) -> Actor:
        """Make a user, and give them a token."""
        with self.parts.unit()() as services:
            user = services.accounts.create(
                name, password=PASSWORD, email=f"{name}@example.org", is_admin=is_admin
            )
            secret = services.tokens.issue(user, scope=scope).secret
        return Actor(self.app, name, secret)

    def with_scope(self, actor: Actor, scope: Scope) -> Actor:
        """The same user, with a token for less."""
        with self.parts.unit()() as services:
            user = services.accounts.find(actor.name)
            return Actor(self.app, actor.name, services.tokens.issue(user, scope=scope).secret)

    def with_password(self, name: str, password: str = PASSWORD) -> Actor:
        """Somebody who shows a name and a password."""
        shown = base64.b64encode(f"{name}:{password}".encode()).decode()
        return Actor(self.app, name, extra_headers={"Authorization": f"Basic {shown}"})

    def hide(self, collection: str, *, private: bool = True) -> None:
        """Make a collection private, or public."""
        with self.parts.unit()() as services:
            name = CollectionName.parse(collection, home=self.parts.settings.id)
            services.catalog.change_collection(services.catalog.collection(name), private=private)

    def run_jobs(self) -> int:
        """Do every duty that is due; how many."""
        return self.parts.jobs.run_all()

    def written(self) -> bytes:
        """Everything that the database holds: its files on SQLite, elsewhere every row."""
        if self.parts.database.reading.dialect.name == "sqlite":
            files = sorted(self.directory.glob("registry.sqlite*"))
            return b"".join(path.read_bytes() for path in files)
        with self.parts.database.transaction(writes=False) as db:
            rows = [
                tuple(row)
                for table in metadata.tables.values()
                for row in db.execute(select(table))
            ]
        return repr(rows).encode()

    def close(self) -> None:
        """Close the database."""
        self.parts.close()
        self._routers.give_back(self.app.app, self._settings)


def _remember_hashes(parts: Parts) -> None:
    """Hash and try each password of the tests once: that is slow on purpose."""
    hashes = parts.facilities.hashes
    hashes.hash = _remembered(hashes.hash)  # type: ignore[method-assign]
    hashes.fits = _remembered(hashes.fits)  # type: ignore[method-assign]


def _remembered(work: Callable[..., _Given]) -> Callable[..., _Given]:
    def give(*asked: str | None) -> _Given:
        key = (work.__name__, *asked)
        if key not in _REMEMBERED:
            _REMEMBERED[key] = work(*asked)
        return _REMEMBERED[key]  # type: ignore[no-any-return]

    return give


def ini_of(directory: Path) -> dict[str, str]:
    """The embedded default, in a directory."""
    return {
        "sregistry.id": "tacc",
        "sregistry.name": "Test Registry",
        "sregistry.public_url": PUBLIC_URL,
        "sregistry.plugins": "filesystem",
        "sregistry.storage": "filesystem",
        "filesystem.root": str(directory / "images"),
        "sregistry.staging": str(directory / "staging"),
        "sregistry.database": f"sqlite:///{directory}/registry.sqlite",
        "sregistry.secret": "a secret of the tests, and of nobody else",
        "sregistry.keep_free": "0",
        # Many tests show wrong passwords, and all from one address.
        "sregistry.login_attempts": "0",
        "sregistry.login_attempts_per_address": "0",
        "sregistry.protocols": "discovery transfer library shub",
    }


def make_empty_database(path: Path) -> Path:
    """Make a SQLite database of the newest schema, to be copied."""
    database = open_database(f"sqlite:///{path}")
    schema.upgrade(database.writing)
    database.dispose()
    return path
