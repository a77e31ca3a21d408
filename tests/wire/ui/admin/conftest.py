"""Counts what pages ask the database."""

import pytest
from sqlalchemy import event


@pytest.fixture
def count_queries(registry):
    def counted(act):
        asked = []

        def note(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        engines = [registry.parts.database.reading, registry.parts.database.writing]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            act()
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    return counted
