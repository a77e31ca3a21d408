"""One registry in three states: a thing is public, is private, or has never been.

In all three the same people have the same tokens, and the same names and identifiers are asked for.
So what a stranger is answered about something private can be compared, byte for byte, with the
answer where there is no such thing.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from sregistry_core.contracts import Caller as Identity
from sregistry_core.contracts import Scope
from sregistry_core.models import CollectionRole, Credential, WebSession
from sregistry_core.names import CollectionName
from sregistry_core.services.authentication import digest_of
from sregistry_core.settings import PROTOCOLS
from sregistry_core.testing.oci import (
    EMPTY,
    OCI_MANIFEST,
    OciClient,
    descriptor,
    index_of,
    manifest_of,
)
from sregistry_core.testing.oci import digest_of as oci_digest_of
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.registry import Actor, Registry
from sregistry_core.testing.sif_files import make_sif

from .callers import CALLERS, SIGNED_LONG_AGO, USERS, Credentials
from .things import Things, Uploads

PUBLIC, PRIVATE, ABSENT = "public", "private", "absent"
WORLDS = (PUBLIC, PRIVATE, ABSENT)
HOME = "tacc"
"""The registry's own entity."""
NOBODYS = {"ada": "eve", "crew": "gang", HOME: HOME}
"""Names of the same length as others, that nobody has."""
ISSUER = "https://gitlab.test"
REPOSITORY = {"url": "https://127.0.0.1/lab/recipes"}
"""Nobody is asked there: it is a private address, and those are not allowed."""
LABEL = "tells-of-itself"
IMAGE = make_sif(labels={"org.label-schema.name": LABEL})
COMING = make_sif(labels={"org.label-schema.name": "coming"})
PUSHED = make_sif(labels={"org.label-schema.name": "pushed in one request"})
LAYER = b"a layer of an artifact"
INDEX = index_of([])
KEY_TEXT = Key.make("Ada Lovelace <ada@example.org>").public
ROLES = {
    "rita": CollectionRole.READER,
    "will": CollectionRole.WRITER,
    "dora": CollectionRole.OWNER,
}
SHORT = timedelta(minutes=4)
A_LITTLE_LATER = timedelta(minutes=5)


@dataclass(frozen=True)
class Template:
    """A state that can be gone back to."""

    database: sqlite3.Connection
    files: Path


class Worlds:
    """Makes the three states, and goes from one to another."""

    def __init__(self, directory: Path, empty_database: Path):
        ini = {
            "sregistry.protocols": " ".join(PROTOCOLS),
            "sregistry.plugin_modules": "sregistry_core.testing.elsewhere"
            " sregistry_core.testing.toy_builder",
            "sregistry.builder": "toy",
            "sregistry.publishers": ISSUER,
            "sregistry.login": "passwords elsewhere byform",
            "byform.use": "elsewhere",
            "byform.by_form": "true",
        }
        self.registry = Registry(directory / "registry", empty_database, ini)
        self.credentials = Credentials()
        self.things: dict[str, Things] = {}
        self.own_containers: dict[str, str] = {}
        self.user_ids: dict[str, str] = {}
        self.context_address = ""
        self._templates: dict[str, Template] = {}
        self._directory = directory
        self._do_not_sync()
        self._live = sqlite3.connect(
            self.registry.directory / "registry.sqlite", isolation_level=None
        )
        self._live.execute("PRAGMA synchronous = OFF")
        self._actors: dict[str, Actor] = {}
        self._make()
        self.now = ""
        self.enter(PRIVATE)

    def close(self) -> None:
        """Close every database."""
        self._live.close()
        for template in self._templates.values():
            template.database.close()
        self.registry.close()

    def enter(self, world: str) -> None:
        """Go to a state, whatever the one before was."""
        template = self._templates[world]
        template.database.backup(self._live)
        here, wanted = (_files(root) for root in (self.registry.directory, template.files))
        for name in here.keys() - wanted.keys():
            Path(self.registry.directory, name).unlink()
        for name, state in wanted.items():
            if here.get(name) != state:
                shutil.copy2(template.files / name, self.registry.directory / name)
        self.now = world
        self._seen = self._state()

    def has_changed(self) -> bool:
        """Tell whether anything was written since the state was entered: rows or bytes."""
        return self._state() != self._seen

    def _state(self) -> tuple[object, ...]:
        version = self._live.execute("PRAGMA data_version").fetchone()[0]
        return version, _files(self.registry.directory)

    def _keep(self, world: str) -> None:
        files = self._directory / world
        for name in ("images", "staging"):
            shutil.copytree(self.registry.directory / name, files / name, dirs_exist_ok=True)
        kept = self._templates.get(world) or Template(sqlite3.connect(":memory:"), files)
        self._live.backup(kept.database)
        self._templates[world] = kept

    def _do_not_sync(self) -> None:
        # Nothing here outlives the tests, and waiting for the disk is most of a commit.
        def prepare(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")

        engine = self.registry.parts.database.reading
        engine.dispose()
        event.listen(engine, "connect", prepare)

    # How it came about

    def _make(self) -> None:
        self._make_people()
        self._announce_files()
        self._keep(ABSENT)
        self._give_narrow_tokens(ABSENT)
        for entity, owner in (("ada", "ada"), ("crew", "tess"), (HOME, "ada")):
            self.things[entity] = self._fill(entity, self._actors[owner])
        self.registry.run_jobs()
        for entity, owner in (("ada", "ada"), ("crew", "tess"), (HOME, "ada")):
            rebuild = f"/api/v1/containers/{entity}/lab/blast/tags/1/rebuild"
            self._actors[owner].put(rebuild, {"every_days": 7}, status=200)
            build = _order(entity, self._actors[owner], "say hello")
            self.things[entity] = replace(self.things[entity], build_id=build)
        self._keep(PRIVATE)
        self._give_narrow_tokens(PRIVATE)
        for entity in self.things:
            for collection in ("lab", "bay"):
                self.registry.hide(f"{entity}/{collection}", private=False)
        self._keep(PUBLIC)
        self._give_narrow_tokens(PUBLIC)
        self.registry.clock.move(A_LITTLE_LATER)
        for world in WORLDS:
            self.enter(world)
            self._disable_dora()
            self._keep(world)

    def _make_people(self) -> None:
        for name in USERS:
            actor = self.registry.user(name, is_admin=name == "root")
            self._actors[name] = actor
            self.credentials.tokens[name] = str(actor.token)
        with self._unit() as services:
            for name in USERS:
                user = services.accounts.find(name)
                self.user_ids[name] = user.id
                begin = services.authentication.begin_session
                self.credentials.sessions[name] = begin(user, None)
                services.db.add(Credential(user_id=user.id, provider="elsewhere", key=name))
                self.credentials.secrets[name] = services.client_credentials.renew(user).secret
            for key, scope, lifetime in (
                ("ada:expired", Scope.ADMIN, SHORT),
                ("ada:pull", Scope.PULL, None),
                ("ada:push", Scope.PUSH, None),
                ("tess:pull", Scope.PULL, None),
                ("root:pull", Scope.PULL, None),
            ):
                user = services.accounts.find(key.partition(":")[0])
                made = services.tokens.issue(user, scope=scope, lifetime=lifetime)
                self.credentials.tokens[key] = made.secret
            ada = services.accounts.find("ada")
            self.spare_token = services.tokens.issue(ada, name="spare").token.id
            expired = services.authentication.begin_session(ada, None)
            self.credentials.sessions["ada:expired"] = expired
            services.db.flush()
            session = services.db.get_one(WebSession, digest_of(expired))
            session.expires_at = self.registry.clock() + SHORT
            services.federation.add("elsewhere", "https://registry.elsewhere.test")
        self._actors["ada"].post(
            "/pks/add",
            f"keytext={KEY_TEXT.replace('+', '%2B')}".encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            status=200,
        )
        tess = self._actors["tess"]
        tess.post("/api/v1/teams", {"team": "crew"}, status=201)
        tess.put("/api/v1/teams/crew/members/tom", {"role": "member"}, status=200)
        tess.post("/api/v1/teams/crew/robots", {"robot": "ci", "scope": "push"}, status=201)
        for name, actor in self._actors.items():
            self.own_containers[name] = self._make_box(name, actor)
        now = self.registry.clock() + A_LITTLE_LATER
        self.credentials.hours["now"] = f"{now:%Y%m%dT%HZ}"
        self.credentials.hours["long ago"] = f"{now - SIGNED_LONG_AGO:%Y%m%dT%HZ}"

    def _make_box(self, name: str, actor: Actor) -> str:
        box = {"entity": name, "collection": "box", "private": True}
        actor.post("/api/v1/collections", box, status=201)
        path = f"/api/v1/collections/{name}/box/containers"
        actor.post(path, {"container": "mine"}, status=201)
        return str(actor.get(f"/v1/containers/{name}/box/mine", status=200).json["data"]["id"])

    def _fill(self, entity: str, owner: Actor) -> Things:
        for collection in ("lab", "bay"):
            asked = {"entity": entity, "collection": collection, "private": True}
            owner.post("/api/v1/collections", asked, status=201)
        self._make_robots(f"/api/v1/collections/{entity}/lab", owner)
        path = f"{entity}/lab/blast"
        image_id = owner.push(f"{path}:1", IMAGE)
        found = owner.get(f"/v1/containers/{path}", status=200).json["data"]
        coming = {"hash": f"sha256.{sha256_of(COMING)}", "container": found["id"]}
        coming_id = owner.post("/v1/images", coming, status=200).json["data"]["id"]
        client = OciClient(owner.app, owner.name, owner.token)
        manifest = client.push_artifact(path, "2", LAYER)
        subject = {"mediaType": OCI_MANIFEST, "digest": manifest, "size": 2}
        referrer = manifest_of(
            descriptor(EMPTY, "application/vnd.oci.empty.v1+json"), [], subject=subject
        )
        client.push_manifest(path, oci_digest_of(referrer), referrer)
        # An OCI client that asks for a tag of the library makes its manifest, once.
        client.manifest(path, "1", status=200)
        owner.put(
            f"/api/v1/collections/{entity}/lab/build-secrets/LICENCE",
            {"value": "what only builds know"},
            status=200,
        )
        connected = owner.put(
            f"/api/v1/collections/{entity}/lab/repository", REPOSITORY, status=200
        )
        share = owner.post(f"/api/v1/containers/{path}/shares", {"reference": "1"}, status=201)
        things = Things(
            entity=entity,
            entity_id=found["entity"],
            collection_id=found["collection"],
            container_id=found["id"],
            image_id=image_id,
            coming_id=coming_id,
            manifest=manifest,
            referrer=oci_digest_of(referrer),
            share_number=str(share.json["number"]),
            share_token=share.json["web_url"].split("/s/")[1].partition("/")[0],
            ended_build_id=_order(entity, owner, "fail"),
            hook_id=connected.json["hook_url"].rpartition("/")[2],
        )
        self._let_all_begin(things)
        return things

    def _make_robots(self, collection: str, owner: Actor) -> None:
        owner.post(f"{collection}/robots", {"robot": "ci", "scope": "push"}, status=201)
        trusted = {"issuer": ISSUER, "claims": {"repository": "lab/blast"}, "scope": "push"}
        owner.post(f"{collection}/publishers", {"publisher": "builds", **trusted}, status=201)

    def _announce_files(self) -> None:
        """Ada has files that a definition of hers copies."""
        digest = f"sha256.{sha256_of(COMING)}"
        asked = {"size": len(COMING), "digest": digest}
        announced = self._actors["ada"].post("/v1/build-context", asked, status=200)
        self.context_address = announced.headers["Location"].rpartition("/")[2]

    def _let_all_begin(self, things: Things) -> None:
        """Everybody begins to push while they may; then most lose that right."""
        self._grant(things.entity, dict.fromkeys(USERS, CollectionRole.WRITER))
        for name in USERS:
            things.uploads[name] = self._begin_uploads(things, self._actors[name])
        with self._unit() as services:
            for collection in ("lab", "bay"):
                found = services.catalog.collection(CollectionName(things.entity, collection))
                for name in USERS:
                    services.grants.take(found, user=name)
        self._grant(things.entity, ROLES)
        if things.entity == HOME:
            self._grant(HOME, {"ada": CollectionRole.OWNER})
            with self._unit() as services:
                found = services.catalog.collection(CollectionName(HOME, "lab"))
                services.grants.give(found, CollectionRole.WRITER, team="crew")

    def _begin_uploads(self, things: Things, actor: Actor) -> Uploads:
        address = f"/v2/imagefile/{things.coming_id}"
        size = {"filesize": len(COMING)}
        whole = actor.post(address, {**size, "sha256sum": sha256_of(COMING)}, status=200)
        bring = str(whole.json["data"]["uploadURL"])
        actor.put(bring, COMING, status=200)
        parts = actor.post(f"{address}/_multipart", size, status=200).json["data"]["uploadID"]
        first = {"uploadID": parts, "partNumber": 1}
        one = actor.put(f"{address}/_multipart", first, status=200)
        actor.put(one.json["data"]["presignedURL"], COMING, status=200)
        begun = actor.post(f"/v2/{things.entity}/lab/blast/blobs/uploads/", status=202)
        asked = {"collection": f"{things.entity}/lab", "name": "blast", "tag": "3"}
        push = actor.post("/api/upload/chunked_upload", asked, status=200)
        return Uploads(
            parts_id=parts,
            blob_upload=begun.headers["Location"].rpartition("/")[2],
            bring=bring.rpartition("/")[2],
            cid=push.json["cid"],
        )

    def _grant(self, entity: str, roles: dict[str, CollectionRole]) -> None:
        with self._unit() as services:
            for collection in ("lab", "bay"):
                found = services.catalog.collection(CollectionName(entity, collection))
                for name, role in roles.items():
                    services.grants.give(found, role, user=name)

    def _give_narrow_tokens(self, world: str) -> None:
        """Give everybody a token for everything that the lines of the matrix ask of OCI."""
        for caller in CALLERS:
            entity = "crew" if caller.is_of_team else "ada"
            scopes = [
                f"repository:{one}/lab/blast:pull,push,delete" for one in (entity, NOBODYS[entity])
            ]
            scopes += [f"repository:{caller.user or 'ada'}/box/mine:pull,push"]
            query = "&".join(f"scope={scope}" for scope in [*scopes, "registry:catalog:*"])
            key = caller.credentials_of
            token = self.credentials.tokens[key] if caller.user else None
            answer = Actor(self.registry.app, caller.user, token).get(
                f"/v2/token?{query}", status=200
            )
            self.credentials.narrow[key, world] = answer.json["token"]

    def _disable_dora(self) -> None:
        with self._unit() as services:
            dora = services.accounts.disable("dora")
            # Disabling has ended her sessions; one that was overlooked must not work either.
            services.db.flush()
            services.db.add(
                WebSession(
                    digest=digest_of(self.credentials.sessions["dora"]),
                    user_id=dora.id,
                    created_at=self.registry.clock(),
                    expires_at=self.registry.clock() + timedelta(days=1),
                )
            )

    @contextmanager
    def _unit(self) -> Iterator[object]:
        with self.registry.parts.unit(Identity.system())() as services:
            yield services


def _files(directory: Path) -> dict[str, tuple[int, int]]:
    """Give size and time of change of every file of images and uploads, by its path within."""
    found: dict[str, tuple[int, int]] = {}
    folders = ["images", "staging"]
    while folders:
        folder = folders.pop()
        with os.scandir(f"{directory}/{folder}") as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(f"{folder}/{entry.name}")
                else:
                    about = entry.stat()
                    found[f"{folder}/{entry.name}"] = about.st_size, about.st_mtime_ns
    return found


def sha256_of(content: bytes) -> str:
    """Give the digest in hex."""
    return hashlib.sha256(content).hexdigest()


def _order(entity: str, owner: Actor, definition: str) -> str:
    wish = {"name": f"{entity}/lab/built:1", "definition": definition}
    return str(owner.post("/api/v1/builds", wish, status=201).json["id"])
