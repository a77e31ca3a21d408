"""Collections that take only what is signed, by library:// and by hand."""

import pytest

from sregistry_core.errors import Malformed, NotAllowed
from sregistry_core.models import Image
from sregistry_core.names import CollectionName
from sregistry_core.testing.sif_files import GENERIC
from sregistry_core.testing.signed_sif import add_object, flipped, sign_sif

from .signed_images import GROUPS, KEY, OTHER, PLAIN, SIGNED, UNKNOWN, add_keys, found


@pytest.fixture
def demand(registry, ada):
    """Demands signatures of `ada/lab`, which holds nothing yet; takes fingerprints."""
    add_keys(registry, KEY, OTHER)
    with registry.parts.unit()() as services:
        user = services.accounts.caller_of(services.accounts.find("ada"))
    with registry.parts.unit(user)() as services:
        entity = services.catalog.entity("ada")
        services.catalog.create_collection(entity, "lab")

    def make(*fingerprints):
        with registry.parts.unit(user)() as services:
            lab = services.catalog.collection(CollectionName.parse("ada/lab", home="tacc"))
            services.signers.require(lab, fingerprints)

    return make


def refusal_of(ada, image, name="ada/lab/blast:1"):
    with pytest.raises(Exception, match="Bad response: 403") as refused:
        ada.push(name, image)
    return str(refused.value)


def test_a_verified_image_is_taken_and_verified_at_once(registry, ada, demand):
    demand()

    ada.push("ada/lab/blast:1", SIGNED)

    assert found(registry) == ("verified", [("verified", None)])


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (PLAIN, "takes only images that are signed, and this one has no signature"),
        (sign_sif(PLAIN, UNKNOWN), "the key of this one is not known to the registry: the key"),
        (flipped(SIGNED, 10), "is not good: the global header has been changed"),
        (add_object(SIGNED, GENERIC, b"x"), "the signatures of this one do not cover all of it"),
        (b"no image at all" * 100, "this one has no signature"),
    ],
)
def test_what_is_not_verified_is_refused_and_not_kept(registry, ada, demand, image, message):
    demand()

    assert message in refusal_of(ada, image)

    with registry.parts.unit()() as services:
        assert services.db.query(Image).one().blob_id is None


def test_only_the_signers_that_are_allowed_are_taken(registry, ada, demand):
    demand(f"0x{OTHER.fingerprint.lower()}")

    assert f"signed by {KEY.fingerprint}" in refusal_of(ada, SIGNED)
    ada.push("ada/lab/blast:1", sign_sif(SIGNED, OTHER))


def test_an_allowed_signer_must_have_signed_all_of_it(registry, ada, demand):
    demand(KEY.fingerprint)

    refusal_of(ada, sign_sif(sign_sif(GROUPS, KEY), OTHER, group=2))


def test_known_bytes_are_shared_only_when_they_are_verified(registry, ada, demand):
    ada.push("ada/other/plain:1", PLAIN)
    ada.push("ada/other/signed:1", SIGNED)
    registry.run_jobs()
    demand()

    refusal_of(ada, PLAIN, "ada/lab/plain:1")
    ada.push("ada/lab/signed:1", SIGNED)


def test_no_tag_is_moved_to_an_image_that_is_not_verified(registry, ada, demand):
    plain = ada.push("ada/lab/blast:1", PLAIN)
    registry.run_jobs()
    with registry.parts.unit()() as services:
        container = services.db.get_one(Image, plain).container_id
    demand()

    refused = ada.post(
        f"/v2/tags/{container}", {"Arch": "amd64", "Tag": "2", "ImageID": plain}, status=403
    )

    assert "this one has no signature" in refused.json["error"]["message"]


def test_an_image_whose_key_is_revoked_gets_no_new_tag(registry, ada, demand):
    demand()
    image = ada.push("ada/lab/blast:1", SIGNED)
    add_keys(registry, KEY.revoked())
    registry.run_jobs()
    with registry.parts.unit()() as services:
        container = services.db.get_one(Image, image).container_id

    tag = {"Arch": "amd64", "Tag": "2", "ImageID": image}
    ada.post(f"/v2/tags/{container}", tag, status=403)


def test_the_demand_is_taken_back(registry, ada, demand):
    demand(KEY.fingerprint)
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(CollectionName.parse("ada/lab", home="tacc"))
        assert services.signers.of(lab) == [KEY.fingerprint]
        services.signers.demand_nothing(lab)

    ada.push("ada/lab/blast:1", PLAIN)


def test_what_is_no_fingerprint_is_refused(demand):
    for text in ("", "ada", "0x1234", "g" * 40):
        with pytest.raises(Malformed, match="is no fingerprint"):
            demand(text)


def test_a_writer_cannot_change_what_is_demanded(registry, ada, demand):
    demand()
    bob = registry.user("bob")
    assert bob
    with registry.parts.unit()() as services:
        caller = services.accounts.caller_of(services.accounts.find("bob"))
    with registry.parts.unit(caller)() as services:
        lab = services.catalog.collection(CollectionName.parse("ada/lab", home="tacc"))
        with pytest.raises(NotAllowed):
            services.signers.demand_nothing(lab)
