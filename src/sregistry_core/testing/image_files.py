"""Image files as the tests handle them: their digest, and the architecture they claim."""

import hashlib
from pathlib import Path

# How a SIF spells an architecture, and where. Source: SIF 1.0 layout, header and descriptors.
ARCHITECTURES = {
    "386": b"01\0",
    "amd64": b"02\0",
    "arm": b"03\0",
    "arm64": b"04\0",
    "ppc64le": b"06\0",
    "s390x": b"11\0",
    "riscv64": b"12\0",
}
_PARTITION, _SIGNATURE = 0x4004, 0x4005
_PRIMARY_SYSTEM = 2


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def with_architecture(image: Path, architecture: str) -> Path:
    """Make an unsigned SIF claim another architecture, in place, and give its path back.

    architecture   as Go spells it: amd64, arm64, ppc64le ...
    Changes the code in the header and in the primary partition's descriptor, as a real build has
    both. Raises ValueError for a signed image, which would no longer verify.
    """
    code = ARCHITECTURES[architecture]
    with image.open("r+b") as file:
        header = file.read(128)
        if header[32:41] != b"SIF_MAGIC":
            raise ValueError(f"{image} is not a SIF")
        total = int.from_bytes(header[88:96], "little")
        table = int.from_bytes(header[96:104], "little")

        places = [45]
        for start in range(table, table + total * 585, 585):
            file.seek(start)
            descriptor = file.read(585)
            kind, used = int.from_bytes(descriptor[:4], "little"), descriptor[4] == 1
            if used and kind == _SIGNATURE:
                raise ValueError(f"{image} is signed")
            role = int.from_bytes(descriptor[205:209], "little")
            if used and kind == _PARTITION and role == _PRIMARY_SYSTEM:
                places.append(start + 209)

        for place in places:
            file.seek(place)
            file.write(code)
    return image
