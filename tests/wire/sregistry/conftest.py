"""Somebody who speaks as the sregistry client 0.2.39 does: signs, and sends its headers."""

import base64
import hashlib
import hmac
import uuid

import pytest

from sregistry_core.testing.registry import PUBLIC_URL

PROTOCOLS = "discovery transfer library oci directory sregistry shub hkp api ui"
HEADERS = {
    "User-Agent": "python-requests/2.31.0",
    "Accept": "*/*",
    "Content-Type": "application/json",
}


class Client:
    """The client of one user; with no secret it never signs."""

    def __init__(self, registry, name, secret, *, base=""):
        self.registry, self.name, self.secret, self.base = registry, name, secret, base

    def header(self, action, path, *, hour=None, user=None):
        """Sign `collection/name:tag`."""
        where, _, tag = path.partition(":")
        collection, _, name = where.rpartition("/")
        hour = hour or f"{self.registry.clock():%Y%m%dT%HZ}"
        shown = base64.b64encode((user or self.name).encode()).decode()
        payload = f"{action}|{collection}|{hour}|{name}|{tag or 'latest'}|"
        digits = hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        return f"SREGISTRY-HMAC-SHA256 Credential={action}/{shown}/{hour},Signature={digits}"

    def get(self, path, **options):
        """Read, without a signature."""
        return self.ask("GET", path, **options)

    def manifest(self, path, *, signed=True, **options):
        """Ask for a manifest, signed at once."""
        header = {"Authorization": self.header("pull", path)} if signed else {}
        return self.ask("GET", f"/api/container/{path}", headers=header, **options)

    def begin(self, path, *, header=None, **options):
        """The first step of a push."""
        where, _, tag = path.partition(":")
        collection, _, name = where.rpartition("/")
        asked = {"collection": collection, "name": name, "tag": tag or "latest"}
        header = header or self.header("push", path)
        return self.registry.app.post_json(
            f"{self.base}/api/upload/chunked_upload",
            asked,
            headers={"Authorization": header},
            **options,
        )

    def upload(self, path, image, cid, *, header=None, fields=None, **options):
        """The second step."""
        where, _, tag = path.partition(":")
        header = header or self.header("upload", path)
        values = {
            "SREGISTRY_EVENT": header,
            "name": where.rpartition("/")[2],
            "collection": cid,
            "tag": tag or "latest",
            **(fields or {}),
        }
        kind, body = form_of(values, image)
        return self.registry.app.request(
            f"{self.base}/upload",
            method="POST",
            body=body,
            headers={"Authorization": header, "Content-Type": kind},
            **options,
        )

    def push(self, path, image):
        """Both steps."""
        cid = self.begin(path, status=200).json["cid"]
        answer = self.upload(path, image, str(cid), status=200)
        assert answer.json == {"message": "Upload Complete"}

    def delete(self, path, *, header=None, **options):
        """Delete a tag."""
        header = {"Authorization": header or self.header("delete", path)}
        return self.ask("DELETE", f"/api/container/{path}", headers=header, **options)

    def ask(self, method, path, *, headers=None, **options):
        """Send what the client sends with every request."""
        path = path.removeprefix(PUBLIC_URL)
        shown = {**HEADERS, **(headers or {})}
        return self.registry.app.request(
            f"{self.base}{path}", method=method, headers=shown, **options
        )


def form_of(fields, image, *, file_first=False, file_field="file1", spoil=lambda *form: form):
    """Write a form as requests-toolbelt does, and give its content type and its bytes.

    spoil   makes another form of it
    """
    boundary = uuid.uuid4().hex
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in fields.items()
    ]
    if image is not None:
        file = (
            b'Content-Disposition: form-data; name="%s"; filename="blast:1.sif"\r\n'
            b"Content-Type: text/plain\r\n\r\n%s" % (file_field.encode(), image)
        )
        parts.insert(0 if file_first else len(parts), file)
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    end = f"--{boundary}--\r\n".encode()
    return spoil(f"multipart/form-data; boundary={boundary}", body + end)


@pytest.fixture
def registry(make_registry):
    """A registry that speaks everything."""
    return make_registry(protocols=PROTOCOLS)


@pytest.fixture
def make_client(registry):
    """Makes the client of a user who is there already."""

    def make(actor, **options):
        with registry.parts.unit()() as services:
            user = services.accounts.find(actor.name)
            secret = services.client_credentials.renew(user).secret
        return Client(registry, actor.name, secret, **options)

    return make


@pytest.fixture
def ada_client(ada, make_client):
    """Ada's client."""
    return make_client(ada)


@pytest.fixture
def bob_client(bob, make_client):
    """Bob's client."""
    return make_client(bob)


@pytest.fixture
def write_form():
    """Writes forms that no client sends."""
    return form_of
