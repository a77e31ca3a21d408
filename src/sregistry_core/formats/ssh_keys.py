"""Keys of SSH, as its program reads them."""

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

SEED_LENGTH = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A pair: `private` is the text of a key file, `public` a line of `authorized_keys`."""

    private: str
    public: str


def key_pair(seed: bytes, comment: str) -> KeyPair:
    """Give the ed25519 pair of a seed of 32 bytes: the same for ever."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return KeyPair(private.decode(), f"{public.decode()} {comment}")


def is_known_hosts(text: str) -> bool:
    """True for lines of `known_hosts`: a name, a kind and a key in Base64."""
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3:
            return False
        try:
            base64.b64decode(words[2], validate=True)
        except ValueError:
            return False
    return True
