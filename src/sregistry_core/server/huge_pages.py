"""What a process has made, in huge pages: the processor finds it with fewer looks at its tables.

Python's objects lie in small pages. One request touches thousands of them, and in a virtual machine
each that the processor has forgotten costs it two tables' walks.
"""

import ctypes
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

HUGE_PAGE = 2 << 20
"""Bytes, on the processors that Linux keeps such pages on without being told of another size."""
_COLLAPSE = 25
"""MADV_COLLAPSE of madvise(2), since Linux 6.1; Python has no name for it."""
_OWN_MEMORY = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p \S+ 00:00 0\s*(?:\[heap\])?$")


def gather(advise: Callable[[int, int], bool] | None = None) -> int:
    """Move the memory that this process has now into huge pages, where Linux can; gives how many.

    For one that has made nearly all that it will keep: what comes later comes in small pages again,
    so that nothing grows by more than it needs. Where there is no such thing, or no memory for it,
    all stays as it is.

    advise   puts one huge page, by its address and length in bytes, together; says whether that
             was done. Without one, the kernel does (madvise(2)).
    """
    if sys.platform != "linux":
        return 0
    put_together = advise or _kernels_advice()
    try:
        maps = Path("/proc/self/maps").read_text(encoding="ascii", errors="replace")
    except OSError:  # not every container shows it
        return 0
    pages = list(_whole_pages(maps.splitlines()))
    return sum(put_together(address, HUGE_PAGE) for address in pages)


def _whole_pages(maps: Iterable[str]) -> Iterator[int]:
    """Give the addresses of huge pages that lie whole in memory of this process alone."""
    for line in maps:
        if found := _OWN_MEMORY.match(line):
            begin, end = (int(number, 16) for number in found.groups())
            first = -(-begin // HUGE_PAGE) * HUGE_PAGE
            yield from range(first, end - HUGE_PAGE + 1, HUGE_PAGE)


def _kernels_advice() -> Callable[[int, int], bool]:
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    return lambda address, length: madvise(address, length, _COLLAPSE) == 0
