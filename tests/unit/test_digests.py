"""Digests: one SHA-256 in every client's spelling, and a hash that runs along."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sregistry_core.digests import Digest, DigestPrefix, RunningDigest
from sregistry_core.errors import Malformed

HEX = hashlib.sha256(b"an image").hexdigest()
HEXES = st.binary().map(lambda content: hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("spelling", ["sha256:{}", "sha256.{}", "{}", " {}\n", "SHA256:{}"])
def test_every_client_means_the_same_digest(spelling):
    assert Digest.parse(spelling.format(HEX)) == Digest(HEX)
    assert Digest.parse(spelling.format(HEX.upper())) == Digest(HEX)


def test_each_client_is_shown_its_own_spelling():
    digest = Digest(HEX)

    assert digest.oci == str(digest) == f"sha256:{HEX}"
    assert digest.library == f"sha256.{HEX}"
    assert digest.commit == HEX[:40]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        HEX[:-1],
        HEX + "0",
        "g" + HEX[1:],
        f"sha512:{HEX}",
        f"sha256-{HEX}",
        "a" * 640,
    ],
)
def test_what_is_no_digest_is_refused_and_shown_in_part(text):
    with pytest.raises(Malformed) as refused:
        Digest.parse(text)

    assert "is not a SHA-256 of 64 lower-case hex digits" in str(refused.value)
    assert len(str(refused.value)) < 150


def test_inside_there_are_only_lower_case_digests():
    with pytest.raises(Malformed):
        Digest(HEX.upper())
    with pytest.raises(Malformed):
        Digest(f"{HEX}\n")


@given(HEXES)
def test_every_spelling_can_be_read_back(hexadecimal):
    digest = Digest(hexadecimal)

    assert Digest.parse(digest.oci) == Digest.parse(digest.library) == digest
    assert DigestPrefix.parse(digest.oci) == DigestPrefix(digest.hex)


@pytest.mark.parametrize("length", [32, 40, 64])
def test_the_beginning_of_a_digest_may_be_pulled_by(length):
    assert DigestPrefix.parse(HEX[:length].upper()) == DigestPrefix(HEX[:length])
    assert str(DigestPrefix(HEX[:length])) == f"sha256:{HEX[:length]}"


@pytest.mark.parametrize("text", ["", HEX[:31], HEX[:33], HEX[:63], "z" * 32, f"sha256:{HEX[:32]}"])
def test_other_lengths_are_refused(text):
    with pytest.raises(Malformed):
        DigestPrefix.parse(text)


@given(st.lists(st.binary(max_size=100)))
def test_a_running_digest_is_that_of_all_that_passed(chunks):
    running = RunningDigest()

    for chunk in chunks:
        running.update(chunk)

    assert running.value == Digest(hashlib.sha256(b"".join(chunks)).hexdigest())
    assert running.size == sum(map(len, chunks))


def test_a_copy_goes_on_by_itself():
    running = RunningDigest()
    running.update(b"an ")

    twin = running.copy()
    twin.update(bytearray(b"image"))

    assert (twin.value, twin.size) == (Digest(HEX), 8)
    assert (running.value, running.size) == (Digest(hashlib.sha256(b"an ").hexdigest()), 3)
