"""What programs say that were refused memory, or another process."""

from collections.abc import Callable

from .sandbox import Sandbox

_MEMORY_SIGNS = (
    "cannot allocate memory",
    "memory exhausted",
    "out of memory",
    "memoryerror",
    "bad_alloc",
)
_PROCESS_SIGNS = ("cannot fork", "can't fork", "fork: retry", "resource temporarily unavailable")


class LimitsSeen:
    """Looks through what a build says for a limit that it has met.

    The kernel refuses single calls: what a program makes of that, nobody else is told.
    """

    def __init__(self, sandbox: Sandbox):
        self._signs: list[tuple[tuple[str, ...], str]] = []
        if sandbox.memory:
            words = f"a process needed more than {sandbox.memory} bytes of memory"
            self._signs.append((_MEMORY_SIGNS, words))
        if sandbox.processes:
            words = f"it needed more than {sandbox.processes} processes"
            self._signs.append((_PROCESS_SIGNS, words))
        self._reason = ""

    def looking(self, show: Callable[[str], None]) -> Callable[[str], None]:
        """Give what shows a line after a look at it."""

        def look_and_show(line: str) -> None:
            small = line.lower()
            for signs, reason in self._signs:
                if any(sign in small for sign in signs):
                    self._reason = reason
            show(line)

        return look_and_show

    def reason(self) -> str:
        """Give why a build has failed that ended by itself; empty where no limit was met."""
        return self._reason
