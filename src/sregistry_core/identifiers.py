"""Identifiers and secrets made from randomness."""

import secrets
import string
from uuid import uuid4

_LETTERS_AND_DIGITS = string.ascii_letters + string.digits


def new_identifier() -> str:
    """Give a fresh identifier of a row: 32 hex digits, opaque to clients."""
    return uuid4().hex


def new_secret(length: int) -> str:
    """Give a secret of letters and digits, `length` characters of nearly six bits each."""
    return "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(length))
