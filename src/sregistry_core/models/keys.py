"""Public keys, what they are known by, and what they say of images."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier


class PublicKey(Base):
    """An OpenPGP certificate, cleaned: its own parts and signatures only."""

    __tablename__ = "public_key"
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Upper-case hex: 40 digits of a v4 key, 64 of a v6 key."""
    armored: Mapped[str] = mapped_column(Text)
    algorithm: Mapped[int]
    """The number of RFC 4880, section 9.1."""
    bits: Mapped[int]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    added_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    added_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class KeyHandle(Base):
    """A fingerprint that a certificate answers to: its own, or that of a subkey.

    Anybody can call another's key a subkey of theirs, so that one may have several certificates.
    """

    __tablename__ = "key_handle"
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    certificate: Mapped[str] = mapped_column(
        ForeignKey("public_key.fingerprint", ondelete="CASCADE"), primary_key=True, index=True
    )
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    """Upper-case hex."""


class KeyName(Base):
    """A user identifier of a certificate, as its owner has signed it."""

    __tablename__ = "key_name"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_identifier)
    certificate: Mapped[str] = mapped_column(
        ForeignKey("public_key.fingerprint", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(500))
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    """In lower case."""
    revoked: Mapped[bool] = mapped_column(default=False)


class SignatureState(StrEnum):
    """What became of a signature when it was checked."""

    VERIFIED = "verified"
    UNKNOWN_KEY = "unknown_key"
    EXPIRED_KEY = "expired_key"
    REVOKED_KEY = "revoked_key"
    BAD = "bad"


class ImageSignature(Base):
    """A signature within an image, and what is known of it."""

    __tablename__ = "image_signature"
    image_id: Mapped[str] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True
    )
    object_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """The number of the signature's object in the SIF."""
    format: Mapped[str] = mapped_column(String(20))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """Of the key that has signed, or is said to have; of a PEM key the SHA-256 of its public key.
    None where nothing is known."""
    signer: Mapped[str | None] = mapped_column(String(500))
    """A name of the key, where it is known."""
    state: Mapped[SignatureState]
    reason: Mapped[str | None] = mapped_column(Text)
    covers_all: Mapped[bool] = mapped_column(default=False)
    """True when the signatures of this signer cover header, descriptors and every object."""
    checked_at: Mapped[datetime]
    __table_args__ = (Index("ix_image_signature_fingerprint", "fingerprint"),)


class AllowedSigner(Base):
    """A key whose signature a collection takes where it demands one."""

    __tablename__ = "allowed_signer"
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
