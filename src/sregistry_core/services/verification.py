"""Signatures of images, verified with the keys that the registry holds, and kept current."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.db.session import pause
from sregistry_core.errors import NotAnImage
from sregistry_core.formats import sif
from sregistry_core.formats.sif_signatures import DSSE, SignedSif, read_signed
from sregistry_core.models import (
    Image,
    ImageSignature,
    KeyHandle,
    KeyName,
    PublicKey,
    SignatureState,
)
from sregistry_core.storage.blob_store import Place

from .access import Access
from .locking import lock_containers
from .outbox import SLOW, OutboxService
from .signature_keys import Judged, KnownKey, Trust
from .verdicts import Basis, Verdict, Worth, issuers_of, judge
from .verification_results import VerificationResults

if TYPE_CHECKING:
    from . import Facilities

JOB = "images.verify"
AGAIN_JOB = "images.verify_again"
_BATCH = 1000
_NOT_REFUTED = (SignatureState.VERIFIED, SignatureState.UNKNOWN_KEY)


@dataclass(frozen=True, slots=True)
class _Read:
    """The signatures of a file; or what they are worth when they need not be looked at."""

    signed: SignedSif | None
    worth: Worth


class Verification:
    """Verifies the signatures of images, in a worker or while one is pushed."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities
        self._results = VerificationResults(db, access, facilities)

    def of(self, image: Image) -> Sequence[ImageSignature]:
        """Give the signatures of an image with what became of them."""
        self._access.require(Action.READ, image.container)
        return self._db.scalars(
            select(ImageSignature)
            .where(ImageSignature.image_id == image.id)
            .order_by(ImageSignature.object_id)
        ).all()

    def signers_of(self, images: Sequence[Image]) -> Mapping[str, Sequence[str]]:
        """Give the fingerprints of those who have signed some images, by their identifiers.

        They are those that the files name, but for those whose signatures were found not to hold,
        or whose keys are good no more; none of what may not be read.
        """
        readable = [one for one in images if self._access.lets(Action.READ, one.container)]
        rows = self._db.execute(
            select(ImageSignature.image_id, ImageSignature.fingerprint, ImageSignature.state).where(
                ImageSignature.image_id.in_([image.id for image in readable])
            )
        ).all()
        held = {(row.image_id, row.fingerprint) for row in rows if row.state in _NOT_REFUTED}
        refuted = {(row.image_id, row.fingerprint) for row in rows} - held
        return {
            image.id: [one for one in image.fingerprints if (image.id, one) not in refuted]
            for image in readable
        }

    def run(self, *, image: str) -> None:
        """Verify the signatures of an image, and keep the result. A second run finds the same.

        Nothing of the database is held while the file is read.
        """
        self._access.require_system()
        row = self._db.get(Image, image)
        if row is None or row.blob is None:
            return
        place, size = Place(row.blob.storage, row.blob.key), row.blob.size
        container_id = row.container_id
        pause(self._db)
        with self._facilities.blob_store.open(place, size=size) as source:
            verdict = self.verdict(source, size)
        lock_containers(self._db, [container_id])
        again = self._db.get(Image, image)
        if again is not None:
            self.keep(again, verdict)

    def inspected(self, *, image: str) -> None:
        """Write down that an image is verified, now that it is known what it is."""
        self._access.require_system()
        row = self._db.get(Image, image)
        if row is None:
            return
        if row.kind == "sif" and not row.signed:
            self.keep(row, Verdict(Worth.NONE))
        else:
            self._outbox.write(JOB, queue=SLOW, image=row.id)

    def key_changed(self, *, fingerprint: str) -> None:
        """Write down that every image is verified anew that a key is said to have signed."""
        self._access.require_system()
        self._write_down(
            select(ImageSignature.image_id).where(ImageSignature.fingerprint == fingerprint)
        )

    def time_passed(self) -> None:
        """Write down that images are verified anew whose keys have expired in the meantime.

        Also those signed with PEM keys, when the files of the trusted ones have changed.
        """
        self._access.require_system()
        now = self._facilities.clock()
        expired = select(PublicKey.fingerprint).where(PublicKey.expires_at <= now)
        trusted = self._facilities.settings.verify_keys
        good = [key.fingerprint for key in trusted if not key.expires_at or key.expires_at > now]
        newest = max((key.since for key in trusted), default=None)
        verified = ImageSignature.state == SignatureState.VERIFIED
        is_dsse = ImageSignature.format == DSSE
        again = [
            verified & ImageSignature.fingerprint.in_(expired),
            verified & is_dsse & ImageSignature.fingerprint.not_in(good),
        ]
        if newest is not None:
            unknown = ImageSignature.state == SignatureState.UNKNOWN_KEY
            again.append(is_dsse & unknown & (ImageSignature.checked_at < newest))
        self._write_down(select(ImageSignature.image_id).where(or_(*again)))

    # What follows is for services that have guarded themselves.

    def verdict(self, source: BinaryIO, size: int) -> Verdict:
        """Verify the signatures of a file that lies open; nothing is kept.

        The transaction is paused: nothing may have been written in it. For services that have
        guarded themselves.
        """
        read = _read(source, size)
        if read.signed is None:
            return Verdict(read.worth)
        issuers = issuers_of(read.signed)
        trust = self._trust(issuers)
        pause(self._db)
        try:
            judged = judge(read.signed, source, trust)
            return replace(judged, basis=Basis(issuers, _flat(trust)))
        except NotAnImage:
            return Verdict(Worth.BAD)

    def keep(self, image: Image, verdict: Verdict) -> None:
        """Keep a verdict with its image. For services that have guarded themselves."""
        now = self._facilities.clock()
        basis = verdict.basis
        if basis is not None and _flat(self._trust(basis.issuers)) != basis.keys:
            # A key has come, gone or been revoked while the file was read.
            self._outbox.write(JOB, queue=SLOW, image=image.id)
        if image.verdict_since is None or self._kept(image) != _in_order(verdict):
            image.verdict_since = now
            self._results.forget(image)
        self._db.execute(delete(ImageSignature).where(ImageSignature.image_id == image.id))
        image.verification = verdict.worth.value
        for one in verdict.signatures:
            self._db.add(
                ImageSignature(
                    image_id=image.id,
                    object_id=one.object_id,
                    format=one.format,
                    fingerprint=one.fingerprint,
                    signer=one.signer,
                    state=one.state,
                    reason=one.reason,
                    covers_all=one.covers_all,
                    checked_at=now,
                )
            )
        self._db.flush()

    def copy(self, source: Image, target: Image) -> None:
        """Give an image of the same bytes the same verdict. For services that guard themselves."""
        target.verification, target.verdict_since = source.verification, source.verdict_since
        if source.inspected_at is not None and source.verification is None:
            self._outbox.write(JOB, queue=SLOW, image=target.id)
        self._db.flush()
        self._db.execute(delete(ImageSignature).where(ImageSignature.image_id == target.id))
        columns = [one.key for one in ImageSignature.__table__.columns if one.key != "image_id"]
        rows = select(ImageSignature).where(ImageSignature.image_id == source.id)
        for row in self._db.scalars(rows).all():
            values = {name: getattr(row, name) for name in columns}
            self._db.add(ImageSignature(image_id=target.id, **values))
        self._db.flush()

    def _kept(self, image: Image) -> Verdict | None:
        """Give the verdict that is kept with an image."""
        if image.verification is None:
            return None
        rows = self._db.scalars(
            select(ImageSignature)
            .where(ImageSignature.image_id == image.id)
            .order_by(ImageSignature.object_id)
        )
        return Verdict(Worth(image.verification), tuple(_judged(row) for row in rows))

    def _trust(self, issuers: Collection[str]) -> Trust:
        keys: dict[str, list[KnownKey]] = {}
        known: dict[str, KnownKey] = {}
        handles = select(KeyHandle).where(
            or_(KeyHandle.fingerprint.in_(issuers), KeyHandle.key_id.in_(issuers))
        )
        for handle in self._db.scalars(handles.limit(_BATCH)):
            if handle.certificate not in known:
                known[handle.certificate] = self._known(handle.certificate)
            for name in {handle.fingerprint, handle.key_id} & set(issuers):
                keys.setdefault(name, []).append(known[handle.certificate])
        settings = self._facilities.settings
        return Trust(keys=keys, pem=settings.verify_keys, now=self._facilities.clock())

    def _known(self, fingerprint: str) -> KnownKey:
        key = self._db.get_one(PublicKey, fingerprint)
        names = self._db.scalars(
            select(KeyName).where(KeyName.certificate == fingerprint).order_by(KeyName.name)
        ).all()
        good = [name.name for name in names if not name.revoked]
        return KnownKey(
            fingerprint=fingerprint,
            armored=key.armored,
            name=(good or [name.name for name in names] or [fingerprint])[0],
            expires_at=key.expires_at,
            is_revoked=key.revoked_at is not None or not good,
        )

    def _write_down(self, images: object) -> None:
        for image_id in sorted(set(self._db.scalars(images))):  # type: ignore[call-overload]
            self._outbox.write(JOB, queue=SLOW, image=image_id)


def _in_order(verdict: Verdict) -> Verdict:
    return replace(
        verdict, signatures=tuple(sorted(verdict.signatures, key=lambda one: one.object_id))
    )


def _judged(row: ImageSignature) -> Judged:
    return Judged(
        object_id=row.object_id,
        format=row.format,
        fingerprint=row.fingerprint,
        state=row.state,
        reason=row.reason,
        signer=row.signer,
        covers_all=row.covers_all,
    )


def _flat(trust: Trust) -> frozenset[tuple[str, KnownKey]]:
    return frozenset((name, key) for name, keys in trust.keys.items() for key in keys)


def _read(source: BinaryIO, size: int) -> _Read:
    source.seek(0)
    head = source.read(sif.HEADER_SIZE)
    if not head[sif.MAGIC_OFFSET :].startswith(sif.MAGIC):
        return _Read(None, Worth.NONE)
    try:
        signed = read_signed(source, size)
    except NotAnImage:
        # A file that contradicts itself could show one thing here and another one to a client.
        return _Read(None, Worth.BAD)
    return _Read(signed, Worth.NONE) if signed.signatures else _Read(None, Worth.NONE)
