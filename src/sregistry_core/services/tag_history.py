"""What each tag pointed at, since when, and who moved it: also after it was removed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import NotFound
from sregistry_core.models import Container, Image, Manifest, ManifestTag, Tag, TagMove, User
from sregistry_core.names import parse_tag

from .access import Access, name_of

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class Moved:
    """What a tag pointed at from a moment on.

    id       the key of the next page
    arch     None for a manifest of OCI that is no image
    digest   None when the tag was removed
    by       who moved it; None for the registry itself, and for users that are gone
    is_here  whether the image or the manifest can still be had
    """

    id: str
    tag: str
    arch: str | None
    digest: str | None
    at: datetime
    by: str | None
    is_here: bool


class TagHistory:
    """Writes the history of tags, in the transaction of the move, and shows it."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(
        self, container: Container, tag: str | None = None, *, after: str = "", limit: int = 100
    ) -> Sequence[Moved]:
        """Give the moves of a tag, or of every tag of a container, the newest first.

        after   the `id` of the move after which to go on
        Raises NotFound for a tag that has no history here and is none.
        """
        self._access.require(Action.READ, container)
        query = _moves(container)
        if tag is not None:
            name = parse_tag(tag)
            query = query.where(TagMove.name == name)
            if not after and not self._is_known(container, name):
                raise NotFound(f"{name_of(container)}:{name} does not exist")
        if after:
            last = self._db.get(TagMove, after)
            if last is None or last.container_id != container.id:
                return []
            query = query.where(
                or_(
                    TagMove.moved_at < last.moved_at,
                    and_(TagMove.moved_at == last.moved_at, TagMove.id < last.id),
                )
            )
        return [
            Moved(
                id=move.id,
                tag=move.name,
                arch=move.arch,
                digest=move.digest,
                at=move.moved_at,
                by=by,
                is_here=bool(image or manifest),
            )
            for move, by, image, manifest in self._db.execute(query.limit(limit))
        ]

    def note(
        self, container_id: str, tag: str, architectures: Iterable[str | None], digest: str | None
    ) -> None:
        """Write down what a tag points at from now on; None: it is removed.

        For services that have guarded themselves.
        """
        for arch in architectures:
            self._db.add(
                TagMove(
                    container_id=container_id,
                    name=tag,
                    arch=arch,
                    digest=digest,
                    moved_at=self._facilities.clock(),
                    moved_by=self._access.caller.user_id,
                )
            )

    def note_removed(self, container_id: str, tags: Iterable[Tag]) -> None:
        """Write down that these tags are removed. For services that have guarded themselves."""
        for tag in tags:
            self.note(container_id, tag.name, [tag.arch], None)

    def _is_known(self, container: Container, tag: str) -> bool:
        known = [
            exists().where(table.container_id == container.id, table.name == tag)
            for table in (TagMove, Tag, ManifestTag)
        ]
        return bool(self._db.scalar(select(or_(*known))))


def _moves(container: Container) -> Select[TagMove, str | None, bool, bool]:
    of_image = exists().where(
        Image.container_id == container.id,
        Image.digest == TagMove.digest,
        Image.blob_id.is_not(None),
    )
    of_manifest = exists().where(
        Manifest.container_id == container.id, Manifest.digest == TagMove.digest
    )
    return (
        select(TagMove, User.name, of_image, of_manifest)
        .outerjoin(User, User.id == TagMove.moved_by)
        .where(TagMove.container_id == container.id)
        .order_by(TagMove.moved_at.desc(), TagMove.id.desc())
    )
