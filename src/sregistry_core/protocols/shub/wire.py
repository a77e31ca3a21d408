"""Between our words and the shub manifest."""

from typing import Any

from sregistry_core.digests import Digest
from sregistry_core.models import Image
from sregistry_core.names import DEFAULT_TAG, ImageName


def manifest_json(image: Image, name: ImageName, address: str) -> dict[str, Any]:
    """Give the manifest.

    `commit` names the file in the client's cache, for all registries together: so it is made of
    the content and of nothing else. Singularity 2 prints `branch` and reads `size_mb`.
    """
    digest = Digest.parse(image.digest)
    tag = name.tag or DEFAULT_TAG
    size = image.blob.size if image.blob else 0
    return {
        "image": address,
        "name": f"{name.container.collection}/{image.container.name}",
        "tag": tag,
        "branch": tag,
        "commit": digest.commit,
        "version": digest.oci,
        "size_mb": max(1, round(size / 1_000_000)),
    }
