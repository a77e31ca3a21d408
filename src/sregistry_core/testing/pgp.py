"""OpenPGP keys for tests, made by pysequoia within milliseconds."""

from dataclasses import dataclass
from datetime import datetime

from pysequoia import ArmorKind, Cert, Profile, SignatureMode, Tsk, armor, sign


@dataclass(frozen=True)
class Key:
    """A key pair with what its owner can do."""

    secret: Tsk
    cert: Cert

    @classmethod
    def make(cls, *user_ids: str, lifetime_seconds: int | None = None, version: int = 4) -> "Key":
        """Make a key that signs, with a subkey for signing and one for encryption."""
        profile = Profile.RFC4880 if version == 4 else Profile.RFC9580
        secret = Tsk.generate(
            user_ids=list(user_ids), profile=profile, validity_seconds=lifetime_seconds
        )
        return cls(secret, secret.extract_certificate())

    @property
    def fingerprint(self) -> str:
        """In upper case."""
        return self.cert.fingerprint.upper()

    @property
    def public(self) -> str:
        """The armoured public key."""
        return armored(bytes(self.cert))

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

    def clear_signed(self, text: bytes) -> bytes:
        """A text in clear with a signature, made by the subkey for signing."""
        return sign(self.secret.signer(), text, mode=SignatureMode.CLEAR)


def armored(raw: bytes) -> str:
    """Give packets as an armoured block of public keys."""
    return armor(raw, ArmorKind.PublicKey)
