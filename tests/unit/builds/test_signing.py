"""What is built is signed by the key that the ini file names, and by no other."""

import pytest

from sregistry_core.errors import ConfigurationError
from sregistry_core.formats.sif_signer import sign, sign_file
from sregistry_core.models import Build, Image
from sregistry_core.names import ImageName
from sregistry_core.services import Services
from sregistry_core.services.builds import Wish
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import make_sif

TOY = {"plugin_modules": "sregistry_core.testing.toy_builder", "builder": "toy"}


@pytest.fixture
def key():
    return Key.make("Builds of tests <builds@example.org>")


def order(registry, definition):
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        mine = Services(services.db, services.accounts.caller_of(user), services.facilities)
        wish = Wish(definition, ImageName.parse("ada/lab/blast:1", home="tacc"))
        return mine.builds.order(wish).id


def test_what_is_built_is_signed_and_verified_with_a_key_that_everybody_finds(
    make_registry, tmp_path, key
):
    (tmp_path / "build.asc").write_text(key.private)
    registry = make_registry(build_key=str(tmp_path / "build.asc"), keys_added_by="owners", **TOY)
    registry.user("ada")
    builds = [order(registry, "label one=1"), order(registry, "label two=2")]

    registry.run_jobs()

    with registry.parts.unit()() as services:
        for build in builds:
            found = services.db.get_one(Build, build)
            assert found.facts["signed_by"] == key.fingerprint
            image = services.db.get_one(Image, found.image_id)
            assert image.verification == "verified"


def test_without_a_key_nothing_is_signed(make_registry):
    registry = make_registry(**TOY)
    registry.user("ada")
    build = order(registry, "label one=1")

    registry.run_jobs()

    with registry.parts.unit()() as services:
        found = services.db.get_one(Build, build)
        assert "signed_by" not in found.facts
        assert services.db.get_one(Image, found.image_id).verification == "none"


@pytest.mark.parametrize("text", [None, "no key at all", "public"])
def test_a_key_that_cannot_sign_stops_the_start(make_registry, tmp_path, key, text):
    path = tmp_path / "build.asc"
    if text is not None:
        path.write_text(key.public if text == "public" else text)

    with pytest.raises(ConfigurationError, match="build_key"):
        make_registry(build_key=str(path), **TOY)


def test_a_file_is_signed_as_its_bytes_would_be(tmp_path, key):
    image, path = make_sif(), tmp_path / "image.sif"
    path.write_bytes(image)

    sign_file(path, lambda text: b"signed " + text, key.fingerprint)

    assert path.read_bytes() == sign(image, lambda text: b"signed " + text, key.fingerprint)


@pytest.mark.parametrize("change", ["empty", "text", "slots", "short"])
def test_what_is_no_image_is_not_signed(tmp_path, key, change):
    image, path = bytearray(make_sif()), tmp_path / "image.sif"
    if change == "slots":
        image[88:96] = (1 << 60).to_bytes(8, "little")
    path.write_bytes({"empty": b"", "text": b"x" * 500, "short": image[:200]}.get(change, image))
    before = path.read_bytes()

    with pytest.raises(ValueError):
        sign_file(path, lambda text: text, key.fingerprint)

    assert path.read_bytes() == before


def test_an_image_that_has_another_name_or_is_a_link_is_not_changed(tmp_path, key):
    path = tmp_path / "image.sif"
    path.write_bytes(make_sif())
    (tmp_path / "other").hardlink_to(path)
    (tmp_path / "link").symlink_to(path)

    with pytest.raises(ValueError, match="more than one name"):
        sign_file(path, lambda text: text, key.fingerprint)
    with pytest.raises(OSError):
        sign_file(tmp_path / "link", lambda text: text, key.fingerprint)
