"""News come in pieces that towncrier gathers: one of another kind would be left out."""

from pathlib import Path

import pytest

NEWS = Path(__file__).parents[2] / "news"
KINDS = {"feature", "bugfix", "doc", "removal", "misc"}
"""The kinds of towncrier, as long as pyproject.toml names no others."""


@pytest.mark.parametrize("path", sorted(NEWS.glob("*.md")), ids=lambda path: path.name)
def test_a_piece_of_news_is_of_a_kind_that_is_gathered_and_says_something(path):
    assert path.name.split(".")[1:] in [[kind, "md"] for kind in KINDS]
    assert path.read_text(encoding="utf-8").strip().endswith(".")
