"""Speaks WebSocket as the build client does: text frames are what it prints, 1000 is the end."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import MultipleValuesError
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from sregistry_core.db import failures
from sregistry_core.db.session import Database
from sregistry_core.errors import LoginRequired, NotFound, RegistryError
from sregistry_core.jobs.unit import unit_of
from sregistry_core.services import Facilities, Services
from sregistry_core.services.building import Followed
from sregistry_core.web.dialects import status_of
from sregistry_core.web.security import read_authorization

from .watching import Line, Watches

ASK_AGAIN_SECONDS = 60.0
"""How long one whose right has ended is still told new lines, at most."""
_PAGE = 500
_LONGEST_FRAME = 32 * 1024
_THREADS = 4
_PING_SECONDS = 20
_PONG_SECONDS = 60
_LONGEST_MESSAGE = 4096
_ADDRESS = re.compile(r"/v1/build-ws/([0-9a-f]{32})(?:\?after=([0-9]{1,9}))?")

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who follows which build: by token, from the line after a number on."""

    token: str
    build: str
    after: int


class Connection(ServerConnection):
    """One client; it has a visit once it was let in."""

    visit: Visit | None = None


class BuildLogServer:
    """Lets clients in that may see their build, and sends them what it says."""

    def __init__(self, database: Database, facilities: Facilities):
        self._database = database
        self._facilities = facilities
        # Questions to the database wait here, never in the loop.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="build-log")
        self._watches = Watches(self._look)

    async def listen(self, host: str, port: int) -> Server:
        """Begin to serve; port 0 takes a free one."""
        return await serve(
            self._serve,
            host,
            port,
            create_connection=Connection,
            process_request=self._let_in,
            # It would cost memory for each client, and the lines are few.
            compression=None,
            server_header=None,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PONG_SECONDS,
            max_size=_LONGEST_MESSAGE,
        )

    def close(self) -> None:
        """End the threads, when no client is left."""
        self._threads.shutdown()

    async def _let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer in place of the WebSocket, or let it begin."""
        if request.path == "/healthz":
            return connection.respond(HTTPStatus.OK, "ok\n")
        try:
            visit = _visit(request)
            await self._ask(visit, lambda services: services.builds.find(visit.build))
        except Exception as error:
            return _refusal(connection, error)
        if isinstance(connection, Connection):
            connection.visit = visit
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        visit = connection.visit if isinstance(connection, Connection) else None
        if visit is None:
            return
        # What a client says is nothing to us, but that it goes away is.
        reading = asyncio.create_task(_read_away(connection))
        sending = asyncio.create_task(self._send(connection, visit))
        await asyncio.wait({reading, sending}, return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        (error,) = await asyncio.gather(sending, return_exceptions=True)
        match error:
            case RegistryError():
                await connection.close(CloseCode.POLICY_VIOLATION, str(error)[:100])
            case ConnectionClosed() | asyncio.CancelledError():
                pass
            case Exception():
                log.error("the output of a build cannot be sent", exc_info=error)
                await connection.close(CloseCode.INTERNAL_ERROR)
            case _:
                await connection.close(CloseCode.NORMAL_CLOSURE)
        await reading

    async def _send(self, connection: ServerConnection, visit: Visit) -> None:
        """Send all that a build has said and says, until it has ended."""
        number, is_history = visit.after, True
        while is_history:
            lines = await self._page(visit, number)
            number = await _send_lines(connection, lines, number)
            is_history = len(lines) == _PAGE
        now = asyncio.get_running_loop().time
        asked_at = now()
        with self._watches.following(visit.build, at=number) as watch:
            while True:
                news = watch.news
                kept = watch.after(number)
                if kept is None or now() - asked_at > ASK_AGAIN_SECONDS:
                    kept, asked_at = await self._page(visit, number), now()
                if kept:
                    number = await _send_lines(connection, kept, number)
                elif watch.end is not None:
                    break
                else:
                    await _wait(news, ASK_AGAIN_SECONDS)
            if watch.end.reason is not None:
                await connection.send(_last_words(watch.end.reason))

    async def _page(self, visit: Visit, after: int) -> Sequence[Line]:
        """Read lines from the database, as long as the client may see them."""

        def read(services: Services) -> Sequence[Line]:
            build = services.builds.find(visit.build)
            found = services.builds.lines(build, after=after, limit=_PAGE)
            return [(line.number, line.text) for line in found]

        return await self._ask(visit, read)

    async def _look(self, build: str, after: int) -> Followed:
        def look() -> Followed:
            with unit_of(self._database, self._facilities)() as services:
                return services.building.follow(build, after=after, limit=_PAGE)

        return await asyncio.get_running_loop().run_in_executor(self._threads, look)

    async def _ask(self, visit: Visit, question: Callable[[Services], Answer]) -> Answer:
        """Ask the services in the name of a client, in a thread."""

        def ask() -> Answer:
            with unit_of(self._database, self._facilities)() as nobody:
                caller = nobody.authentication.caller_of_token(visit.token)
                return question(Services(nobody.db, caller, self._facilities))

        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)


def _visit(request: Request) -> Visit:
    found = _ADDRESS.fullmatch(request.path)
    if found is None:
        raise NotFound("there is nothing at this address")
    try:
        shown = read_authorization(request.headers.get("Authorization"))
    except MultipleValuesError as error:
        raise LoginRequired("the Authorization header cannot be read") from error
    if shown.token is None:
        raise LoginRequired("a token is needed")
    return Visit(shown.token, found[1], int(found[2] or 0))


def _refusal(connection: ServerConnection, error: Exception) -> Response:
    refusal = error if isinstance(error, RegistryError) else failures.as_refusal(error)
    if refusal is None:
        log.error("a client cannot be let in", exc_info=error)
    status = status_of(refusal) if refusal is not None else 500
    words = str(refusal) if refusal is not None else "the server made a mistake"
    said = json.dumps({"error": {"code": status, "message": words}})
    answer = connection.respond(HTTPStatus(status), said)
    del answer.headers["Content-Type"]
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="sregistry"'
    return answer


async def _read_away(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for _ in connection:
            pass


async def _send_lines(connection: ServerConnection, lines: Sequence[Line], number: int) -> int:
    """Send lines in frames of a bounded size; give the number of the last one.

    It waits while the client is slow: nothing is kept for it.
    """
    frame: list[str] = []
    size = 0
    for _, text in lines:
        frame.append(f"{text}\n")
        size += len(text)
        if size >= _LONGEST_FRAME:
            await connection.send("".join(frame))
            frame, size = [], 0
    if frame:
        await connection.send("".join(frame))
    return lines[-1][0] if lines else number


async def _wait(news: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(news.wait(), seconds)


def _last_words(reason: str) -> str:
    """Why there is no image: all that the client itself can tell is that there is none."""
    return f"the build has ended without an image: {reason}\n"
