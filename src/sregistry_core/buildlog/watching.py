"""Looks at each build that somebody follows: once for all of them, and only while they do."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from sregistry_core.db.failures import cause_of
from sregistry_core.jobs.outages import is_outage
from sregistry_core.services.building import Followed

PAUSE_SECONDS = 0.5
_PAUSE_AFTER_AN_ERROR = 5.0
_MOST_KEPT = 256 * 1024
"""Characters of the last lines; who is further behind reads the database."""

Line = tuple[int, str]
Look = Callable[[str, int], Awaitable[Followed]]
"""Gives how a build is, with lines after a number."""

log = logging.getLogger(__name__)


class Watch:
    """One build while somebody follows it.

    end    how it is once it has ended, and every line has been seen
    news   is set when there is more to be had; taken before looking, nothing is missed
    """

    def __init__(self, at: int):
        """at: the number of the last line that needs not be seen."""
        self.end: Followed | None = None
        self.news = asyncio.Event()
        self.followers = 0
        self._last = at
        self._kept: deque[Line] = deque()
        self._size = 0

    def after(self, number: int) -> Sequence[Line] | None:
        """Give the lines after one, in order; None when they are not kept any more."""
        if number >= self._last:
            return ()
        if not self._kept or self._kept[0][0] > number + 1:
            return None
        return [line for line in self._kept if line[0] > number]

    async def run(self, look: Callable[[int], Awaitable[Followed]]) -> None:
        """Look until the build has ended."""
        while self.end is None:
            try:
                found = await look(self._last)
            except Exception as error:
                # The database comes back, and nobody is sent away meanwhile.
                if is_outage(error):
                    log.warning("a build cannot be looked at yet: %s", cause_of(error))
                else:
                    log.exception("a build cannot be looked at")
                await asyncio.sleep(_PAUSE_AFTER_AN_ERROR)
                continue
            self._keep(found.lines)
            if found.is_over and not found.lines:
                self.end = found
            if found.lines or self.end is not None:
                news, self.news = self.news, asyncio.Event()
                news.set()
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    def _keep(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._kept.append(line)
            self._last = line[0]
            self._size += len(line[1])
        while self._size > _MOST_KEPT:
            self._size -= len(self._kept.popleft()[1])


class Watches:
    """Every build that somebody follows."""

    def __init__(self, look: Look):
        self._look = look
        self._watches: dict[str, tuple[Watch, asyncio.Task[None]]] = {}

    @contextmanager
    def following(self, build: str, *, at: int) -> Iterator[Watch]:
        """Give the watch of a build for the time of the block.

        at   the number of the last line that the follower has
        """
        if build not in self._watches:
            watch = Watch(at)
            task = asyncio.create_task(watch.run(lambda after: self._look(build, after)))
            self._watches[build] = watch, task
        watch, task = self._watches[build]
        watch.followers += 1
        try:
            yield watch
        finally:
            watch.followers -= 1
            if not watch.followers:
                del self._watches[build]
                task.cancel()
