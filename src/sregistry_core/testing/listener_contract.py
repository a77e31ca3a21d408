"""What every listener does: subclass `ListenerContract` and give it a fixture `listener`.

    class TestMyListener(ListenerContract):
        @pytest.fixture
        def listener(self):
            return MyListener(...)

A second fixture, `unreachable`, is optional.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from sregistry_core.contracts import (
    BuildFinished,
    Event,
    ImageDeleted,
    ImagePushed,
    Listener,
    TagMoved,
    UserJoined,
)

THREADS = 8
_AT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
_DIGEST = f"sha256:{'a' * 64}"
_CONTAINER = "ada/lab/blast"

EVERY_EVENT: tuple[Event, ...] = (
    ImagePushed("1" * 32, _AT, _CONTAINER, _DIGEST, 1 << 40, "amd64", "ada"),
    ImagePushed("2" * 32, _AT, _CONTAINER, _DIGEST, 0, None, None),
    ImageDeleted("3" * 32, _AT, _CONTAINER, _DIGEST, "ada"),
    ImageDeleted("4" * 32, _AT, _CONTAINER, _DIGEST, None),
    TagMoved("5" * 32, _AT, _CONTAINER, "1.0", "amd64", _DIGEST, _DIGEST, "ada"),
    TagMoved("6" * 32, _AT, _CONTAINER, "1.0", "amd64", _DIGEST, None, None),
    BuildFinished("7" * 32, _AT, "b" * 32, "succeeded", _CONTAINER),
    BuildFinished("8" * 32, _AT, "b" * 32, "failed", None),
    UserJoined("9" * 32, _AT, "ada"),
)
"""Each kind, with everything that may be missing there and missing."""


@dataclass(frozen=True, slots=True)
class SomethingNew(Event):
    """An event that a later version of the registry may tell."""


class ListenerContract:
    """Hears everything, more than once, from many threads."""

    @pytest.fixture
    def listener(self) -> Listener:
        """The listener."""
        raise NotImplementedError("give the contract a fixture called listener")

    @pytest.fixture
    def unreachable(self) -> Listener:
        """One that cannot pass on what it hears now, and would tomorrow."""
        pytest.skip("no unreachable listener is given")

    @pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: type(event).__name__)
    def test_it_takes_notice_of_every_event(self, listener: Listener, event: Event) -> None:
        listener.notice(event)

    def test_an_event_may_be_told_again(self, listener: Listener) -> None:
        for _ in range(3):
            listener.notice(EVERY_EVENT[0])

    def test_an_event_of_a_later_version_does_no_harm(self, listener: Listener) -> None:
        listener.notice(SomethingNew("a" * 32, _AT))

    def test_many_threads_tell_it_at_once(self, listener: Listener) -> None:
        events = [replace(EVERY_EVENT[0], identifier=f"{number:032x}") for number in range(64)]

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(listener.notice, events))

    def test_what_cannot_be_passed_on_is_told_again_later(self, unreachable: Listener) -> None:
        # Whatever is raised: the registry keeps the duty and comes back.
        with pytest.raises(Exception):  # noqa: B017
            unreachable.notice(EVERY_EVENT[0])
