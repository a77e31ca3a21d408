"""Reading the imports of source files, for all tests of the house's form."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]


@dataclass(frozen=True)
class Import:
    """One imported name, `sregistry_core.names.ImageName`, and its module; `place`: `file:line`."""

    name: str
    module: str
    place: str
    in_function: bool


@pytest.fixture(scope="session")
def home():
    """The directory of the whole checkout."""
    return HOME


@pytest.fixture(scope="session")
def imports_of():
    return read_imports


def read_imports(path, source):
    """Give every import of a file, relative ones resolved; `source` is the directory above it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(source).parent.parts
    functions = [
        (node.lineno, node.end_lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            names = [(f"{base}.{alias.name}", base) for alias in node.names]
        else:
            continue
        inside = any(first < node.lineno <= last for first, last in functions)
        for name, module in names:
            yield Import(name, module, f"{path.relative_to(source)}:{node.lineno}", inside)
