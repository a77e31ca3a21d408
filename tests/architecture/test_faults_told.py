"""docs/developer/faults.md and back-ends.md name for each of their lines a test that is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/developer/faults.md"
BACK_ENDS = ROOT / "docs/developer/back-ends.md"
NAMED = re.compile(r"`((?:tests|plugins|src)/[^`]+\.py)::(\w+)`")
ENGINES = (
    "S3",
    "PostgreSQL",
    "Redis",
    "slapd",
    "OpenID provider",
    "nginx",
    "a worker",
    "the server",
)
ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<fault>[^|]+) \| (?P<seen>[^|]+) \| `(?P<test>[^`]+)` \|$"
)


def rows():
    found = [ROW.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return [one.groupdict() for one in found if one]


@cache
def named_in(file):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def test_every_line_of_the_table_is_read():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "::" in line]

    assert len(rows()) == len(lines) > 30


@pytest.mark.parametrize("page", [PAGE, BACK_ENDS], ids=lambda page: page.stem)
def test_every_row_names_a_test_that_is_there(page):
    named = NAMED.findall(page.read_text(encoding="utf-8"))

    assert len(named) > 30
    assert [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).is_file() or test not in named_in(file)
    ] == []


def test_every_engine_is_killed_paused_and_brought_back():
    faults = {}
    for row in rows():
        faults.setdefault(row["what"].strip(), set()).add(row["fault"].strip())

    for engine in ENGINES:
        assert {"killed, and back", "paused"} <= faults[engine], engine
