"""In which order rows are locked, so that no two transactions wait for each other.

First the container that is written in, then bytes (`Garbage.release`, `Keeping.hold`), then all
the rest. SQLite lets one write at a time, and has no locks of rows.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.errors import NotFound
from sregistry_core.models import Blob, Container


def lock_container(db: Session, container_id: str, *, for_removal: bool = False) -> None:
    """Let others who write in a container wait until this transaction has ended.

    for_removal   also those who only add a row that refers to it
    Raises NotFound when somebody has just removed it.
    """
    wanted = select(Container.id).where(Container.id == container_id)
    if db.scalar(wanted.with_for_update(key_share=not for_removal)) is None:
        raise NotFound("the container was deleted a moment ago")


def lock_containers(db: Session, containers: Iterable[str]) -> None:
    """Do the same for several; those that are gone are left out."""
    wanted = select(Container.id).where(Container.id.in_(set(containers))).order_by(Container.id)
    db.execute(wanted.with_for_update(key_share=True))


def lock_blobs(db: Session, blobs: Iterable[str]) -> None:
    """Let others who let go of the same bytes, or take them, wait until this transaction ends.

    Of two who both let go, the second one then sees that nobody has them any more.
    """
    wanted = select(Blob.id).where(Blob.id.in_(set(blobs))).order_by(Blob.id)
    db.execute(wanted.with_for_update(key_share=True))
