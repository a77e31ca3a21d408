"""The matrix, asked once for each protocol and kept for every test of it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from .asking import Answer, Asking, Question, questions_of
from .lines import LINES, USUAL_WAYS, WAYS
from .worlds import Worlds

Answers = Mapping[Question, Answer]


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Worlds]:
    """A registry that goes from one state to another."""
    made = Worlds(tmp_path_factory.mktemp("rights"), empty_database)
    yield made
    made.close()


@pytest.fixture(scope="session")
def asking(worlds: Worlds) -> Asking:
    """Asks single questions."""
    return Asking(worlds)


@pytest.fixture(scope="session")
def answers_of(asking: Asking) -> Callable[[str], Answers]:
    """Gives every answer of a protocol."""
    known: dict[str, Answers] = {}

    def give(protocol: str) -> Answers:
        if protocol not in known:
            way, *others = WAYS.get(protocol, USUAL_WAYS)
            known[protocol] = asking.all(questions_of(LINES[protocol], way, others))
        return known[protocol]

    return give
