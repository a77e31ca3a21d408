"""Which manifests a collection takes that demands signatures."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import PushRefused
from sregistry_core.digests import ContentDigest
from sregistry_core.formats.oci_manifest import Document
from sregistry_core.models import Container, Image, Manifest

from .access import name_of
from .signers import Demand, demand_of, require_image


def require_manifest(
    db: Session, container: Container, document: Document, *, is_tagged: bool
) -> None:
    """Raise PushRefused for a manifest that the container's collection does not take.

    A SIF is judged by its signatures when it is published and whenever it gets a tag. Of all else
    only an index of such images is taken, and, without a tag, what refers to something that is
    here: signatures made by other means, bills of materials.
    """
    demand = demand_of(db, container.collection)
    if demand is None or document.sif is not None:
        return
    if document.is_index and document.manifests:
        for one in document.manifests:
            _require_entry(db, demand, container, one.digest)
        return
    if document.subject is None:
        raise PushRefused(
            f"{demand.collection} takes only images that are signed, and this manifest is of no"
            " SIF image"
        )
    if is_tagged:
        raise PushRefused(
            f"{demand.collection} takes only images that are signed: what refers to one gets no tag"
        )
    if _find(db, container, document.subject) is None:
        raise PushRefused(
            f"{demand.collection} takes only images that are signed, and {name_of(container)} has"
            f" no manifest {document.subject} that this one could refer to"
        )


def _require_entry(
    db: Session, demand: Demand, container: Container, digest: ContentDigest
) -> None:
    found = _find(db, container, digest)
    image = db.get(Image, found.image_id) if found is not None and found.image_id else None
    if image is None:
        raise PushRefused(
            f"{demand.collection} takes only images that are signed, and this index names {digest},"
            f" which is no SIF image in {name_of(container)}"
        )
    require_image(db, demand, image)


def _find(db: Session, container: Container, digest: ContentDigest) -> Manifest | None:
    return db.scalar(
        select(Manifest).where(
            Manifest.container_id == container.id, Manifest.digest == str(digest)
        )
    )
