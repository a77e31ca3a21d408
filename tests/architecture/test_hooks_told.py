"""Every hook is told in docs/hooks.md with its exact arguments, and exercised by a test."""

import inspect
import re
from pathlib import Path

import pytest

from sregistry_core.contracts import hookspecs

HOME = Path(__file__).parents[2]
HOOKS = {
    name: list(inspect.signature(function).parameters)
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
    if name.startswith("sregistry_")
}
NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def sections(page):
    return re.findall(r"^## `(\w+)\((.*?)\)`$", page, re.MULTILINE)


@pytest.fixture(scope="module")
def page():
    return (HOME / "docs/hooks.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tests():
    paths = [*HOME.glob("tests/**/test_*.py"), *HOME.glob("plugins/*/tests/test_*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_every_hook_has_a_section_with_its_arguments(page):
    told = {name: [one for one in given.split(", ") if one] for name, given in sections(page)}

    assert told == HOOKS


def test_the_hooks_stand_in_the_order_of_the_specification(page):
    in_order = sorted(HOOKS, key=lambda name: getattr(hookspecs, name).__code__.co_firstlineno)

    assert [name for name, _ in sections(page)] == in_order


def test_the_page_counts_them_right(page):
    assert page.startswith(f"# The {NUMBERS[len(HOOKS)]} hooks\n")
    assert f"The {NUMBERS[len(HOOKS)]} hooks, on one page" in hookspecs.__doc__


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_answered_by_a_plugin_in_a_test(tests, hook):
    assert re.search(rf"^def test_{hook}_", tests, re.MULTILINE), f"no test is called test_{hook}_…"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_what_it_is_for(hook):
    assert inspect.getdoc(getattr(hookspecs, hook))
