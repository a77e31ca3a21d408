"""Files that definitions copy from: announced by their digest, sent once, kept for a while."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import Select, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.db.session import pause
from sregistry_core.digests import Digest
from sregistry_core.errors import Malformed, NotAllowed, NotFound, TooLarge
from sregistry_core.models import Build, BuildContext, BuildState, RebuildSchedule, Tag

from .access import Access

if TYPE_CHECKING:
    from . import Facilities

PURPOSE = "build-context"
LIFETIME = timedelta(days=1)
"""How long files are kept after they were announced, or last ordered."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A context; `address` is a signed path to send it to, None when it is here already."""

    id: str
    address: str | None


class BuildContexts:
    """Takes archives in. They are opened by a worker alone."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def announce(self, digest: Digest, size: int) -> Announced:
        """Say that files are to come; the caller alone may build from them.

        size   of the archive, in bytes
        Raises TooLarge, StorageFull.
        """
        self._require_pusher()
        settings = self._facilities.settings
        if not self._facilities.plugins.builders:
            raise NotFound("nothing is built here: the ini file names no builder")
        if size < 1:
            raise Malformed(f"{size} is no size of an archive")
        if size > settings.largest_build_context:
            raise TooLarge(
                f"{size} bytes are more than the {settings.largest_build_context} that files of a "
                "build may have here"
            )
        self._facilities.staging.require_room(size)
        now = self._facilities.clock()
        found = self._find(digest)
        if found is None:
            found = BuildContext(
                user_id=self._access.caller.user_id or "",
                digest=digest.oci,
                size=size,
                created_at=now,
                expires_at=now + LIFETIME,
            )
            try:
                with self._db.begin_nested():
                    self._db.add(found)
            except IntegrityError:
                # The same person has announced the same files at this very moment.
                other = self._find(digest)
                if other is None:
                    raise
                found = other
        found.expires_at = now + LIFETIME
        if found.arrived_at is not None and self.path(found.id).is_file():
            return Announced(found.id, None)
        claims: dict[str, str | int | None] = {"context": found.id, "size": size}
        found.size = size
        signed = self._facilities.signer.sign(PURPOSE, claims, LIFETIME)
        return Announced(found.id, signed)

    def receive(self, signed: str, source: BinaryIO, *, size: int | None) -> None:
        """Take the bytes in; the signed address is the permission.

        Raises Malformed when they are not those announced.
        """
        claims = self._facilities.signer.read(PURPOSE, signed)
        context = self._db.get(BuildContext, str(claims["context"]))
        if context is None:
            raise NotFound("these files were given up")
        context_id, digest, announced = context.id, context.digest, context.size
        if size is not None and size != announced:
            raise Malformed(f"{announced} bytes were announced, {size} have come")
        pause(self._db)
        with self._facilities.staging.receive(source, limit=announced) as staged:
            if staged.digest.oci != digest or staged.size != announced:
                raise Malformed(f"the files have the digest {staged.digest}, not {digest}")
            path = self.path(context_id)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            staged.path.replace(path)
        context = self._db.get(BuildContext, context_id)
        if context is None:
            path.unlink(missing_ok=True)
            raise NotFound("these files were given up")
        context.arrived_at = self._facilities.clock()

    def adopt(self, archive: Path, digest: Digest, size: int) -> str:
        """Take in files that are here already, such as those of a repository; their identifier.

        archive   a gzipped tar beside the staging area, which is moved
        Raises TooLarge.
        """
        self._require_pusher()
        announced = self.announce(digest, size)
        if announced.address is not None:
            path = self.path(announced.id)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            archive.replace(path)
            self._db.get_one(BuildContext, announced.id).arrived_at = self._facilities.clock()
        return announced.id

    def arrived(self, digest: Digest) -> str:
        """Give the identifier of files of the caller's. Raises NotFound when they are not here."""
        self._access.require_login()
        found = self._find(digest)
        if found is None or found.arrived_at is None:
            raise NotFound(f"the files {digest} of the build have not arrived")
        return found.id

    def forget(self, digest: Digest) -> None:
        """Let files of the caller's go, unless a build waits for them. Raises NotFound."""
        self._require_pusher()
        found = self._find(digest)
        if found is None:
            raise NotFound(f"the files {digest} are not here")
        if not self._is_waited_for(found.id):
            self._db.delete(found)
            self.path(found.id).unlink(missing_ok=True)

    def expire(self) -> int:
        """Let go what is too old and no build waits for; how many."""
        self._access.require_system()
        now = self._facilities.clock()
        old = self._db.scalars(
            select(BuildContext).where(
                BuildContext.expires_at <= now, BuildContext.id.not_in(_to_be_built_anew())
            )
        ).all()
        gone = [one for one in old if not self._is_waited_for(one.id)]
        self._forget_all(gone)
        return len(gone)

    def path(self, context_id: str) -> Path:
        """Give where the archive of a context is."""
        return self._facilities.settings.staging / "contexts" / context_id

    def _require_pusher(self) -> None:
        self._access.require_login()
        if not self._access.has(Scope.PUSH):
            raise NotAllowed("this token is for pulling only, not to send files of a build")

    def _forget_all(self, contexts: Iterable[BuildContext]) -> None:
        for context in contexts:
            self._db.delete(context)
            self.path(context.id).unlink(missing_ok=True)

    def _find(self, digest: Digest) -> BuildContext | None:
        return self._db.scalar(
            select(BuildContext).where(
                BuildContext.user_id == self._access.caller.user_id,
                BuildContext.digest == digest.oci,
            )
        )

    def _is_waited_for(self, context_id: str) -> bool:
        states = [BuildState.QUEUED, BuildState.RUNNING]
        query = select(Build.id).where(Build.context_id == context_id, Build.state.in_(states))
        return self._db.scalars(query.limit(1)).first() is not None


def _to_be_built_anew() -> Select[str | None]:
    """Identify the files of images that are built anew by themselves."""
    scheduled = and_(
        RebuildSchedule.container_id == Tag.container_id,
        RebuildSchedule.tag == Tag.name,
        RebuildSchedule.arch == Tag.arch,
    )
    return (
        select(Build.context_id)
        .join(Tag, Tag.image_id == Build.image_id)
        .join(RebuildSchedule, scheduled)
        .where(Build.context_id.is_not(None))
    )
