"""Uploads from a real browser to a registry whose images are in an object store."""

import hashlib
import os

import pytest

from sregistry_core.names import ImageName
from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.s3_fixtures import as_ini
from sregistry_core.testing.sif_files import make_sif

pytestmark = pytest.mark.real

MIB = 1 << 20


@pytest.fixture(scope="module", params=["direct", "relay"])
def registry(s3_server, request, tmp_path_factory):
    """A registry on a real store, to which clients send by themselves or by way of us."""
    cloud = {**s3_server.make_bucket(), "relay": str(request.param == "relay").lower()}
    settings = {
        "sregistry.plugins": "s3",
        "sregistry.storage": "cloud",
        "filesystem.root": "",
        **as_ini("cloud", cloud),
    }
    with LiveRegistry(tmp_path_factory.mktemp(request.param), settings=settings) as live:
        live.make_user("ada")
        with live.services() as services:
            entity = services.catalog.entity("ada")
            services.catalog.create_collection(entity, "lab")
            frozen = services.catalog.create_collection(entity, "frozen")
            services.collection_changes.freeze(frozen, frozen=True)
        yield live
    assert "Traceback" not in live.log


@pytest.fixture
def image(tmp_path):
    """A file of some pieces, and its digest."""
    content = make_sif() + os.urandom(18 * MIB)
    path = tmp_path / "image.sif"
    path.write_bytes(content)
    return path, f"sha256:{hashlib.sha256(content).hexdigest()}"


def fill(page, name, path):
    page.get_by_label("Name").fill(name)
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Upload").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "form"])
def test_an_image_is_uploaded_and_had_again(registry, visit, image, scripts):
    path, digest = image
    name = f"ada/lab/by-{'script' if scripts else 'form'}"
    ada = visit(registry, "ada", scripts=scripts)

    fill(ada.open("/-/upload"), name, path)
    if scripts:
        ada.page.get_by_text("Uploaded:").wait_for(timeout=60_000)
    else:
        ada.page.wait_for_url("**?done=uploaded")

    ada.check()
    with registry.services() as services:
        found = services.images.resolve(ImageName.parse(f"{name}:latest", home="tacc"))
        assert found.digest == digest
    answer = ada.context.request.get(f"/v1/imagefile/{name}:latest?arch=amd64")
    assert f"sha256:{hashlib.sha256(answer.body()).hexdigest()}" == digest


def test_nothing_is_sent_where_nothing_may_be_pushed(registry, visit, image):
    path, _ = image
    ada = visit(registry, "ada")
    page = ada.open("/-/upload")
    sent = []
    page.on("request", lambda request: sent.append(request.method))

    fill(page, "ada/frozen/blast", path)
    page.get_by_role("alert").filter(has_text="frozen").wait_for()
    with registry.services() as services:
        services.quotas.set("ada", MIB)
    fill(page, "ada/lab/over", path)
    page.get_by_role("alert").filter(has_text="has a quota of").wait_for()
    with registry.services() as services:
        services.quotas.set("ada", None)

    assert "PUT" not in sent
