"""Secrets that the builds of a collection are given while they run; nobody is shown them again."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Build, BuildSecret, Collection
from sregistry_core.storage.sealing import seal, unseal

from .access import Access, name_of

if TYPE_CHECKING:
    from . import Facilities

MOST = 50
SHORTEST = 8
"""Shorter ones stand by chance in what a build says, and could not be kept out of its log."""
LONGEST = 16_384
_PURPOSE = "build-secret"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_TAKEN = re.compile(
    r"(PATH|HOME|TMPDIR|IFS|ENV|BASH_ENV|LC_ALL)\Z|(LD_|APPTAINER|SINGULARITY|SLURM)", re.IGNORECASE
)
"""Names that mean something to programs that build."""


class BuildSecrets:
    """Keeps them sealed with the registry's own secret."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(
        self, collection: Collection, *, after: str = "", limit: int | None = None
    ) -> Sequence[BuildSecret]:
        """Give the secrets of a collection by name, from the one after `after` on; all sealed."""
        self._access.require(Action.MANAGE, collection)
        return self._db.scalars(
            select(BuildSecret)
            .where(BuildSecret.collection_id == collection.id, BuildSecret.name > after)
            .order_by(BuildSecret.name)
            .limit(limit)
        ).all()

    def set(self, collection: Collection, name: str, value: str) -> BuildSecret:
        """Keep a secret, in place of one of this name. Raises Malformed."""
        self._access.require(Action.MANAGE, collection)
        _require_name(name)
        _require_value(value)
        row = self._find(collection, name)
        if row is None:
            self._require_few(collection)
            row = BuildSecret(collection_id=collection.id, name=name)
            self._db.add(row)
        row.sealed = seal(self._facilities.signer, _PURPOSE, value)
        row.set_by = self._access.caller.user_id
        row.set_at = self._facilities.clock()
        self._db.flush()
        self._access.audit.record(
            "build_secret.set", name_of(collection), collection=collection, secret=name
        )
        return row

    def remove(self, collection: Collection, name: str) -> None:
        """Forget a secret. Raises NotFound."""
        self._access.require(Action.MANAGE, collection)
        row = self._find(collection, name)
        if row is None:
            raise NotFound(f"{name_of(collection)} has no secret {name[:64]}")
        self._db.delete(row)
        self._access.audit.record(
            "build_secret.remove", name_of(collection), collection=collection, secret=name
        )

    def opened(self, build_id: str) -> Mapping[str, str | None]:
        """Give the secrets of a build by their names, for the worker at it.

        None stands for one that was sealed when the registry had another secret.
        """
        self._access.require_system()
        rows = self._db.scalars(
            select(BuildSecret)
            .join(Build, Build.collection_id == BuildSecret.collection_id)
            .where(Build.id == build_id)
        )
        return {row.name: unseal(self._facilities.signer, _PURPOSE, row.sealed) for row in rows}

    def _find(self, collection: Collection, name: str) -> BuildSecret | None:
        return self._db.scalars(
            select(BuildSecret).where(
                BuildSecret.collection_id == collection.id, BuildSecret.name == name
            )
        ).one_or_none()

    def _require_few(self, collection: Collection) -> None:
        count = select(func.count()).where(BuildSecret.collection_id == collection.id)
        if (self._db.scalar(count) or 0) >= MOST:
            raise Malformed(f"{name_of(collection)} has {MOST} secrets, and may have no more")


def _require_name(name: str) -> None:
    if not _NAME.match(name):
        raise Malformed("a secret is called by 1 to 64 letters, digits and _, no digit first")
    if _TAKEN.match(name):
        raise Malformed(f"{name} means something to the programs that build: take another name")


def _require_value(value: str) -> None:
    if not len(value) >= SHORTEST or len(value.encode("utf-8", "replace")) > LONGEST:
        raise Malformed(f"a secret has {SHORTEST} signs at least, and {LONGEST} bytes at most")
    if "\0" in value:
        raise Malformed("the secret holds a NUL")
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Malformed("the secret is no text")
