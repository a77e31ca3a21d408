"""OpenPGP certificates that the registry holds: added, found and merged with what is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, false, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.errors import Malformed, NotAllowed, NotFound
from sregistry_core.formats import openpgp
from sregistry_core.models import KeyHandle, KeyName, PublicKey, User

from .access import Access
from .outbox import SLOW, OutboxService

if TYPE_CHECKING:
    from . import Facilities

CHANGED_JOB = "keys.changed"
MOST = 256
"""Keys of one answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which keys are looked for; one that fits either way is found.

    handle   upper-case hex: the last 8 digits of a key id, a key id of 16, or a fingerprint
    text     a mail address, or a part of a user id; all of it when `exact`
    """

    handle: str | None = None
    text: str | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a key that was sent."""

    fingerprint: str
    is_new: bool
    has_changed: bool


class Keys:
    """The key server's shelf."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities

    def add(self, upload: bytes) -> Sequence[Added]:
        """Take in an armoured block of keys: all of them, or none.

        Of a known key only what is new is added, and nothing of it is lost; images that it has
        signed are verified anew in a job. Raises Malformed, TooLarge, and LoginRequired or
        NotAllowed as `sregistry.keys_added_by` says.
        """
        self._require_may_add()
        return [self._add(one) for one in openpgp.read_certificates(upload)]

    def find(self, wanted: Wanted, *, after: str = "", limit: int = MOST) -> Sequence[PublicKey]:
        """Give keys in the order of their fingerprints, from behind `after` on.

        A fingerprint or key id that is a certificate's own hides those whose subkey it is.
        """
        self._require_may_read()
        condition: ColumnElement[bool] = false()
        if wanted.handle is not None:
            condition = _has_handle(wanted.handle, own=True)
            if not self._page(condition, "", 1):
                condition = _has_handle(wanted.handle)
        if wanted.text is not None:
            condition = or_(condition, _has_text(wanted.text, wanted.exact))
        return self._page(condition, after, limit)

    def names_of(self, keys: Sequence[PublicKey]) -> Mapping[str, Sequence[KeyName]]:
        """Give the user ids of keys, by fingerprint."""
        self._require_may_read()
        found: dict[str, list[KeyName]] = {key.fingerprint: [] for key in keys}
        rows = select(KeyName).where(KeyName.certificate.in_(list(found))).order_by(KeyName.name)
        for row in self._db.scalars(rows):
            found[row.certificate].append(row)
        return found

    def remove(self, fingerprint: str) -> None:
        """Forget a key; images that it has signed are verified anew in a job. Raises NotFound."""
        self._access.require_admin()
        key = self._db.get(PublicKey, fingerprint.upper())
        if key is None:
            raise NotFound(f"there is no key {fingerprint}")
        self._forget_parts(key.fingerprint)
        self._db.delete(key)
        self._access.audit.record("key.remove", key.fingerprint)
        self._outbox.write(CHANGED_JOB, queue=SLOW, fingerprint=key.fingerprint)

    def _add(self, sent: openpgp.Certificate) -> Added:
        known = self._db.get(PublicKey, sent.fingerprint, with_for_update=True)
        merged = openpgp.merge(known.armored, sent) if known is not None else sent
        if not merged.names:
            raise Malformed(
                f"the key {sent.fingerprint} has no user id that it has signed itself, by an"
                " algorithm that is still taken"
            )
        self._require_owner(merged)
        if known is None:
            return self._insert(merged, sent)
        changed = merged.armored != known.armored
        if changed:
            self._write(known, merged)
            self._access.audit.record("key.change", merged.fingerprint)
        return Added(merged.fingerprint, is_new=False, has_changed=changed)

    def _insert(self, key: openpgp.Certificate, sent: openpgp.Certificate) -> Added:
        row = PublicKey(
            fingerprint=key.fingerprint,
            added_by=self._access.caller.user_id,
            added_at=self._facilities.clock(),
        )
        _describe(row, key)
        row.changed_at = row.added_at
        try:
            with self._db.begin_nested():
                self._db.add(row)
        except IntegrityError:
            # Somebody else sent it in the same moment.
            return self._add(sent)
        self._write(row, key)
        self._access.audit.record("key.add", key.fingerprint)
        return Added(key.fingerprint, is_new=True, has_changed=True)

    def _write(self, row: PublicKey, key: openpgp.Certificate) -> None:
        _describe(row, key)
        row.changed_at = self._facilities.clock()
        self._forget_parts(row.fingerprint)
        for handle in {one.fingerprint: one for one in key.handles}.values():
            self._db.add(
                KeyHandle(
                    fingerprint=handle.fingerprint,
                    certificate=row.fingerprint,
                    key_id=handle.key_id,
                )
            )
        for name in key.names:
            self._db.add(
                KeyName(
                    certificate=row.fingerprint,
                    name=name.text,
                    email=name.email,
                    revoked=name.revoked,
                )
            )
        self._outbox.write(CHANGED_JOB, queue=SLOW, fingerprint=row.fingerprint)

    def _forget_parts(self, fingerprint: str) -> None:
        self._db.execute(delete(KeyHandle).where(KeyHandle.certificate == fingerprint))
        self._db.execute(delete(KeyName).where(KeyName.certificate == fingerprint))

    def _page(self, condition: ColumnElement[bool], after: str, limit: int) -> Sequence[PublicKey]:
        return self._db.scalars(
            select(PublicKey)
            .where(condition, PublicKey.fingerprint > after.upper())
            .order_by(PublicKey.fingerprint)
            .limit(min(limit, MOST + 1))
        ).all()

    def _require_may_add(self) -> None:
        if self._facilities.settings.keys_added_by == "anyone":
            return
        self._access.require_login()
        if self._access.caller.workplace is not None:
            raise NotAllowed(f"{self._access.caller.name} is a robot, and adds no keys")
        if not self._access.has(Scope.PUSH):
            raise NotAllowed("this token is for pulling only, not to add a key")

    def _require_owner(self, key: openpgp.Certificate) -> None:
        if self._facilities.settings.keys_added_by != "owners" or self._access.caller.is_admin:
            return
        user = self._db.get(User, self._access.caller.user_id)
        email = (user.email or "").lower() if user is not None else ""
        if not email or email not in {name.email for name in key.names if not name.revoked}:
            raise NotAllowed(
                f"the key {key.fingerprint} does not hold your mail address,"
                f" {email or 'which the registry does not know'}"
            )

    def _require_may_read(self) -> None:
        # Clients look keys up without a login as well, to verify what they have pulled.
        if self._facilities.settings.private_only:
            self._access.require_login()


def _describe(row: PublicKey, key: openpgp.Certificate) -> None:
    row.armored, row.algorithm, row.bits = key.armored, key.algorithm, key.bits
    row.made_at, row.expires_at, row.revoked_at = key.made_at, key.expires_at, key.revoked_at


def _has_handle(handle: str, *, own: bool = False) -> ColumnElement[bool]:
    match len(handle):
        case 8:
            fits: ColumnElement[bool] = KeyHandle.key_id.like(f"%{handle}")
        case 16:
            fits = KeyHandle.key_id == handle
        case _:
            fits = KeyHandle.fingerprint == handle
    if own:
        fits = fits & (KeyHandle.fingerprint == KeyHandle.certificate)
    return PublicKey.fingerprint.in_(select(KeyHandle.certificate).where(fits))


def _has_text(text: str, exact: bool) -> ColumnElement[bool]:
    small = text.lower()
    fits = or_(
        KeyName.email == small,
        func.lower(KeyName.name) == small
        if exact
        else func.lower(KeyName.name).contains(small, autoescape=True),
    )
    return PublicKey.fingerprint.in_(select(KeyName.certificate).where(fits))
