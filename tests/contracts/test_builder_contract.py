"""The toy of the tests keeps the contract of builders: both that goes on and that does not."""

import pytest

from sregistry_core.testing.builder_contract import BuilderContract
from sregistry_core.testing.toy_builder import ToyBuilder


class TestToyBuilder(BuilderContract):
    """One whose builds are lost with their worker."""

    @pytest.fixture
    def builder(self):
        return ToyBuilder(goes_on=False)

    @pytest.fixture
    def good(self):
        return "remember a toy\nsay building\nwait 0.3"

    @pytest.fixture
    def failing(self):
        return "say trying\nfail no such package"

    @pytest.fixture
    def endless(self):
        return "remember a toy\nsay begun\nwait 600"

    @pytest.fixture
    def hostile(self):
        return "flood 3000000"

    @pytest.fixture
    def without_image(self, builder):
        return builder, "nothing"


class TestLastingToy(TestToyBuilder):
    """One that begins anew with the same."""

    @pytest.fixture
    def builder(self):
        return ToyBuilder(goes_on=True)
