"""Our plugins import what any plugin may: the contracts, the errors and their own libraries."""

import ast
import sys

import pytest

OPEN_TO_PLUGINS = {"sregistry_core", "sregistry_core.contracts", "sregistry_core.errors"}
MODULE_OF = {"python_ldap": "ldap", "python_pam": "pam", "pysaml2": "saml2"}
"""Modules that are called otherwise than what they come in."""
OPEN_TO_THEIR_TESTS = OPEN_TO_PLUGINS | {"sregistry_core.testing"}


def declared(plugin):
    """Names that setup.py gives to install_requires, as modules spell them."""
    for node in ast.walk(ast.parse((plugin / "setup.py").read_text())):
        if isinstance(node, ast.keyword) and node.arg == "install_requires":
            for value in ast.literal_eval(node.value):
                name = value.split(">")[0].split("=")[0].strip().replace("-", "_")
                yield MODULE_OF.get(name, name)


def modules_of(folder):
    """Names of the files that the tests of a plugin share among each other."""
    return {path.stem for path in folder.glob("*.py")}


def immodest(plugin, imports_of):
    """Give a line for every import that a plugin does not need, or has no right to."""
    own = {path.name for path in (plugin / "src").iterdir()}
    libraries = sys.stdlib_module_names | own | set(declared(plugin)) - {"sregistry_core"}
    for folder, rooms, further in (
        ("src", OPEN_TO_PLUGINS, set()),
        ("tests", OPEN_TO_THEIR_TESTS, {"pytest", "hypothesis", *modules_of(plugin / "tests")}),
    ):
        for path in sorted((plugin / folder).rglob("*.py")):
            for found in imports_of(path, plugin / folder):
                first = found.name.split(".")[0]
                module = found.module
                room = ".".join(module.split(".")[:2])
                # Only the contracts' own page is promised, not how it is divided.
                allowed = module in rooms or (folder == "tests" and room in rooms)
                if first == "sregistry_core" and not allowed:
                    yield f"{found.place}: {module} is not for plugins"
                elif first != "sregistry_core" and first not in libraries | further:
                    yield f"{found.place}: {first} is not declared in setup.py"


def test_our_plugins_are_modest(home, imports_of):
    plugins = sorted(path.parent for path in (home / "plugins").glob("*/setup.py"))

    assert plugins
    assert [line for plugin in plugins for line in immodest(plugin, imports_of)] == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("from sregistry_core.models import Image", "sregistry_core.models is not for plugins"),
        (
            "from sregistry_core.contracts.storage import Storage",
            "sregistry_core.contracts.storage is not for plugins",
        ),
        ("import sregistry_core.services", "sregistry_core.services is not for plugins"),
        ("import boto3", "boto3 is not declared in setup.py"),
        ("from sregistry_core.testing.registry import Registry", "not for plugins"),
    ],
)
def test_a_plugin_that_reaches_further_is_found(tmp_path, imports_of, line, complaint):
    (tmp_path / "setup.py").write_text("setup(install_requires=['sregistry-core', 'requests>=2'])")
    package = tmp_path / "src/sregistry_example"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"import requests\nfrom .store import A\n{line}\n")

    found = list(immodest(tmp_path, imports_of))

    assert len(found) == 1
    assert found[0].startswith("sregistry_example/__init__.py:3: ")
    assert complaint in found[0]
