"""What the signatures of an image are worth together: no database in here."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import BinaryIO

from sregistry_core.formats import openpgp_messages
from sregistry_core.formats.sif_digests import Digests
from sregistry_core.formats.sif_signatures import (
    LEGACY,
    PGP,
    Coverage,
    LegacyCoverage,
    SignatureObject,
    SignedSif,
    difference,
    note_needs,
    read_coverage,
)
from sregistry_core.models import SignatureState

from .signature_keys import Judged, KnownKey, Trust, look_at_key


class Worth(StrEnum):
    """What all signatures of an image together are worth."""

    VERIFIED = "verified"
    """Header, descriptors and every object are covered, and no signature about them is bad."""
    PARTIAL = "partial"
    """Every signature holds, and something is covered by none."""
    UNKNOWN_KEY = "unknown_key"
    BAD = "bad"
    """A signature does not hold, or its key has expired or was revoked."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Basis:
    """The keys that a verdict was found with, and whose they were asked for."""

    issuers: frozenset[str]
    keys: frozenset[tuple[str, KnownKey]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the signatures of one file are worth; `basis` is None where no key was asked for."""

    worth: Worth
    signatures: tuple[Judged, ...] = ()
    basis: Basis | None = field(default=None, compare=False)


@dataclass(slots=True)
class _Case:
    """A signature on its way; `coverage` only while nothing is wrong with it."""

    signature: SignatureObject
    judged: Judged
    coverage: Coverage | LegacyCoverage | None = None

    @property
    def is_verified(self) -> bool:
        return self.judged.state is SignatureState.VERIFIED

    def reject(self, reason: str) -> None:
        self.judged = replace(self.judged, state=SignatureState.BAD, reason=reason)
        self.coverage = None


def issuers_of(signed: SignedSif) -> frozenset[str]:
    """Give the fingerprints and key ids of OpenPGP keys that the signatures name."""
    claims = (
        openpgp_messages.read_claim(one.content)
        for one in signed.signatures
        if one.format in (PGP, LEGACY)
    )
    return frozenset(
        issuer
        for claim in claims
        if isinstance(claim, openpgp_messages.Claim)
        for issuer in claim.issuers
    )


def judge(signed: SignedSif, source: BinaryIO, trust: Trust) -> Verdict:
    """Verify every signature of a file, as `apptainer verify --all` would with the same keys.

    source   the file; objects are read, each once, only for signatures that hold
    """
    digests = Digests(source)
    cases = [_begin(one, signed, trust, digests) for one in signed.signatures]
    for case in cases:
        if case.coverage is not None and (wrong := difference(signed, case.coverage, digests)):
            case.reject(wrong)
    everywhere = _signers_of_all(signed, cases)
    judged = tuple(
        replace(case.judged, covers_all=case.is_verified and case.judged.fingerprint in everywhere)
        for case in cases
    )
    return Verdict(_sum(signed, cases), judged)


def _begin(signature: SignatureObject, signed: SignedSif, trust: Trust, digests: Digests) -> _Case:
    looked = look_at_key(signature, trust)
    case = _Case(signature, looked.judged)
    if looked.text is None:
        return case
    coverage = read_coverage(signed, signature, looked.text)
    if isinstance(coverage, str):
        case.reject(coverage)
        return case
    if isinstance(coverage, LegacyCoverage):
        reason = "a legacy signature covers neither header nor descriptors"
        case.judged = replace(case.judged, reason=reason)
    case.coverage = coverage
    note_needs(coverage, digests)
    return case


def _about(cases: Sequence[_Case], group: int) -> list[_Case]:
    """Give the signatures that decide about a group: legacy ones never do."""
    return [
        case for case in cases if case.signature.group == group and case.signature.format != LEGACY
    ]


def _signers_of_all(signed: SignedSif, cases: Sequence[_Case]) -> frozenset[str | None]:
    if not signed.groups or signed.ungrouped:
        return frozenset()
    signers = [
        {case.judged.fingerprint for case in _about(cases, group) if case.is_verified}
        for group in signed.groups
    ]
    return frozenset(set.intersection(*signers))


def _sum(signed: SignedSif, cases: Sequence[_Case]) -> Worth:
    if not cases:
        return Worth.NONE
    deciding = [_about(cases, group) for group in signed.groups]
    # Every group must be signed, and one bad signature about a group spoils the good ones.
    covered = [bool(about) and all(case.is_verified for case in about) for about in deciding]
    if covered and all(covered) and not signed.ungrouped:
        return Worth.VERIFIED
    states = {case.judged.state for case in cases}
    if states == {SignatureState.VERIFIED}:
        return Worth.PARTIAL
    if states <= {SignatureState.VERIFIED, SignatureState.UNKNOWN_KEY}:
        return Worth.UNKNOWN_KEY
    return Worth.BAD
