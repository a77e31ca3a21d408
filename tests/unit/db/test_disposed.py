"""A process that opens many registries, as tests do, does not keep what each has learned."""

from sqlalchemy import text

from sregistry_core.db.session import open_database


def test_a_disposed_database_keeps_no_statements(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/registry.sqlite")
    with database.transaction(writes=False) as db:
        db.execute(text("SELECT 1"))
    assert len(database.reading._compiled_cache)

    database.dispose()

    assert not len(database.reading._compiled_cache)
    with database.transaction(writes=False) as db:
        assert db.scalar(text("SELECT 1")) == 1
    database.dispose()
