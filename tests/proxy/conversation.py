"""What clients say to the proxy, by the standard library and by curl."""

import hashlib
import http.client
import json
import subprocess
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Said:
    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self):
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Somebody who speaks to the proxy; without a token a stranger."""

    site: object
    token: str = ""

    def ask(self, method, path, body=None, headers=None):
        connection = self.connect()
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        connection.request(method, self.path_of(path), body, {**self.shown, **(headers or {})})
        answer = connection.getresponse()
        said = Said(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        connection.close()
        return said

    def connect(self):
        parts = urlsplit(self.site.front.url)
        return http.client.HTTPSConnection(
            parts.hostname, parts.port, context=self.site.trust, timeout=30
        )

    def path_of(self, path):
        parts = urlsplit(path)
        if parts.scheme:
            assert path.startswith(self.site.front.url), path
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def shown(self):
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def container(self, name, *, private=False):
        """Make `entity/collection/container`; gives its identifier."""
        entity, collection, container = name.split("/")
        owner = self.ask("GET", f"/v1/entities/{entity}").json["data"]["id"]
        made = self.ask("POST", "/v1/collections", {"name": collection, "entity": owner})
        if private:
            path = f"/api/v1/collections/{entity}/{collection}"
            assert self.ask("PATCH", path, {"private": True}).status == 200
        wanted = {"name": container, "collection": made.json["data"]["id"]}
        return self.ask("POST", "/v1/containers", wanted).json["data"]["id"]

    def announce(self, container, image):
        wanted = {"hash": f"sha256.{hashlib.sha256(image).hexdigest()}", "container": container}
        return self.ask("POST", "/v1/images", wanted).json["data"]["id"]

    def push(self, name, image, *, private=False):
        """Push in one piece by library://, as Apptainer does."""
        path, _, tag = name.partition(":")
        container = self.container(path, private=private)
        identifier = self.announce(container, image)
        begun = self.ask("POST", f"/v2/imagefile/{identifier}", {"filesize": len(image)})
        sent = self.ask("PUT", begun.json["data"]["uploadURL"], image)
        assert sent.status == 200, sent
        assert self.ask("PUT", f"/v2/imagefile/{identifier}/_complete", {}).status == 200
        wanted = {"Arch": "amd64", "Tag": tag, "ImageID": identifier}
        assert self.ask("POST", f"/v2/tags/{container}", wanted).status == 200
        return identifier


def curl(site, *words):
    """Run curl, which trusts the proxy; gives what it prints."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--cacert", site.front.certificate, *words],
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
