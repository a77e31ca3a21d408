"""Secrets of others that must be shown to others again: sealed with the registry's own."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from .signed_urls import Signer

_KEY_LENGTH = 64


def seal(signer: Signer, purpose: str, text: str) -> str:
    """Give a text that tells nobody what was sealed, and that `unseal` opens for `purpose`."""
    return _box(signer, purpose).encrypt(text.encode()).decode()


def unseal(signer: Signer, purpose: str, sealed: str) -> str | None:
    """Give what was sealed; None when it was not sealed here, or with another secret."""
    try:
        return _box(signer, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box(signer: Signer, purpose: str) -> Fernet:
    derived = signer.derive("sealing", purpose, _KEY_LENGTH)
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(derived.encode()).digest()))
