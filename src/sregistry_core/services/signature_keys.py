"""Whether the key of a signature is known and good, and has signed: no database in here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sregistry_core.formats import dsse, openpgp_messages
from sregistry_core.formats.dsse import TrustedKey
from sregistry_core.formats.sif_signatures import DSSE, SignatureObject
from sregistry_core.models import SignatureState


@dataclass(frozen=True, slots=True)
class KnownKey:
    """An OpenPGP certificate that the registry holds.

    is_revoked   also when every user id of it is
    """

    fingerprint: str
    armored: str
    name: str
    expires_at: datetime | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys that decide, and the time for which they do.

    keys   by the fingerprints and key ids that signatures name; upper-case hex
    """

    keys: Mapping[str, Sequence[KnownKey]]
    pem: Sequence[TrustedKey]
    now: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """One signature, and what became of it."""

    object_id: int
    format: str
    fingerprint: str | None
    state: SignatureState
    reason: str | None = None
    signer: str | None = None
    covers_all: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """A signature whose key has been looked at; `text` is what a good key has signed."""

    judged: Judged
    text: bytes | None = None


def look_at_key(signature: SignatureObject, trust: Trust) -> Looked:
    """Verify a signature, and tell whether its key is still good.

    What it covers is not looked at: the state VERIFIED is for the text alone.
    """
    if signature.format == DSSE:
        return _look_at_pem_key(signature, trust)
    judged = Judged(
        signature.object_id, signature.format, signature.fingerprint, SignatureState.BAD
    )
    claim = openpgp_messages.read_claim(signature.content)
    if isinstance(claim, str):
        return Looked(replace(judged, reason=claim))
    known = {key.fingerprint: key for issuer in claim.issuers for key in trust.keys.get(issuer, ())}
    if not known:
        return Looked(
            replace(
                judged,
                fingerprint=signature.fingerprint or claim.issuers[0],
                state=SignatureState.UNKNOWN_KEY,
                reason=f"the key {claim.issuers[0]} is not held here",
            )
        )
    done = openpgp_messages.check(signature.content, [key.armored for key in known.values()])
    if isinstance(done, str):
        return Looked(_without_a_good_key(judged, known, done))
    if done.certificate != signature.fingerprint:
        claimed = signature.fingerprint or "nobody"
        reason = f"it was made by {done.certificate}, and claims to be by {claimed}"
        return Looked(replace(judged, reason=reason))
    return _look_at_time(judged, known[done.certificate], done, trust.now)


def _without_a_good_key(judged: Judged, known: Mapping[str, KnownKey], reason: str) -> Judged:
    """Say why a signature does not hold: the library takes none of a key that was compromised."""
    for key in known.values():
        if key.is_revoked:
            return _revoked(judged, key)
    return replace(judged, reason=reason)


def _revoked(judged: Judged, key: KnownKey) -> Judged:
    reason = f"the key {key.fingerprint} was revoked"
    return replace(judged, state=SignatureState.REVOKED_KEY, signer=key.name, reason=reason)


def _look_at_time(
    judged: Judged, key: KnownKey, done: openpgp_messages.Signed, now: datetime
) -> Looked:
    judged = replace(judged, signer=key.name)
    if key.is_revoked:
        # The clients ask for now, not for when it was signed: that date is the signer's word only.
        return Looked(_revoked(judged, key))
    if key.expires_at is not None and key.expires_at <= now:
        reason = f"the key {key.fingerprint} expired on {key.expires_at:%Y-%m-%d}"
        return Looked(replace(judged, state=SignatureState.EXPIRED_KEY, reason=reason))
    if not openpgp_messages.is_subkey_good(key.armored, done.key, now):
        reason = f"the subkey {done.key} was revoked or has expired"
        return Looked(replace(judged, state=SignatureState.REVOKED_KEY, reason=reason))
    return Looked(replace(judged, state=SignatureState.VERIFIED), done.text)


def _look_at_pem_key(signature: SignatureObject, trust: Trust) -> Looked:
    judged = Judged(signature.object_id, DSSE, None, SignatureState.UNKNOWN_KEY)
    done = dsse.check(signature.content, trust.pem, signature.hash_name)
    if done is None:
        reason = "none of the keys in sregistry.verify_keys has made it"
        return Looked(replace(judged, reason=reason))
    judged = replace(judged, fingerprint=done.key.fingerprint, signer=done.key.name)
    if done.key.expires_at is not None and done.key.expires_at <= trust.now:
        reason = f"the certificate expired on {done.key.expires_at:%Y-%m-%d}"
        return Looked(replace(judged, state=SignatureState.EXPIRED_KEY, reason=reason))
    return Looked(replace(judged, state=SignatureState.VERIFIED), done.payload)
