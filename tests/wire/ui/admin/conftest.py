"""Counts what pages ask the database."""

import pytest

from sregistry_core.testing.statements import statements_of


@pytest.fixture
def count_queries(registry):
    def counted(act):
        with statements_of(registry.parts.database) as sent:
            act()
        return len(sent)

    return counted
