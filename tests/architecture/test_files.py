"""A file has one subject, says what it is for, and can be read at one sitting."""

import ast

import pytest

WALL = 400
"""Lines; 200 is the aim."""
HOMELESS = {"utils", "util", "helpers", "helper", "misc", "common"}
GENERATED = "db/migrations/versions/"
"""Alembic writes these, one for each change of the schema; they are never edited again."""


def sources(home):
    for source in (home / "src", *sorted((home / "plugins").glob("*/src"))):
        yield from sorted(source.rglob("*.py"))


def complaints(path):
    text = path.read_text(encoding="utf-8")
    if {*path.parts[:-1], path.stem} & HOMELESS:
        yield "the name says nothing: what is the missing home called?"
    lines = text.count("\n")
    if lines > WALL and GENERATED not in path.as_posix():
        yield f"{lines} lines are more than {WALL}"
    if text.strip() and not ast.get_docstring(ast.parse(text)):
        yield "it does not say what it is for"


def test_every_source_file_keeps_to_the_form(home):
    found = {str(path.relative_to(home)): list(complaints(path)) for path in sources(home)}

    assert {path: said for path, said in found.items() if said} == {}
    assert len(found) > 100


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("utils.py", '"""Text."""\n', ["the name says nothing: what is the missing home called?"]),
        ("helpers/a.py", '"""A."""\n', ["the name says nothing: what is the missing home called?"]),
        ("a.py", '"""A."""\n' + "A = 1\n" * 400, ["401 lines are more than 400"]),
        ("a.py", "A = 1\n", ["it does not say what it is for"]),
        ("__init__.py", "", []),
    ],
)
def test_a_file_that_does_not_is_found(tmp_path, monkeypatch, name, text, expected):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)

    assert list(complaints(path.relative_to(tmp_path))) == expected
