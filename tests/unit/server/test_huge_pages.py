"""A process whose memory is put together in huge pages."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sregistry_core.server.huge_pages import HUGE_PAGE, gather
from sregistry_core.testing.components import leave_out

from .conftest import eventually

PUT_TOGETHER_IN_A_PROCESS_OF_ITS_OWN = """
from pathlib import Path
from sregistry_core.server.huge_pages import gather

kept = [str(number) for number in range(1_000_000)]
gathered = gather()
print(gathered, Path("/proc/self/smaps_rollup").read_text())
assert kept == [str(number) for number in range(1_000_000)]
"""


@pytest.fixture
def able_kernel():
    """A Linux that moves memory when it is asked to."""
    if tuple(int(number) for number in re.findall("[0-9]+", platform.release())[:2]) < (6, 1):
        leave_out("Linux 6.1 is needed to put memory into huge pages")


@pytest.mark.usefixtures("able_kernel")
def test_what_a_process_has_made_lies_in_huge_pages_and_is_what_it_was():
    ran = subprocess.run(
        [sys.executable, "-c", PUT_TOGETHER_IN_A_PROCESS_OF_ITS_OWN],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    gathered = int(ran.stdout.split()[0])
    [huge_kib] = re.findall(r"AnonHugePages:\s+([0-9]+) kB", ran.stdout)
    assert gathered * HUGE_PAGE >= 32 << 20
    # The pages of what the list of memory itself was kept in may have been given back.
    assert abs(int(huge_kib) * 1024 - gathered * HUGE_PAGE) <= 2 * HUGE_PAGE


def test_only_whole_pages_of_memory_of_a_process_alone_are_put_together():
    kept = bytearray(8 * HUGE_PAGE)
    asked = []

    def note(address, length):
        asked.append((address, length))
        return True

    assert gather(note) == len(asked) > 7
    assert {length for _, length in asked} == {HUGE_PAGE}
    assert all(address % HUGE_PAGE == 0 for address, _ in asked)
    own = [memory for memory in regions() if memory[2] == "rw-p" and memory[3] in {"", "[heap]"}]
    assert all(
        any(begin <= address and address + length <= end for begin, end, *_ in own)
        for address, length in asked
    )
    del kept


def test_where_the_kernel_knows_nothing_of_it_nothing_happens():
    assert gather(lambda address, length: False) == 0


@pytest.mark.usefixtures("able_kernel")
def test_a_server_puts_its_memory_together_once_it_has_settled_and_answers_meanwhile(server):
    def huge():
        with server.connect() as client:
            client.send("GET", "/ping")
            assert client.answer()[0] == 200
        rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"AnonHugePages:\s+([0-9]+) kB", rollup)[1])

    assert huge() == 0
    # It begins five seconds after its start, and with what the machine leaves it.
    assert eventually(huge, patience=60) >= HUGE_PAGE >> 10


def regions():
    for line in Path("/proc/self/maps").read_text().splitlines():
        area, rights, _, _, _, *name = line.split()
        begin, end = (int(number, 16) for number in area.split("-"))
        yield begin, end, rights, "".join(name)
