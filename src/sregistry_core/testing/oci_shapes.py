"""What a registry has to take: every shape of content that the specification lets clients push."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .oci import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    EMPTY,
    EMPTY_TYPE,
    OCI_MANIFEST,
    SIF_CONFIG,
    SIF_LAYER,
    descriptor,
    digest_of,
    index_of,
    manifest_of,
)
from .sif_files import make_sif

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
EXAMPLE_TYPE = "application/vnd.example.data"
AMD64, ARM64 = ({"os": "linux", "architecture": arch} for arch in ("amd64", "arm64"))


@dataclass(frozen=True)
class Shape:
    """Blobs and manifests, in the order in which a client pushes them."""

    blobs: list[bytes] = field(default_factory=list)
    manifests: list[bytes] = field(default_factory=list)
    algorithm: str = "sha256"
    not_pushed: list[str] = field(default_factory=list)
    """Digests that the manifests name and nobody pushes."""

    @property
    def top(self) -> bytes:
        """What a tag points at."""
        return self.manifests[-1]

    def digest(self, content: bytes) -> str:
        """What this client calls some bytes."""
        return digest_of(content, self.algorithm)


def filling(name: str, size: int = 300) -> bytes:
    """Bytes that are those of no other case."""
    return (hashlib.sha256(name.encode()).digest() * (size // 32 + 1))[:size]


def image(
    name: str,
    *,
    layers: int = 2,
    algorithm: str = "sha256",
    platform: Mapping[str, str] = AMD64,
    **more: Any,
) -> Shape:
    """An ordinary container image."""
    contents = [filling(f"{name}-{number}") for number in range(layers)]
    diff_ids = [digest_of(one) for one in contents]
    rootfs = {"type": "layers", "diff_ids": diff_ids}
    config = json.dumps({**platform, "rootfs": rootfs, "author": name}).encode()
    body = manifest_of(
        descriptor(config, CONFIG_TYPE, algorithm=algorithm),
        [descriptor(one, LAYER_TYPE, algorithm=algorithm) for one in contents],
        **more,
    )
    return Shape([config, *contents], [body], algorithm)


def artifact(
    name: str, *, layer: bytes | None = None, layer_type: str = EXAMPLE_TYPE, **more: Any
) -> Shape:
    """An artifact with an empty config."""
    content = filling(name) if layer is None else layer
    members = {"artifactType": EXAMPLE_TYPE, **more}
    body = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [descriptor(content, layer_type)], **members)
    return Shape([EMPTY, content], [body])


def index(
    *shapes: Shape, platforms: Sequence[Mapping[str, str]] = (AMD64, ARM64), **more: Any
) -> Shape:
    """An index over the last manifest of each shape."""
    algorithm = shapes[0].algorithm if shapes else "sha256"
    children = [
        descriptor(
            shape.top,
            json.loads(shape.top)["mediaType"],
            algorithm=algorithm,
            platform=platforms[number % 2],
        )
        for number, shape in enumerate(shapes)
    ]
    return Shape(
        [blob for shape in shapes for blob in shape.blobs],
        [*(one for shape in shapes for one in shape.manifests), index_of(children, **more)],
        algorithm,
    )


def with_subject(subject: Shape, referrer: Shape) -> Shape:
    """A manifest, and one that refers to it."""
    named = {**json.loads(referrer.top), "subject": descriptor(subject.top, OCI_MANIFEST)}
    return Shape(
        [*subject.blobs, *referrer.blobs],
        [*subject.manifests, *referrer.manifests[:-1], json.dumps(named).encode()],
    )


def docker(shape: Shape) -> Shape:
    """The same in Docker's types."""
    body = shape.top.replace(OCI_MANIFEST.encode(), DOCKER_MANIFEST.encode())
    return Shape(shape.blobs, [body])


def docker_list() -> Shape:
    """A manifest list of Docker's."""
    child = docker(image("docker-list"))
    body = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_LIST,
            "manifests": [descriptor(child.top, DOCKER_MANIFEST, platform=AMD64)],
        }
    ).encode()
    return Shape(child.blobs, [child.top, body])


def elsewhere() -> Shape:
    """Layers that may not be distributed, and one that may."""
    config, layer = b'{"os":"linux"}', filling("elsewhere")
    absent = [
        descriptor(filling("nd"), "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                   urls=["https://store.example.com/nd"]),
        descriptor(filling("nd2"), "application/vnd.oci.image.layer.nondistributable.v1.tar"),
        descriptor(filling("nd3"), "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
    ]  # fmt: skip
    body = manifest_of(descriptor(config, CONFIG_TYPE), [*absent, descriptor(layer, LAYER_TYPE)])
    return Shape([config, layer], [body], not_pushed=[one["digest"] for one in absent])


def sparse_image() -> Shape:
    """An image of which one layer is not pushed."""
    whole = image("sparse", layers=3)
    return Shape(whole.blobs[:-1], whole.manifests, not_pushed=[digest_of(whole.blobs[-1])])


def sparse_index() -> Shape:
    """An index of which one manifest is not pushed."""
    there, absent = image("sparse-index"), image("sparse-absent")
    both = index(there, absent)
    return Shape(there.blobs, [there.top, both.top], not_pushed=[digest_of(absent.top)])


def data_field() -> Shape:
    """Descriptors that hold the bytes as well."""
    config, layer = EMPTY, b"small enough"

    def held(content: bytes, media_type: str) -> dict[str, Any]:
        return descriptor(content, media_type, data=b64encode(content).decode())

    body = manifest_of(held(config, EMPTY_TYPE), [held(layer, EXAMPLE_TYPE)])
    return Shape([config, layer], [body])


def missing_subject() -> Shape:
    """A referrer whose subject nobody has pushed."""
    absent = descriptor(filling("absent"), OCI_MANIFEST)
    referrer = artifact("missing-subject", subject=absent, annotations={"a": "b"})
    return Shape(referrer.blobs, referrer.manifests, not_pushed=[absent["digest"]])


def sif() -> Shape:
    """A SIF, as Apptainer pushes it."""
    content = make_sif(payload_size=700)
    body = manifest_of(descriptor(EMPTY, SIF_CONFIG), [descriptor(content, SIF_LAYER)])
    return Shape([EMPTY, content], [body])


SHAPES: dict[str, Callable[[], Shape]] = {
    "image": lambda: image("image"),
    "image of one layer": lambda: image("one-layer", layers=1),
    "image of fifty layers": lambda: image("fifty", layers=50),
    "image without layers": lambda: image("no-layers", layers=0),
    "large manifest": lambda: image(
        "large", annotations={f"large-{number}": "A" * 10_000 for number in range(390)}
    ),
    "annotations": lambda: image("annotations", annotations={"a.b/c": "d", "é": "ü", "": ""}),
    "index": lambda: index(image("index-1"), image("index-2", platform=ARM64)),
    "nested index": lambda: index(
        index(image("nested-1"), image("nested-2")), index(image("nested-3"))
    ),
    "empty index": lambda: index(),
    "artifact": lambda: artifact("artifact"),
    "artifact index": lambda: index(
        artifact("artifact-1"), artifact("artifact-2"), artifactType=EXAMPLE_TYPE
    ),
    "artifact without layers": lambda: artifact("none", layer=EMPTY, layer_type=EMPTY_TYPE),
    "artifact of an empty blob": lambda: artifact("empty", layer=b""),
    "artifact with a config": lambda: artifact("config", artifactType=None),
    "artifact with a subject": lambda: with_subject(image("subject"), artifact("referrer")),
    "index with a subject": lambda: with_subject(
        image("index-subject"), index(artifact("r1"), artifactType=EXAMPLE_TYPE)
    ),
    "missing subject": missing_subject,
    "data field": data_field,
    "non-distributable layers": elsewhere,
    "custom fields": lambda: image("custom", customField={"y": [1, 2.5, None, True]}),
    "custom fields of an index": lambda: index(image("custom-child"), customField={"z": "1"}),
    "sparse image": sparse_image,
    "sparse index": sparse_index,
    "sha512 image": lambda: image("sha512", algorithm="sha512"),
    "sha512 index": lambda: index(image("sha512-child", algorithm="sha512")),
    "docker image": lambda: docker(image("docker")),
    "docker list": docker_list,
    "sif": sif,
}
"""By name; each made anew when it is asked for."""
