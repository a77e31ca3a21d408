"""Remote builds behind nginx: files are taken over, and the output comes while it builds."""

import base64
import hashlib
import io
import os
import ssl
import tarfile
import uuid

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from .conversation import Client

LARGE = 2 << 20


@pytest.fixture
def ada(site):
    return Client(site, site.ada)


def following(site, build, token):
    address = site.front.url.replace("https://", "wss://")
    trust = site.trust
    # This client reads in one thread and writes in another. What a server of TLS 1.3 sends after
    # the handshake is read while the request is written, and now and then the request gets lost.
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    return connect(
        f"{address}/v1/build-ws/{build}",
        additional_headers={"Authorization": f"BEARER {token}"},
        ssl=trust,
        proxy=None,
    )


def order(ada, definition, **more):
    raw = base64.b64encode(definition.encode()).decode()
    wish = {"definitionRaw": raw, "libraryRef": "library://ada/lab/built:1", **more}
    said = ada.ask("POST", "/v1/build", wish)
    assert said.status == 200, said.body
    return said.json["data"]["id"]


def archive():
    """More than nginx keeps in memory, and no other test's."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in (("data", uuid.uuid4().hex.encode()), ("large", os.urandom(LARGE))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_lines_come_through_nginx_while_it_builds(site, ada):
    build = order(ada, "say begun\nwait 100")

    with following(site, build, site.ada) as client:
        assert client.recv(timeout=60) == "begun\n"
        assert ada.ask("PUT", f"/v1/build/{build}/_cancel").status == 204
        assert "cancelled" in client.recv(timeout=60)
        with pytest.raises(ConnectionClosed) as end:
            client.recv(timeout=60)
    assert end.value.rcvd.code == 1000


def test_nobody_else_hears_of_it(site, ada):
    build = order(ada, "say begun")

    for token, status in ((site.bob, 404), ("wrong", 401)):
        with pytest.raises(InvalidStatus) as refusal, following(site, build, token):
            pass
        assert refusal.value.response.status_code == status


def test_files_sent_along_are_taken_over_from_nginx_and_only_where_they_were_announced(site, ada):
    sent = archive()
    digest = f"sha256.{hashlib.sha256(sent).hexdigest()}"
    announced = ada.ask("POST", "/v1/build-context", {"size": len(sent), "digest": digest})
    address = announced.headers["location"]

    refused = Client(site).ask("PUT", "/v1/build-context/nothing", sent)
    assert (refused.status, refused.json["error"]["code"]) == (404, 404)
    assert Client(site).ask("PUT", address, sent).status == 204

    build = order(ada, "copy data", contextDigest=digest)
    with following(site, build, site.ada) as client:
        assert len(client.recv(timeout=60)) == 33
    assert ada.ask("DELETE", f"/v1/build-context/{digest}").status == 204
