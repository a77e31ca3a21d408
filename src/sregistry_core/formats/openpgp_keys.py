"""OpenPGP keys that sign here: the key of builds, those of content to look at, and of tests."""

from dataclasses import dataclass, field
from typing import Self

from pysequoia import ArmorKind, Cert, Profile, SignatureMode, Tsk, armor, sign


@dataclass(frozen=True)
class SigningKey:
    """A key pair that signs."""

    secret: Tsk
    cert: Cert
    passphrase: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, raw: bytes, passphrase: str | None = None) -> Self:
        """Read a secret key, armoured or not. Raises ValueError when it cannot sign."""
        try:
            secret = Tsk.from_bytes(raw)
            key = cls(secret, secret.extract_certificate(), passphrase)
            key.clear_signed(b"whether it can\n")
        except Exception as error:
            # The library raises one kind for all that goes wrong.
            raise ValueError(" ".join(str(error).split())) from error
        return key

    @classmethod
    def make(cls, *user_ids: str, lifetime_seconds: int | None = None, version: int = 4) -> Self:
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
        return armor(bytes(self.cert), ArmorKind.PublicKey)

    def clear_signed(self, text: bytes) -> bytes:
        """A text in clear with a signature, made by the subkey for signing."""
        return sign(self.secret.signer(self.passphrase), text, mode=SignatureMode.CLEAR)
