"""Manifests as most pulls want them: with one question, and counted."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.formats.oci_manifest import INDEX_TYPES
from sregistry_core.names import ContainerName

from .access import Access, name_of
from .glances import manifest_at
from .manifest_reference import Reference
from .seen import AnyManifest, SeenManifest

if TYPE_CHECKING:
    from . import Facilities


class ManifestGlimpses:
    """Needs nothing of what pushes need: to make that takes as long as to answer."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def find(
        self, name: ContainerName, reference: Reference, *, accepted: Collection[str] = ()
    ) -> SeenManifest | None:
        """Give what `Manifests.find` gives; None where that one has to be asked instead.

        It has to where there is nothing to be seen, for whatever reason, where a tag gets its
        manifest only now, and where a client takes no index.
        """
        self._access.require_reach(Action.READ, str(name))
        digest = str(reference.digest) if reference.digest is not None else None
        seen = manifest_at(self._db, name, tag=reference.tag, digest=digest)
        if seen is None or not self._access.may(Action.READ, seen.container):
            return None
        is_index = digest is None and seen.media_type in INDEX_TYPES
        if accepted and is_index and not set(INDEX_TYPES) & set(accepted):
            return None
        self._access.ask_policies(Action.READ, name_of(seen.container))
        return seen

    def count(self, manifest: AnyManifest) -> None:
        """Count one pull of what is no SIF: the bytes of a SIF are counted where they leave."""
        is_ours = manifest.image_id is not None or manifest.tells_of is not None
        if not is_ours and manifest.media_type not in INDEX_TYPES:
            self._facilities.tally.count_pull(manifest.container_id, self._facilities.clock())
