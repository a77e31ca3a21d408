"""What every builder does: subclass `BuilderContract` and give it fixtures.

    class TestMyBuilder(BuilderContract):
        @pytest.fixture
        def builder(self):
            return MyBuilder(...)

        @pytest.fixture
        def good(self):
            return "Bootstrap: scratch\\n..."

`builder`, and the text of a definition that builds (`good`), of one that fails (`failing`) and of
one that would run for minutes (`endless`). A further one, `without_image`, is optional: a build
that ends well and leaves nothing.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sregistry_core.contracts import Builder, BuildFailed, BuildOrder, BuildOutput

PATIENCE = timedelta(minutes=5)
SOON_SECONDS = 10
"""Within this a builder stops that is told to, or whose time is up."""

MakeOrder = Callable[..., BuildOrder]


class Lines(BuildOutput):
    """Keeps what a builder says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def line(self, text: str) -> None:
        """Keep one line."""
        self.said.append(text)


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
    def without_image(self) -> str:
        """A definition whose build ends well and leaves no image."""
        pytest.skip("no build without an image is given")

    @pytest.fixture
    def make_order(self, tmp_path: Path) -> MakeOrder:
        """Makes orders, each with a work directory of its own."""
        numbers = iter(range(1000))

        def make(
            definition: str,
            *,
            lifetime: timedelta = PATIENCE,
            cancelled: Callable[[], bool] = lambda: False,
        ) -> BuildOrder:
            number = next(numbers)
            work_directory = tmp_path / f"work-{number}"
            work_directory.mkdir(mode=0o700)
            return BuildOrder(
                identifier=f"{number:032x}",
                definition=definition,
                arch="amd64",
                work_directory=work_directory,
                context_directory=None,
                deadline=datetime.now(UTC) + lifetime,
                cancelled=cancelled,
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
        self, builder: Builder, make_order: MakeOrder, without_image: str
    ) -> None:
        with pytest.raises(BuildFailed):
            builder.run(make_order(without_image), Lines())

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
        with pytest.raises(BuildFailed):
            builder.run(make_order(endless, cancelled=lambda: bool(output.said)), output)

        before = len(output.said)
        time.sleep(1)

        assert len(output.said) == before


def _cancel_after_the_first_line(output: Lines, cancelled: threading.Event) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not output.said and time.monotonic() < deadline:
        time.sleep(0.05)
    cancelled.at = time.monotonic()  # type: ignore[attr-defined]
    cancelled.set()


def _when(cancelled: threading.Event) -> float:
    return float(cancelled.at)  # type: ignore[attr-defined]
