"""A registry with one of everything, made once and copied for each test."""

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sregistry_core.contracts import Scope
from sregistry_core.names import CollectionName, ContainerName, ImageName
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.registry import PASSWORD, Registry
from sregistry_core.testing.sif_files import make_sif

PROTOCOLS = (
    "discovery transfer library oci directory sregistry shub hkp remotebuild webhooks api ui"
)
IMAGE = make_sif(labels={"maintainer": "ada"})
WITNESS = make_sif(labels={"maintainer": "bob"})
DIGEST = hashlib.sha256(IMAGE).hexdigest()
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Seeds:
    """What is in the registry.

    known      for the name of each placeholder in a path, values that lead somewhere
    tokens     the secret of each user's token
    session    the cookie of a browser in which Ada is signed in
    """

    directory: Path
    known: Mapping[str, tuple[Any, ...]]
    tokens: Mapping[str, str]
    session: str
    secret: str

    def registry(self, directory: Path) -> Registry:
        """Give a registry of its own that holds all this."""
        shutil.copytree(self.directory / "images", directory / "images")
        return Registry(
            directory, self.directory / "registry.sqlite", {"sregistry.protocols": PROTOCOLS}
        )

    def restore(self, registry: Registry) -> None:
        """Put the database back; images stay, since only jobs remove them."""
        registry.parts.database.dispose()
        database = registry.directory / "registry.sqlite"
        for end in ("-wal", "-shm"):
            database.with_name(database.name + end).unlink(missing_ok=True)
        shutil.copy(self.directory / "registry.sqlite", database)

    def signed(self, hour: str, action: str) -> str:
        """Give what Ada's sregistry client signs."""
        payload = f"{action}|lab|{hour}|blast|1.0|"
        digits = hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        user = base64.b64encode(b"ada").decode()
        return f"SREGISTRY-HMAC-SHA256 Credential={action}/{user}/{hour},Signature={digits}"


def plant(directory: Path, empty_database: Path) -> Seeds:
    """Make the registry that is copied."""
    registry = Registry(directory, empty_database, {"sregistry.protocols": PROTOCOLS})
    ada, bob = registry.user("ada"), registry.user("bob")
    root = registry.user("root", is_admin=True)
    image = ada.push("ada/lab/blast:1.0", IMAGE)
    bob.push("bob/private/witness:1", WITNESS)
    registry.hide("bob/private")
    announced = ada.post(
        "/v1/images",
        {"hash": "sha256." + "5" * 64, "container": _container(ada, "ada/lab/blast")},
    ).json["data"]["id"]
    address = ada.post(f"/v2/imagefile/{announced}", {"filesize": 10}).json["data"]["uploadURL"]
    parts = ada.post(f"/v2/imagefile/{announced}/_multipart", {"filesize": 10}).json["data"]
    cid = ada.post(
        "/api/upload/chunked_upload", {"collection": "ada/lab", "name": "blast", "tag": "2.0"}
    ).json["cid"]
    blob_upload = ada.post("/v2/ada/lab/blast/blobs/uploads/", status=202).location
    manifest = ada.get("/v2/ada/lab/blast/manifests/1.0", headers={"Accept": MANIFEST})
    spare = ada.post("/api/v1/tokens", {"name": "spare", "scope": "pull"}, status=201).json
    key = Key.make("Ada <ada@example.org>")
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        secret = services.client_credentials.renew(user).secret
        services.federation.add("elsewhere", "https://elsewhere.test")
        share = services.shares.create(ImageName(ContainerName("ada", "lab", "blast"), "1.0"))
        lab = services.catalog.collection(CollectionName("ada", "lab"))
        blast = services.catalog.container(ContainerName("ada", "lab", "blast"))
        collection_id, container_id = lab.id, blast.id
        share_token = share.shub_uri.partition("/s/")[2].partition("/")[0]
        services.tokens.issue(user, scope=Scope.PULL)
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)
    for owner in ("collections/ada/lab", "teams/crew"):
        ada.post(f"/api/v1/{owner}/robots", {"robot": "ci", "scope": "pull"}, status=201)
    connected = ada.put(
        "/api/v1/collections/ada/lab/repository", {"url": "https://127.0.0.1/a/b"}, status=200
    )
    registry.app.post("/pks/add", {"keytext": key.public}, headers=ada.headers, status=200)
    registry.run_jobs()
    form = registry.app.get("/auth/sign-in").forms[0]
    form["name"], form["password"] = "ada", PASSWORD
    form.submit(headers={"Accept": "text/html"}, status=303)
    session = registry.app.cookies["sregistry_session"]
    registry.close()
    digests = (f"sha256:{DIGEST}", f"sha256.{DIGEST}")
    return Seeds(
        directory=directory,
        known={
            "robot": ("ci",),
            "name": (
                "ada/lab/blast:1.0",
                "ada/lab/blast",
                "ada/lab",
                "ada",
                f"ada/lab/blast:{digests[1]}",
            ),
            "entity": ("ada", "bob", ""),
            "collection": ("lab", "ada/lab", "private"),
            "container": ("blast", "blast:1.0", container_id, f"blast@{digests[0]}"),
            "image": (image, announced),
            "reference": ("1.0", digests[0], manifest.headers["Docker-Content-Digest"]),
            "digest": (digests[0], manifest.headers["Docker-Content-Digest"]),
            "tag": ("1.0", "latest"),
            "user": ("ada", "bob"),
            "team": ("crew",),
            "hook": (connected.json["hook_url"].rpartition("/")[2],),
            "number": (share.link.number,),
            "token": (spare["id"], share_token),
            "id": (collection_id, image),
            "upload": (blob_upload.rpartition("/")[2].partition("?")[0],),
            "address": (address.rpartition("/")[2],),
            "key": ("maintainer",),
            "value": ("ada",),
            "text": ("lab",),
            "registry": ("elsewhere",),
            "rest": ("/api/container/a/b",),
            "slash": ("/", ""),
            "subpath": ("/style.css", ""),
            "cid": (cid,),
            "uploadID": (parts["uploadID"],),
        },
        tokens={"ada": ada.token or "", "bob": bob.token or "", "root": root.token or ""},
        session=session,
        secret=secret,
    )


def _container(actor, name):
    return actor.get(f"/v1/containers/{name}").json["data"]["id"]


def body_of_known(seeds: Seeds) -> bytes:
    """Give a body with members that lead somewhere."""
    return json.dumps({name: values[0] for name, values in seeds.known.items()}).encode()
