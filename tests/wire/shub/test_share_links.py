"""Share links: one private image, for whoever has the link, until it ends."""

import hashlib
import string
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from sregistry_core.names import ImageName
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()
OTHER = make_sif(labels={"other": "one"})
DIGEST = hashlib.sha256(IMAGE).hexdigest()


@pytest.fixture(autouse=True)
def private(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("ada/lab/blast:2", OTHER)
    ada.push("ada/lab/other:1", OTHER)
    registry.hide("ada/lab")


def share(registry, name, lifetime=timedelta(days=7)):
    with registry.parts.unit()() as services:
        return services.shares.create(ImageName.parse(name, home="tacc"), lifetime)


def manifest_of(link):
    """The address that the shub client makes of a `shub://` line."""
    *registry, collection, container = link.shub_uri.removeprefix("shub://").split("/")
    return f"/{'/'.join(registry[1:])}/api/container/{collection}/{container}"


def test_the_token_fits_what_the_shub_client_takes(registry):
    link = share(registry, "ada/lab/blast:1")
    host, letter, token, collection, container = link.shub_uri.removeprefix("shub://").split("/")

    assert letter == "s"
    assert len(token) == 22
    assert set(token) <= set(string.ascii_letters + string.digits)
    assert len(f"{host}/s/{token}") <= 64
    assert f"{collection}/{container}" == "lab/blast:1"


def test_whoever_has_the_link_pulls(registry, stranger):
    link = share(registry, "ada/lab/blast:1")

    manifest = stranger.get(manifest_of(link), status=200).json

    assert stranger.get(manifest["image"]).body == IMAGE
    assert manifest["commit"] == DIGEST[:40]


def test_the_web_link_is_the_image(registry, stranger):
    link = share(registry, "ada/lab/blast:1")

    answer = stranger.get(urlsplit(link.web_url).path, status=200)

    assert answer.body == IMAGE
    assert "blast.sif" in answer.headers["Content-Disposition"]


def test_a_link_to_a_digest_stays_with_it(registry, ada, stranger):
    link = share(registry, f"ada/lab/blast@sha256:{DIGEST}")
    ada.push("ada/lab/blast:1", OTHER)

    assert stranger.get(urlsplit(link.web_url).path).body == IMAGE
    manifest = stranger.get(manifest_of(link), status=200).json
    assert stranger.get(manifest["image"]).body == IMAGE


def test_a_link_to_a_tag_follows_it(registry, ada, stranger):
    link = share(registry, "ada/lab/blast:1")
    ada.push("ada/lab/blast:1", OTHER)

    assert stranger.get(urlsplit(link.web_url).path).body == OTHER


@pytest.mark.parametrize("other", ["lab/blast:2", "lab/other:1", "lab/blast", "hub/blast:1"])
def test_a_link_opens_nothing_else(registry, stranger, other):
    token = share(registry, "ada/lab/blast:1").web_url.split("/")[4]
    collection, container = other.split("/")

    stranger.get(f"/s/{token}/api/container/{collection}/{container}", status=404)
    stranger.get(f"/s/{token}/{other}", status=404)


def test_it_ends_at_its_very_second(registry, stranger):
    link = share(registry, "ada/lab/blast:1", timedelta(hours=1))
    address = stranger.get(manifest_of(link)).json["image"]
    registry.clock.move(timedelta(hours=1) - timedelta(seconds=1))
    stranger.get(manifest_of(link), status=200)
    stranger.get(address, status=200)

    registry.clock.move(timedelta(seconds=1))

    stranger.get(manifest_of(link), status=404)
    stranger.get(address, status=410)


def test_revoked_it_ends_at_once_with_all_addresses_made_of_it(registry, stranger):
    link = share(registry, "ada/lab/blast:1", None)
    address = stranger.get(manifest_of(link)).json["image"]

    with registry.parts.unit()() as services:
        services.shares.revoke(link.link.number)

    stranger.get(manifest_of(link), status=404)
    stranger.get(address, status=410)


def test_a_wrong_token_and_a_dead_one_look_the_same(registry, stranger):
    link = share(registry, "ada/lab/blast:1", timedelta(seconds=1))
    registry.clock.move(timedelta(seconds=1))

    dead = stranger.get(manifest_of(link), status=404)
    wrong = stranger.get(f"/s/{'x' * 22}/api/container/lab/blast:1", status=404)

    assert dead.text == wrong.text


def test_links_are_listed_with_what_they_say(registry):
    first = share(registry, "ada/lab/blast:1")
    second = share(registry, "ada/lab/blast:2")

    with registry.parts.unit()() as services:
        container = services.images.resolve(ImageName.parse("ada/lab/blast:1", home="tacc"))
        listed = services.shares.of_container(container.container)

    assert [one.link.number for one in listed] == [second.link.number, first.link.number]
    assert listed[1].web_url == first.web_url


def test_the_database_does_not_hold_the_token(registry):
    token = share(registry, "ada/lab/blast:1").web_url.split("/")[4]

    assert token.encode() not in registry.written()
