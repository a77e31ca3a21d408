"""The contract of builders, with definitions for those that run Apptainer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sregistry_core.contracts import Builder

from .builder_contract import BuilderContract

MakeBuilder = Callable[..., Builder]
"""Opens the builder; `command` is the words that begin each call of Apptainer."""


class ApptainerBuilderContract(BuilderContract):
    """To be inherited where there are fixtures `make_builder` and `base`, a small image."""

    @pytest.fixture
    def builder(self, make_builder: MakeBuilder) -> Builder:
        """Give the builder as it is opened by default."""
        return make_builder()

    @pytest.fixture
    def good(self, base: Path) -> str:
        """Give a definition that is built."""
        return f"{_from(base)}    echo built > /built\n"

    @pytest.fixture
    def failing(self, base: Path) -> str:
        """Give a definition whose script fails."""
        return f"{_from(base)}    echo trying\n    exit 3\n"

    @pytest.fixture
    def endless(self, base: Path) -> str:
        """Give a definition whose script does not end by itself."""
        return f"{_from(base)}    echo begun\n    sleep 600\n"

    @pytest.fixture
    def hostile(self, base: Path) -> str:
        """Give a definition that says a line without end, and what moves a cursor."""
        flood = "    head -c 3000000 /dev/zero | tr '\\0' x\n"
        return f"{_from(base)}{flood}    printf '\\033[2J\\377\\r\\n'\n"

    @pytest.fixture
    def without_image(self, make_builder: MakeBuilder, good: str) -> tuple[Builder, str]:
        """Give a builder whose program ends well and does nothing."""
        return make_builder(command=("true",)), good


def _from(base: Path) -> str:
    return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n"
