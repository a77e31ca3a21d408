"""Signed permission: only ours, only for its purpose, only for its time."""

import string
from datetime import timedelta

import pytest

from sregistry_core.contracts import Secret
from sregistry_core.errors import Gone, NotFound
from sregistry_core.storage.signed_urls import Signer
from sregistry_core.testing.registry import MovableClock


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
def signer(clock):
    return Signer(Secret("ours"), clock)


def test_what_was_signed_is_read_again(signer):
    signed = signer.sign("upload", {"image": "x", "number": 3, "user": None}, timedelta(hours=1))

    assert signer.read("upload", signed) == {"image": "x", "number": 3, "user": None}


def test_it_serves_no_other_purpose(signer):
    signed = signer.sign("upload", {"image": "x"}, timedelta(hours=1))

    with pytest.raises(NotFound):
        signer.read("download", signed)


def test_it_ends_at_its_second(signer, clock):
    signed = signer.sign("upload", {}, timedelta(hours=1))
    clock.move(timedelta(minutes=59, seconds=59))
    signer.read("upload", signed)

    clock.move(timedelta(seconds=1))

    with pytest.raises(Gone):
        signer.read("upload", signed)


def test_another_secret_has_not_signed_it(signer, clock):
    foreign = Signer(Secret("theirs"), clock).sign("upload", {}, timedelta(hours=1))

    with pytest.raises(NotFound):
        signer.read("upload", foreign)


@pytest.mark.parametrize("text", ["", ".", "a.b", "x" * 10_000, "W10.x", "\x00", "ä.ö", ".x.y.z"])
def test_nonsense_is_not_found(signer, text):
    with pytest.raises(NotFound):
        signer.read("upload", text)


def test_a_derived_secret_is_the_same_for_ever_and_for_nobody_else(signer, clock):
    derived = signer.derive("share", "1", 22)

    assert derived == Signer(Secret("ours"), clock).derive("share", "1", 22)
    assert set(derived) <= set(string.ascii_letters + string.digits)
    assert len({derived, signer.derive("share", "2", 22), signer.derive("other", "1", 22)}) == 3
    assert derived != Signer(Secret("theirs"), clock).derive("share", "1", 22)
