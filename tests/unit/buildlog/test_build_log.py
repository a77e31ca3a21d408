"""What a build says comes to every client that waits for it, and to nobody else."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sregistry_core.buildlog import server as build_log_server
from sregistry_core.buildlog import watching
from sregistry_core.buildlog.server import BuildLogServer
from sregistry_core.contracts import Scope
from sregistry_core.models import BuildState

BUILDS = "/api/v1/builds"


class Site:
    """A registry, and builds that say what a test lets them say."""

    def __init__(self, registry):
        self.registry = registry
        self.ada, self.bob = registry.user("ada"), registry.user("bob")

    def order(self):
        wish = {"name": "ada/lab/blast:1", "definition": "say hello"}
        build = self.ada.post(BUILDS, wish, status=201).json["id"]
        with self.registry.parts.unit()() as services:
            services.building.begin(build)
        return build

    def say(self, build, *lines, first=1):
        with self.registry.parts.unit()() as services:
            services.building.say(build, list(enumerate(lines, first)))

    def end(self, build, state=BuildState.SUCCEEDED, reason=None):
        with self.registry.parts.unit()() as services:
            services.building.end(build, state, reason=reason)


@pytest.fixture
def site(make_registry, monkeypatch):
    monkeypatch.setattr(watching, "PAUSE_SECONDS", 0.02)
    return Site(
        make_registry(
            plugin_modules="sregistry_core.testing.toy_builder",
            builder="toy",
            protocols="discovery transfer library remotebuild api",
        )
    )


@asynccontextmanager
async def listening(site):
    log = BuildLogServer(site.registry.parts.database, site.registry.parts.facilities)
    server = await log.listen("127.0.0.1", 0)
    try:
        yield server, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        log.close()


def following(port, build, token, query="", **options):
    headers = {"Authorization": f"BEARER {token}"} if token else {}
    address = f"ws://127.0.0.1:{port}/v1/build-ws/{build}{query}"
    return connect(address, additional_headers=headers, proxy=None, **options)


async def all_of(client):
    """What came until the end, and the code of the end."""
    said = ""
    try:
        while True:
            frame = await asyncio.wait_for(client.recv(), 30)
            assert isinstance(frame, str)
            said += frame
    except ConnectionClosed as end:
        return said, end.rcvd.code if end.rcvd else None


async def until(client, words):
    said = ""
    while words not in said:
        said += await asyncio.wait_for(client.recv(), 30)
    return said


def in_thread(call, *words, **more):
    return asyncio.to_thread(lambda: call(*words, **more))


def test_lines_come_while_the_build_runs_and_1000_is_the_end(site):
    build = site.order()
    site.say(build, "one", "two")

    async def story():
        async with listening(site) as (_, port), following(port, build, site.ada.token) as client:
            before = await until(client, "two\n")
            await in_thread(site.say, build, "three", first=3)
            live = await until(client, "three\n")
            await in_thread(site.end, build)
            return before, live, await all_of(client)

    assert asyncio.run(story()) == ("one\ntwo\n", "three\n", ("", 1000))


@pytest.mark.parametrize(
    ("state", "reason"),
    [(BuildState.FAILED, "no such package"), (BuildState.LOST, "its worker was killed")],
)
def test_why_there_is_no_image_is_the_last_line(site, state, reason):
    build = site.order()
    site.say(build, "trying")
    site.end(build, state, reason)

    async def story():
        async with listening(site) as (_, port), following(port, build, site.ada.token) as client:
            return await all_of(client)

    words = f"trying\nthe build has ended without an image: {reason}\n"
    assert asyncio.run(story()) == (words, 1000)


def test_a_long_log_comes_whole_in_order_and_in_small_frames(site):
    build = site.order()
    lines = [f"{number} {'x' * 300}" for number in range(2500)]
    site.say(build, *lines)
    site.end(build)

    async def story():
        async with listening(site) as (_, port), following(port, build, site.ada.token) as client:
            sizes, said = [], ""
            async for frame in client:
                sizes.append(len(frame))
                said += frame
            return max(sizes), said

    largest, said = asyncio.run(story())
    assert said.splitlines() == lines
    assert largest < 64 * 1024


def test_one_who_comes_again_goes_on_after_a_line(site):
    build = site.order()
    site.say(build, "one", "two", "three")
    site.end(build)

    async def story():
        async with (
            listening(site) as (_, port),
            following(port, build, site.ada.token, "?after=2") as client,
        ):
            return await all_of(client)

    assert asyncio.run(story()) == ("three\n", 1000)


def test_who_may_not_see_the_build_is_told_what_is_told_of_one_that_is_not_there(site):
    build = site.order()
    expired = site.registry.with_scope(site.ada, Scope.PULL).token

    async def refused(port, build, token, query=""):
        with pytest.raises(InvalidStatus) as refusal:
            async with following(port, build, token, query):
                pass
        answer = refusal.value.response
        return answer.status_code, json.loads(answer.body)["error"]["message"]

    async def story():
        async with listening(site) as (_, port):
            hidden = await refused(port, build, site.bob.token)
            absent = await refused(port, "0" * 32, site.bob.token)
            assert hidden == absent == (404, "the build does not exist")
            for token in ("", "none", "sregistry_wrong"):
                assert (await refused(port, build, token))[0] == 401
            assert (await refused(port, build, expired, "?after=x"))[0] == 404
            assert (await refused(port, "../x", expired))[0] == 404
            site.registry.clock.move(timedelta(days=1000))
            assert (await refused(port, build, expired))[0] == 401

    asyncio.run(story())


def test_whose_right_has_ended_hears_no_more(site, monkeypatch):
    monkeypatch.setattr(build_log_server, "ASK_AGAIN_SECONDS", 0.1)
    build = site.order()
    site.say(build, "one")

    async def story():
        async with listening(site) as (_, port), following(port, build, site.ada.token) as client:
            await until(client, "one\n")
            with site.registry.parts.unit()() as services:
                services.accounts.disable("ada")
            return await all_of(client)

    assert asyncio.run(story()) == ("", 1008)


def test_many_who_follow_one_build_cost_one_question_at_a_time(site, monkeypatch):
    build, asked = site.order(), []
    look = BuildLogServer._look

    async def counted(self, *words):
        asked.append(words)
        return await look(self, *words)

    monkeypatch.setattr(BuildLogServer, "_look", counted)
    monkeypatch.setattr(watching, "PAUSE_SECONDS", 0.1)

    async def story():
        async with listening(site) as (_, port):
            clients = [await following(port, build, site.ada.token) for _ in range(40)]
            asked.clear()
            await asyncio.sleep(1)
            idle = len(asked)
            await in_thread(site.say, build, "at last")
            await asyncio.gather(*(until(client, "at last\n") for client in clients))
            await in_thread(site.end, build)
            ends = await asyncio.gather(*(all_of(client) for client in clients))
            return idle, set(ends)

    idle, ends = asyncio.run(story())
    assert 1 <= idle <= 12
    assert ends == {("", 1000)}


def test_nobody_is_looked_after_once_all_have_gone(site):
    build = site.order()

    async def story():
        log = BuildLogServer(site.registry.parts.database, site.registry.parts.facilities)
        server = await log.listen("127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = await following(port, build, site.ada.token)
        gone = await following(port, build, site.ada.token)
        while not log._watches._watches:
            await asyncio.sleep(0.01)
        gone.transport.abort()
        await client.close()
        async with asyncio.timeout(30):
            while log._watches._watches:
                await asyncio.sleep(0.01)
        server.close()
        await server.wait_closed()
        log.close()

    asyncio.run(story())


def test_one_who_does_not_read_keeps_nobody_waiting_and_costs_no_memory(site):
    build = site.order()
    lines = [f"{number} {'x' * 3000}" for number in range(3000)]
    for first in range(0, len(lines), 500):
        site.say(build, *lines[first : first + 500], first=first + 1)

    async def story():
        async with listening(site) as (server, port):
            slow = await following(port, build, site.ada.token, max_queue=1)
            async with following(port, build, site.ada.token) as quick:
                await until(quick, lines[-1][:8])
            (held,) = [
                connection.transport.get_write_buffer_size()
                for connection in server.connections
                if connection.transport is not None and not connection.transport.is_closing()
            ]
            await in_thread(site.end, build)
            said, code = await all_of(slow)
            return held, said.splitlines() == lines, code

    held, is_whole, code = asyncio.run(story())
    assert held < 1024 * 1024
    assert (is_whole, code) == (True, 1000)


def test_a_lost_database_only_delays(site, monkeypatch):
    build, fails = site.order(), [True, True]
    monkeypatch.setattr(watching, "_PAUSE_AFTER_AN_ERROR", 0.05)
    look = BuildLogServer._look

    async def shaky(self, *words):
        if fails:
            fails.pop()
            raise OSError("no database")
        return await look(self, *words)

    monkeypatch.setattr(BuildLogServer, "_look", shaky)
    site.say(build, "one")

    async def story():
        async with listening(site) as (_, port), following(port, build, site.ada.token) as client:
            await until(client, "one\n")
            await in_thread(site.end, build)
            return await all_of(client)

    assert asyncio.run(story()) == ("", 1000)
    assert fails == []


def test_a_server_that_ends_says_that_it_goes_away(site):
    build = site.order()

    async def story():
        async with listening(site) as (server, port):
            client = await following(port, build, site.ada.token)
            server.close()
            return await all_of(client)

    assert asyncio.run(story()) == ("", 1001)


def test_what_a_client_says_is_passed_over_unless_it_is_too_much(site):
    build = site.order()
    site.say(build, "one")

    async def story():
        async with listening(site) as (_, port), following(port, build, site.ada.token) as client:
            for _ in range(100):
                await client.send("hello")
            said = await until(client, "one\n")
            await client.send("x" * 10_000)
            return said, await all_of(client)

    assert asyncio.run(story()) == ("one\n", ("", 1009))


def test_whoever_looks_whether_it_lives_gets_200(site):
    async def story():
        async with listening(site) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            status = await reader.readline()
            writer.close()
            return status

    assert asyncio.run(story()).split()[1] == b"200"
