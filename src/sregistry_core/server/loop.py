"""Waits for what happens on connections, and looks only at those where something has happened.

Waitress asks each connection in each turn what it waits for. With some hundred clients that takes
longer than an answer, and Python's lock, which those who answer need, is held all the time.
"""

import select
from collections import deque
from contextlib import suppress
from typing import Any

from waitress import wasyncore
from waitress.server import BaseWSGIServer

_READING = select.EPOLLIN | select.EPOLLPRI
_WRITING = select.EPOLLOUT
_ENDS = select.EPOLLHUP | select.EPOLLERR


class Loop(dict[int, Any]):
    """The connections and listeners by the numbers of their files: what waitress calls `map`.

    The kernel is told what a connection waits for when that becomes more. When it becomes less,
    only once something comes that nobody waits for: a request and its answer need no call.
    """

    def __init__(self) -> None:
        """Begin without a connection."""
        super().__init__()
        self._kernel = select.epoll()
        self._told: dict[int, int] = {}
        self._noted: deque[Any] = deque()
        self._listeners: list[BaseWSGIServer] = []

    def __setitem__(self, number: int, part: Any) -> None:
        """Take in a connection or listener, that may not be ready to be asked before the turn."""
        super().__setitem__(number, part)
        self.note(part)
        if isinstance(part, BaseWSGIServer):
            self._listeners.append(part)

    def __delitem__(self, number: int) -> None:
        """Let go of one that is about to be closed."""
        part = self.pop(number)
        if isinstance(part, BaseWSGIServer):
            self._listeners.remove(part)
        self._forget(number)

    def note(self, part: Any) -> None:
        """Have a connection looked at in the next turn: it may wait for more now.

        May be called by any thread, which has to wake the loop then.
        """
        self._noted.append(part)

    def hears(self, part: Any) -> bool:
        """Tell whether what a client sends next will be noticed, without any further call."""
        return bool(self._told.get(part._fileno, 0) & select.EPOLLIN)

    def turn(self, seconds: float) -> None:
        """Wait until something happens, `seconds` at most, and have it dealt with."""
        while self._noted:
            self._look_at(self._noted.popleft())
        # With how many connections there are it changes whether they take another one.
        for listener in list(self._listeners):
            self._look_at(listener)
        for number, happened in self._kernel.poll(seconds):
            part = self.get(number)
            if part is not None:
                self._deal_with(number, part, happened)

    def close(self) -> None:
        """Give the kernel's part back; nothing is waited for any more."""
        self._told.clear()
        self._kernel.close()

    def _deal_with(self, number: int, part: Any, happened: int) -> None:
        wanted = _wanted(part)
        if happened & wanted or (wanted and happened & _ENDS):
            # The numbers are those of poll().
            wasyncore.readwrite(part, happened & (wanted | _ENDS))
            self._look_at(part)
        else:
            self._forget(number)
            # Asked only now: a thread that has answered meanwhile found that it is heard still.
            self._look_at(part)

    def _look_at(self, part: Any) -> None:
        number = part._fileno
        if number is None or self.get(number) is not part:
            return  # closed by now
        wanted, told = _wanted(part), self._told.get(number, 0)
        if not wanted & ~told:
            return
        if told:
            self._kernel.modify(number, wanted)
        else:
            self._kernel.register(number, wanted)
        self._told[number] = wanted

    def _forget(self, number: int) -> None:
        if self._told.pop(number, 0):
            with suppress(OSError):
                self._kernel.unregister(number)


def _wanted(part: Any) -> int:
    wanted = _READING if part.readable() else 0
    # What takes connections in has nothing to send.
    if part.writable() and not part.accepting:
        wanted |= _WRITING
    return wanted
