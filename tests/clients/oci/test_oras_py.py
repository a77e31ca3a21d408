"""oras-py, the Python package: it keeps one token for all that it does."""

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.oci_programs import SIF_LAYER

pytestmark = pytest.mark.real


@pytest.fixture
def ada(ada, sif):
    ada.log_in_oras_py()
    ada.put(sif, "blast.sif")
    return ada


def push(person, target):
    return f"client.push({target!r}, files=['blast.sif:{SIF_LAYER}'])"


def test_a_sif_is_pushed_and_pulled_by_anybody(ada, nobody, sif):
    name = ada.at("lab/blast:1")

    ada.oras_py(push(ada, name))

    nobody.oras_py(f"client.pull({name!r}, outdir='.')")
    assert sha256_of(nobody.place / "blast.sif") == sha256_of(sif)


def test_chunks_are_put_together(ada, nobody, sif):
    name = ada.at("lab/blast:1")
    words = f"files=['blast.sif:{SIF_LAYER}'], do_chunked=True, chunk_size=1000"

    ada.oras_py(f"client.push({name!r}, {words})")

    nobody.oras_py(f"client.pull({name!r}, outdir='.')")
    assert sha256_of(nobody.place / "blast.sif") == sha256_of(sif)


def test_tags_are_listed_and_deleted_in_one_go(ada):
    name = ada.at("lab/blast")

    screen = ada.oras_py(
        f"{push(ada, f'{name}:1')}\n"
        f"print('tags', client.get_tags({name!r}))\n"
        f"client.delete_tags({name!r}, ['1'])\n"
        f"print('tags', client.get_tags({name!r}))\n"
    )

    assert [line for line in screen.splitlines() if line.startswith("tags")] == [
        "tags ['1']",
        "tags []",
    ]


def test_what_is_private_is_pulled_by_its_owner_and_is_not_there_for_others(
    ada, bob, nobody, make_private
):
    make_private(f"{ada.name}/secret")
    name = ada.at("secret/blast:1")
    ada.oras_py(push(ada, name))
    bob.log_in_oras_py()

    ada.oras_py(f"client.pull({name!r}, outdir='pulled')")

    for person in (bob, nobody):
        hidden = person.run_oras_py(f"client.pull({name!r}, outdir='pulled')")
        other = name.replace("blast", "other")
        absent = person.run_oras_py(f"client.pull({other!r}, outdir='pulled')")
        assert hidden.code == absent.code == 1
        assert hidden.screen == absent.screen.replace("other", "blast")
        assert not (person.place / "pulled/blast.sif").exists()


def test_a_client_is_for_one_repository(ada, make_private):
    """It shows its first token everywhere, and that one says nothing of other repositories."""
    make_private(f"{ada.name}/secret")
    names = [ada.at("secret/one:1"), ada.at("secret/two:1")]
    for name in names:
        ada.oras_py(push(ada, name))
    one, two = (f"client.pull({name!r}, outdir='pulled')" for name in names)

    both = ada.run_oras_py(f"{one}\n{two}")
    assert both.code == 1
    assert "this token was not made to read" in both.screen
    ada.oras_py(f"{one}\nclient = oras.client.OrasClient(insecure=True)\n{two}")


def test_a_wrong_password_and_a_token_for_pulling_do_not_push(ada, make_terminal, with_token, sif):
    mistaken = make_terminal("with", name=ada.name, password="wrong password")
    reader = with_token(ada, Scope.PULL)

    for person, says in (
        (mistaken, "Cannot respond to request for authentication"),
        (reader, "this token is for pull only"),
    ):
        person.put(sif, "blast.sif")
        person.log_in_oras_py()
        ran = person.run_oras_py(push(person, ada.at("lab/blast:1")))
        assert ran.code == 1
        assert says in ran.screen
