"""Passwords are slow to try on purpose, also for names that nobody has."""

import argon2
import pytest

from sregistry_core.errors import Malformed
from sregistry_core.services import passwords
from sregistry_core.services.passwords import PasswordHashes


def test_a_password_fits_its_own_hash_and_no_other():
    hashes = PasswordHashes()
    secret = hashes.hash("correct horse")

    assert hashes.fits(secret, "correct horse")
    assert not hashes.fits(secret, "correct house")
    assert not hashes.fits(None, "correct horse")
    assert not hashes.fits("no hash at all", "correct horse")


def test_whoever_has_no_password_is_compared_with_a_hash_that_takes_as_long():
    made = argon2.extract_parameters(PasswordHashes().hash("correct horse"))

    assert argon2.extract_parameters(passwords._NOBODY) == made


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_a_password_too_short_or_too_long_is_refused(password):
    with pytest.raises(Malformed, match="a password has at"):
        PasswordHashes().hash(password)
