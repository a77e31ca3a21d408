"""Whose signature a collection demands, and whether an image has it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, PushRefused
from sregistry_core.errors import Malformed
from sregistry_core.models import AllowedSigner, Collection, Image, ImageSignature, SignatureState

from .access import Access, name_of
from .verdicts import Verdict, Worth

if TYPE_CHECKING:
    from . import Facilities

MOST_SIGNERS = 1000


@dataclass(frozen=True, slots=True)
class Demand:
    """What a collection demands of the signatures of images that are put into it.

    signers   fingerprints, upper-case hex; empty when any key will do that the registry knows
    """

    collection: str
    signers: frozenset[str]


class Signers:
    """Sets what collections demand."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(self, collection: Collection) -> Sequence[str]:
        """Give the fingerprints of the keys that a collection takes; none when it takes any."""
        self._access.require(Action.READ, collection)
        return self._db.scalars(
            select(AllowedSigner.fingerprint)
            .where(AllowedSigner.collection_id == collection.id)
            .order_by(AllowedSigner.fingerprint)
        ).all()

    def of_several(self, collections: Sequence[Collection]) -> Mapping[str, Sequence[str]]:
        """Give the same for some collections, by identifier; none of what may not be read."""
        readable = [one.id for one in collections if self._access.lets(Action.READ, one)]
        rows = self._db.execute(
            select(AllowedSigner.collection_id, AllowedSigner.fingerprint)
            .where(AllowedSigner.collection_id.in_(readable))
            .order_by(AllowedSigner.fingerprint)
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row.collection_id, []).append(row.fingerprint)
        return found

    def change(
        self,
        collection: Collection,
        *,
        require_signed: bool | None = None,
        signers: Sequence[str] | None = None,
    ) -> None:
        """Change what a collection demands; None leaves as it is.

        signers   as `require` takes them, in place of those before
        Raises Malformed for what is no fingerprint, and for signers where nothing is demanded.
        """
        self._access.require(Action.MANAGE, collection)
        if require_signed is None and signers is None:
            return
        self._access.audit.record(
            "collection.signatures", name_of(collection), collection=collection
        )
        if collection.require_signed if require_signed is None else require_signed:
            self.require(collection, self.of(collection) if signers is None else signers)
        elif signers:
            raise Malformed(
                f"{name_of(collection)} takes images without signatures: certain signers can be"
                " named only where signatures are required"
            )
        else:
            self.demand_nothing(collection)

    def require(self, collection: Collection, signers: Iterable[str] = ()) -> None:
        """Demand a verified signature of everything that is put into a collection from now on.

        signers   fingerprints: of OpenPGP keys, or the SHA-256 of PEM keys; none for any key
        Images that are there stay. Raises Malformed for what is no fingerprint.
        """
        self._access.require(Action.MANAGE, collection)
        wanted = {_fingerprint(one) for one in signers}
        if len(wanted) > MOST_SIGNERS:
            raise Malformed(f"{len(wanted)} signers are more than {MOST_SIGNERS}")
        collection.require_signed = True
        self._db.execute(delete(AllowedSigner).where(AllowedSigner.collection_id == collection.id))
        for fingerprint in sorted(wanted):
            self._db.add(AllowedSigner(collection_id=collection.id, fingerprint=fingerprint))
        self._db.flush()

    def demand_nothing(self, collection: Collection) -> None:
        """Take everything into a collection again, signed or not."""
        self._access.require(Action.MANAGE, collection)
        collection.require_signed = False
        self._db.execute(delete(AllowedSigner).where(AllowedSigner.collection_id == collection.id))
        self._db.flush()


def demand_of(db: Session, collection: Collection) -> Demand | None:
    """Give what a collection demands; None when it takes everything."""
    if not collection.require_signed:
        return None
    signers = db.scalars(
        select(AllowedSigner.fingerprint).where(AllowedSigner.collection_id == collection.id)
    )
    return Demand(name_of(collection), frozenset(signers))


def require_verdict(demand: Demand | None, verdict: Verdict) -> None:
    """Raise PushRefused unless the signatures of a file are what is demanded."""
    if demand is None:
        return
    wrong = next((one.reason for one in verdict.signatures if one.reason), None)
    _require_worth(demand, verdict.worth, wrong)
    _require_signer(
        demand,
        [
            one.fingerprint
            for one in verdict.signatures
            if one.state is SignatureState.VERIFIED and one.covers_all
        ],
    )


def require_image(db: Session, demand: Demand | None, image: Image) -> None:
    """Raise PushRefused unless the signatures of an image that is here are what is demanded."""
    if demand is None:
        return
    rows = db.scalars(select(ImageSignature).where(ImageSignature.image_id == image.id)).all()
    worth = Worth(image.verification) if image.verification else None
    _require_worth(demand, worth, next((row.reason for row in rows if row.reason), None))
    good = [one for one in rows if one.state is SignatureState.VERIFIED and one.covers_all]
    _require_signer(demand, [one.fingerprint for one in good])


def _require_worth(demand: Demand, worth: Worth | None, reason: str | None) -> None:
    if worth is Worth.VERIFIED:
        return
    message = _MISSING[worth] if worth is not None else "its signatures have not been verified yet"
    more = f": {reason}" if reason and worth is not Worth.NONE else ""
    raise PushRefused(f"{demand.collection} takes only images that are signed, and {message}{more}")


def _require_signer(demand: Demand, found: Sequence[str | None]) -> None:
    if not demand.signers or demand.signers & set(found):
        return
    names = ", ".join(one for one in found if one) or "several keys, none of which covers all of it"
    raise PushRefused(
        f"{demand.collection} takes only images that are signed by certain keys, and this one is"
        f" signed by {names}"
    )


def _fingerprint(text: str) -> str:
    digits = text.replace(" ", "").replace(":", "").upper().removeprefix("0X")
    if len(digits) not in (40, 64) or not all(digit in "0123456789ABCDEF" for digit in digits):
        raise Malformed(f"{text[:80]!r} is no fingerprint of 40 or 64 hex digits")
    return digits


_MISSING = {
    Worth.NONE: "this one has no signature",
    Worth.PARTIAL: "the signatures of this one do not cover all of it",
    Worth.UNKNOWN_KEY: "the key of this one is not known to the registry",
    Worth.BAD: "a signature of this one is not good",
}
