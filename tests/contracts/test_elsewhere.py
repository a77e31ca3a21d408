"""The login at another site that our tests use keeps the contract for such logins."""

import pytest

from sregistry_core.testing.elsewhere import Elsewhere, answer_of
from sregistry_core.testing.redirect_contract import RedirectLoginContract


class TestElsewhere(RedirectLoginContract):
    @pytest.fixture
    def login(self):
        return Elsewhere("elsewhere")

    @pytest.fixture
    def visit(self):
        return lambda address: answer_of(address, "ada", groups=["lab"])

    @pytest.fixture
    def unreachable(self):
        return Elsewhere("elsewhere", is_away=True)


class TestElsewhereByForm(TestElsewhere):
    @pytest.fixture
    def login(self):
        return Elsewhere("elsewhere", by_form=True)
