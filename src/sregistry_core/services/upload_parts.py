"""Into how many parts of which size an upload is cut, and whether all of them are there."""

from collections.abc import Collection

from sregistry_core.errors import Malformed
from sregistry_core.models import Upload

MOST_PARTS = 10_000
_MIB = 1 << 20


def part_size_for(size: int, wanted: int) -> int:
    """Give the size of the parts of an upload in bytes: more than `wanted` where it is large."""
    least = -(-size // MOST_PARTS)
    return wanted if least <= wanted else -(-least // _MIB) * _MIB


def parts_of(upload: Upload) -> int:
    """Tell how many parts an upload has."""
    return -(-upload.size // upload.part_size)


def require_numbers(upload: Upload, numbers: Collection[int]) -> None:
    """Raise Malformed, naming the first one, when a part is missing."""
    missing = sorted(set(range(1, parts_of(upload) + 1)) - set(numbers))
    if missing:
        raise Malformed(f"part {missing[0]} of {parts_of(upload)} has not arrived")
