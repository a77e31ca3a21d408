"""Pulling by `shub://` from a registry of another registry's directory."""

from functools import partial

import pytest

from sregistry_core.app import Parts
from sregistry_core.ini import read_ini
from sregistry_core.names import ContainerName
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.live import free_port

pytestmark = pytest.mark.real

SETTINGS = {"sregistry.protocols": "discovery transfer library directory shub ui"}


@pytest.mark.parametrize("name", ["science/rocks", "ada/lab/blast:1"])
def test_the_client_is_sent_to_the_other_registry(
    stranger, ada, server, host, samples, make_live_registry, name
):
    """The other one may even have a port, which the client takes in no name."""
    there = make_live_registry(
        listen=f"127.0.0.1:{free_port()}", settings={"sregistry.id": "there", **SETTINGS}
    )
    other = f"there{ada.name}"
    server.admin("directory", "add", other, there.url)
    there.make_user("ada")
    # A short name belongs to the other registry itself.
    full = name if name.count("/") == 2 else f"there/{name}"
    container, _, tag = full.partition(":")
    push_there(there, samples.small, container, tag or "latest")

    pulled = stranger.pull(f"shub://{host}/{other}/{name}", "--no-https")

    assert pulled.sha256 == sha256_of(samples.small)


def test_what_the_other_registry_does_not_have_is_not_found(
    stranger, ada, server, host, make_live_registry
):
    there = make_live_registry(settings={"sregistry.id": "there", **SETTINGS})
    server.admin("directory", "add", f"there{ada.name}", there.url)

    screen = stranger.pull_in_vain(f"shub://{host}/there{ada.name}/science/rocks", "--no-https")

    assert "the requested manifest was not found" in screen


def push_there(registry, image, container, tag):
    """Push without a client, which would need an endpoint of its own."""
    ini = read_ini(registry.ini)
    parts = Parts.open(ini.app, here=ini.here)
    name = ContainerName.parse(container, home="there")
    try:
        with parts.unit()() as services:
            entity = services.catalog.entity(name.entity)
            collection = services.catalog.create_collection(entity, name.collection)
            made = services.catalog.create_container(collection, name.container).id
        with parts.unit()() as services, image.open("rb") as source:
            found = partial(services.catalog.container_by_id, made)
            pushed = services.uploads.receive_unannounced(found, source, size=None)
            services.tags.set(pushed.container, tag, pushed)
    finally:
        parts.close()
