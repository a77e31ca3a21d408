"""What every builder does: subclass `BuilderContract` and give it fixtures.

    class TestMyBuilder(BuilderContract):
        @pytest.fixture
        def builder(self):
            return MyBuilder(...)

        @pytest.fixture
        def good(self):
            return "Bootstrap: scratch\\n..."

`builder`, and the text of a definition that builds (`good`), of one that fails (`failing`), of one
that would run for minutes (`endless`), and of one that says a line of three million signs and what
is no text, and then builds (`hostile`). `without_image` is a builder and a definition, whose build
ends well and leaves nothing.

Builds run in a process of their own where a worker is killed: whatever a builder holds must outlive
a fork.
"""

import json
import os
import signal
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import pytest

from sregistry_core.contracts import Builder, BuildFailed, BuildLeft, BuildOrder, BuildOutput

PATIENCE = timedelta(minutes=5)
SOON_SECONDS = 10
"""Within this a builder stops that is told to, or whose time is up."""

LONGEST_PIECE = 1 << 17
"""In signs, of what a builder hands on at once of a line without an end."""

MakeOrder = Callable[..., BuildOrder]


class Lines(BuildOutput):
    """Keeps what a builder says and remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.handle: str | None = None
        self.facts: dict[str, str] = {}
        self.begins_again = False

    def line(self, text: str) -> None:
        """Keep one line."""
        self.said.append(text)

    def remember(self, handle: str) -> None:
        """Keep the handle."""
        self.handle = handle

    def fact(self, name: str, value: str) -> None:
        """Keep what was found out."""
        self.facts[name] = value

    def begin_again(self) -> None:
        """Note it."""
        self.begins_again = True


class BuilderContract:
    """Builds, says why when it cannot, and stops when it is told to."""

    @pytest.fixture
    def builder(self) -> Builder:
        """The builder."""
        raise NotImplementedError("give the contract a fixture called builder")

    @pytest.fixture
    def good(self) -> str:
        """A definition that builds."""
        raise NotImplementedError("give the contract a fixture called good")

    @pytest.fixture
    def failing(self) -> str:
        """A definition that does not."""
        raise NotImplementedError("give the contract a fixture called failing")

    @pytest.fixture
    def endless(self) -> str:
        """A definition whose build says something and then takes minutes."""
        raise NotImplementedError("give the contract a fixture called endless")

    @pytest.fixture
    def hostile(self) -> str:
        """A definition whose build says a line of three million signs, and what is no text."""
        raise NotImplementedError("give the contract a fixture called hostile")

    @pytest.fixture
    def without_image(self) -> tuple[Builder, str]:
        """A builder and a definition whose build ends well and leaves no image."""
        raise NotImplementedError("give the contract a fixture called without_image")

    @pytest.fixture
    def workplace(self, tmp_path: Path) -> Path:
        """Where the work directories of builds are."""
        return tmp_path

    @pytest.fixture
    def make_order(self, workplace: Path) -> MakeOrder:
        """Makes orders, each with a work directory of its own."""

        def make(
            definition: str,
            *,
            lifetime: timedelta = PATIENCE,
            cancelled: Callable[[], bool] = lambda: False,
        ) -> BuildOrder:
            identifier = uuid.uuid4().hex
            work_directory = workplace / identifier
            work_directory.mkdir(mode=0o700)
            return BuildOrder(
                identifier=identifier,
                definition=definition,
                arch="amd64",
                work_directory=work_directory,
                context_directory=None,
                deadline=datetime.now(UTC) + lifetime,
                cancelled=cancelled,
                container="ada/lab/blast",
            )

        return make

    def test_it_builds_an_image_in_the_work_directory(
        self, builder: Builder, make_order: MakeOrder, good: str
    ) -> None:
        order = make_order(good)

        image = builder.run(order, Lines())

        assert image.is_file()
        assert image.resolve().is_relative_to(order.work_directory.resolve())
        assert image.stat().st_size > 0

    def test_it_says_what_it_does(self, builder: Builder, make_order: MakeOrder, good: str) -> None:
        output = Lines()

        builder.run(make_order(good), output)

        assert output.said
        assert all("\n" not in line for line in output.said)

    def test_it_builds_the_same_twice_and_each_by_itself(
        self, builder: Builder, make_order: MakeOrder, good: str
    ) -> None:
        orders = [make_order(good), make_order(good)]

        images = [builder.run(order, Lines()) for order in orders]

        assert images[0] != images[1]
        assert all(image.is_file() for image in images)

    def test_a_definition_that_fails_is_a_build_that_failed(
        self, builder: Builder, make_order: MakeOrder, failing: str
    ) -> None:
        output = Lines()

        with pytest.raises(BuildFailed) as refusal:
            builder.run(make_order(failing), output)

        assert str(refusal.value).strip()
        assert "\n" not in str(refusal.value)
        assert output.said

    def test_a_build_without_an_image_is_a_build_that_failed(
        self, make_order: MakeOrder, without_image: tuple[Builder, str]
    ) -> None:
        builder, definition = without_image

        with pytest.raises(BuildFailed) as refusal:
            builder.run(make_order(definition), Lines())

        assert str(refusal.value).strip()

    def test_hostile_output_comes_in_pieces_and_harms_nothing(
        self, builder: Builder, make_order: MakeOrder, hostile: str
    ) -> None:
        output = Lines()

        image = builder.run(make_order(hostile), output)

        assert image.is_file()
        assert sum(map(len, output.said)) >= 3_000_000
        assert max(map(len, output.said)) <= LONGEST_PIECE
        assert all("\n" not in line for line in output.said)

    def test_it_stops_soon_when_it_is_cancelled(
        self, builder: Builder, make_order: MakeOrder, endless: str
    ) -> None:
        cancelled = threading.Event()
        output = Lines()
        canceller = threading.Thread(target=_cancel_after_the_first_line, args=(output, cancelled))
        canceller.start()

        try:
            with pytest.raises(BuildFailed):
                builder.run(make_order(endless, cancelled=cancelled.is_set), output)
            assert time.monotonic() - _when(cancelled) < SOON_SECONDS
        finally:
            canceller.join()

    def test_it_stops_soon_when_its_time_is_up(
        self, builder: Builder, make_order: MakeOrder, endless: str
    ) -> None:
        order = make_order(endless, lifetime=timedelta(seconds=2))
        begun = time.monotonic()

        with pytest.raises(BuildFailed):
            builder.run(order, Lines())

        assert time.monotonic() - begun < 2 + SOON_SECONDS

    def test_a_cancelled_build_leaves_nothing_that_goes_on(
        self, builder: Builder, make_order: MakeOrder, endless: str
    ) -> None:
        output = Lines()
        order = make_order(endless, cancelled=lambda: bool(output.said))
        with pytest.raises(BuildFailed):
            builder.run(order, output)

        before = len(output.said)
        time.sleep(1)

        assert len(output.said) == before
        assert _processes_at(order.work_directory) == []

    def test_a_killed_worker_leaves_a_build_that_is_found_again_or_ended(
        self, builder: Builder, make_order: MakeOrder, endless: str
    ) -> None:
        order = make_order(endless)
        killed = _killed_after_the_first_line(builder, order)

        if builder.goes_on:
            assert killed.handle, "a builder that goes on remembers something before it says so"
            output = Lines()
            again = replace(order, handle=killed.handle, cancelled=lambda: bool(output.said))
            with pytest.raises(BuildFailed):
                builder.run(again, output)
        elif killed.handle:
            builder.clear(killed.handle)

        assert _gone(order.work_directory), _processes_at(order.work_directory)

    def test_a_worker_that_stops_leaves_a_build_that_another_one_ends(
        self, builder: Builder, make_order: MakeOrder, good: str
    ) -> None:
        if not builder.goes_on:
            pytest.skip("of this builder a build is cancelled when its worker stops")
        first, second = Lines(), Lines()
        order = make_order(good)

        with pytest.raises(BuildLeft):
            builder.run(replace(order, leaving=lambda: bool(first.said)), first)
        assert first.handle, "a builder that leaves a build remembers something before"
        image = builder.run(replace(order, handle=first.handle), second)

        assert image.is_file()
        if second.begins_again:
            assert second.said[: len(first.said)] == first.said

    def test_what_is_left_of_a_build_can_be_cleared_twice(
        self, builder: Builder, make_order: MakeOrder, endless: str
    ) -> None:
        order = make_order(endless)
        killed = _killed_after_the_first_line(builder, order)

        if killed.handle:
            builder.clear(killed.handle)
            builder.clear(killed.handle)

        assert _gone(order.work_directory), _processes_at(order.work_directory)

    def test_a_second_worker_ends_what_a_killed_one_has_begun(
        self, builder: Builder, make_order: MakeOrder, good: str
    ) -> None:
        if not builder.goes_on:
            pytest.skip("of this builder a build is lost when its worker is killed")
        order = make_order(good)
        killed = _killed_after_the_first_line(builder, order)
        output = Lines()

        image = builder.run(replace(order, handle=killed.handle), output)

        assert image.is_file()
        if output.begins_again:
            assert output.said[: len(killed.said)] == killed.said


@dataclass(frozen=True)
class _Killed:
    said: list[str]
    handle: str | None


class _Told(BuildOutput):
    """Tells another process of each line, at once."""

    def __init__(self, pipe: int):
        self._pipe = pipe

    def line(self, text: str) -> None:
        self._tell("line", text)

    def remember(self, handle: str) -> None:
        self._tell("handle", handle)

    def _tell(self, what: str, text: str) -> None:
        os.write(self._pipe, json.dumps([what, text]).encode() + b"\n")


def _killed_after_the_first_line(builder: Builder, order: BuildOrder) -> _Killed:
    """Build in a process that is killed as soon as the build has said something."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Threads of the tests, if there are any, have nothing to do with it.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            builder.run(order, _Told(writing))
        finally:
            os._exit(0)
    os.close(writing)
    said: list[str] = []
    handle: str | None = None
    with os.fdopen(reading, encoding="utf-8") as told:
        for what, text in _messages(told):
            if what == "handle":
                handle = text
            else:
                said.append(text)
                break
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert said, "the build has said nothing"
    return _Killed(said, handle)


def _messages(told: TextIO) -> Iterator[tuple[str, str]]:
    for line in told:
        what, text = json.loads(line)
        yield what, text


def _gone(work_directory: Path) -> bool:
    deadline = time.monotonic() + SOON_SECONDS
    while _processes_at(work_directory):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _processes_at(work_directory: Path) -> list[str]:
    """Give the commands that name the work directory of a build, or run in it."""
    place, found = str(work_directory), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if command and (place in command or where.startswith(place)):
            found.append(command.replace("\0", " ").strip())
    return found


def _cancel_after_the_first_line(output: Lines, cancelled: threading.Event) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not output.said and time.monotonic() < deadline:
        time.sleep(0.05)
    cancelled.at = time.monotonic()  # type: ignore[attr-defined]
    cancelled.set()


def _when(cancelled: threading.Event) -> float:
    return float(cancelled.at)  # type: ignore[attr-defined]
