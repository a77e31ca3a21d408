"""OpenPGP keys for tests, made by pysequoia within milliseconds."""

from dataclasses import dataclass
from datetime import datetime

from pysequoia import ArmorKind, Cert, armor

from sregistry_core.formats.openpgp_keys import SigningKey


@dataclass(frozen=True)
class Key(SigningKey):
    """A key pair with what its owner can do."""

    @property
    def private(self) -> str:
        """The armoured secret key."""
        return str(self.secret)

    def revoked(self) -> "Key":
        """The same key, with its own word that it is good no more."""
        revocation = bytes(self.cert.revoke(self.secret.certifier()))
        return Key(self.secret, Cert.from_bytes(bytes(self.cert) + revocation))

    def with_user_id(self, text: str) -> "Key":
        """The same key, with one more user id."""
        return Key(self.secret, self.cert.add_user_id(text, self.secret.certifier()))

    def without_user_id(self, number: int) -> "Key":
        """The same key, with one of its user ids revoked."""
        user_id = self.cert.user_ids[number]
        revocation = bytes(self.cert.revoke_user_id(user_id, self.secret.certifier()))
        return Key(self.secret, Cert.from_bytes(bytes(self.cert) + revocation))

    def expiring(self, moment: datetime) -> "Key":
        """The same key, good until a moment."""
        return Key(self.secret, self.cert.set_expiration(moment, self.secret.certifier()))


def armored(raw: bytes) -> str:
    """Give packets as an armoured block of public keys."""
    return armor(raw, ArmorKind.PublicKey)
