"""Between our words and the shub manifest."""

from typing import Any

from sregistry_core.digests import Digest
from sregistry_core.names import DEFAULT_TAG, ImageName
from sregistry_core.services.seen import AnyImage


def manifest_json(
    image: AnyImage, name: ImageName, address: str, *, frozen: bool
) -> dict[str, Any]:
    """Give the manifest: what any client of the old server or of Singularity Hub reads.

    `commit` names the file in the client's cache, for all registries together: so it is made of
    the content and of nothing else. Singularity 2 prints `branch`, reads `size_mb`, and where there
    is a `frozen` it puts `collection` before `name`, as the sregistry client always does.
    """
    digest = Digest.parse(image.digest)
    tag = name.tag or DEFAULT_TAG
    size = image.blob.size if image.blob else 0
    size_mb = max(1, round(size / 1_000_000))
    return {
        "id": image.id,
        "name": image.container.name,
        "image": address,
        "tag": tag,
        "branch": tag,
        "commit": digest.commit,
        "version": digest.oci,
        "add_date": image.created_at.isoformat(),
        "metrics": {"sha256": digest.hex, "size": size, "size_mb": size_mb},
        "size_mb": size_mb,
        "frozen": frozen,
        "metadata": {"description": image.description, "arch": image.arch},
        "collection": name.container.collection,
    }
