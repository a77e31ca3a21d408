"""A push to an object store, as Apptainer 1.4 does it, step by step."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import func, select

from sregistry_core.models import Blob, Upload
from sregistry_core.testing.direct_storage_contract import ask

MIB = 1 << 20


@dataclass
class Push:
    """A push of an image under way, step by step."""

    actor: object
    image: bytes
    name: str = "lab/blast"
    says_digest: bool = True

    def __post_init__(self):
        collection, container = self.name.split("/")
        actor = self.actor
        self.digest = hashlib.sha256(self.image).hexdigest()
        entity = actor.get(f"/v1/entities/{actor.name}").json["data"]["id"]
        made = self._made("/v1/collections", {"name": collection, "entity": entity})
        self.container = self._made("/v1/containers", {"name": container, "collection": made})
        self.announced = self.announce()
        self.id = self.announced["id"]

    def _made(self, path, wanted):
        return self.actor.post(path, wanted).json["data"]["id"]

    def announce(self):
        wanted = {"hash": f"sha256.{self.digest}", "container": self.container}
        return self.actor.post("/v1/images", wanted, status=200).json["data"]

    def address(self, size=None, **options):
        said = {"sha256sum": self.digest} if self.says_digest else {"md5sum": "0" * 32}
        answer = self.actor.post(
            f"/v2/imagefile/{self.id}",
            {"filesize": len(self.image) if size is None else size, **said},
            **options,
        )
        return answer.json["data"]["uploadURL"]

    def send(self, content=None):
        """PUT to the store, as the client does it, with the header that the address asks for."""
        content = self.image if content is None else content
        digest = self.digest if self.says_digest else None
        return ask("PUT", self.address(len(content)), content, shown(digest))

    def finish(self, **options):
        return self.actor.put(f"/v2/imagefile/{self.id}/_complete", {}, **options)

    def tag(self, name="1", **options):
        wanted = {"Arch": "amd64", "Tag": name, "ImageID": self.id}
        return self.actor.post(f"/v2/tags/{self.container}", wanted, **options)

    def begin_parts(self, **options):
        return self.actor.post(
            f"/v2/imagefile/{self.id}/_multipart", {"filesize": len(self.image)}, **options
        )

    def part_address(self, begun, number, digest="", **options):
        wanted = {
            "partSize": begun["partSize"],
            "uploadID": begun["uploadID"],
            "partNumber": number,
            "sha256sum": digest,
        }
        answer = self.actor.put(f"/v2/imagefile/{self.id}/_multipart", wanted, **options)
        return answer.json["data"]["presignedURL"]

    def send_part(self, begun, number):
        start = (number - 1) * begun["partSize"]
        part = self.image[start : start + begun["partSize"]]
        digest = hashlib.sha256(part).hexdigest()
        answer = ask("PUT", self.part_address(begun, number, digest), part, shown(digest))
        assert answer.status == 200, answer.body
        return {"partNumber": number, "token": f'"{answer.etag}"'}

    def finish_parts(self, begun, parts, **options):
        return self.actor.put(
            f"/v2/imagefile/{self.id}/_multipart_complete",
            {"uploadID": begun["uploadID"], "completedParts": parts},
            **options,
        )

    def whole(self):
        """All of a push in one piece."""
        assert self.send().status == 200
        self.finish(status=200)
        self.tag(status=200)
        return self

    def in_parts(self):
        """All of a push in parts."""
        begun = self.begin_parts(status=200).json["data"]
        parts = [self.send_part(begun, number) for number in range(1, begun["totalParts"] + 1)]
        self.finish_parts(begun, parts, status=200)
        self.tag(status=200)
        return self


def shown(digest):
    return {"X-Amz-Content-Sha256": digest} if digest else {}


def fetch(answer):
    """Follow a redirection to the store."""
    return ask("GET", answer.headers["Location"])


def blobs(registry):
    """The state of each blob, by digest."""
    with registry.parts.unit()() as services:
        rows = services.db.scalars(select(Blob)).all()
        return sorted((row.digest.removeprefix("sha256:"), row.state.value) for row in rows)


def uploads(registry):
    """How many are under way, or being verified."""
    with registry.parts.unit()() as services:
        return services.db.scalar(select(func.count()).select_from(Upload))


def objects(registry):
    """What lies in the store: keys of objects, and of uploads in parts."""
    storage = registry.parts.plugins.storages["cloud"]
    kept = sorted(one.key for one in storage.walk())
    return kept, sorted(one.key for one in storage.unfinished())
