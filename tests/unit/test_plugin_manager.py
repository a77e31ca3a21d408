"""From ini lines to opened things; and one line for whatever is misspelt."""

import itertools
import logging
import textwrap
from importlib.metadata import entry_points

import pytest

from sregistry_core.contracts import Action, Caller, ConfigurationError, PushedImage, PushRefused
from sregistry_core.plugin_manager import load_plugins
from sregistry_core.settings import read_core_settings, read_sections
from sregistry_core.testing.memory_storage import MemoryStorage

LEAST = {
    "sregistry.id": "tacc",
    "sregistry.public_url": "https://registry.example.org",
    "sregistry.storage": "disk",
    "sregistry.login": "passwords",
    "sregistry.database": "sqlite://",
    "sregistry.staging": "var",
    "sregistry.secret": "hush",
    "disk.use": "memory",
}
MEMORY = "sregistry_core.testing.memory_storage"
OWN_LOGINS = {"passwords": object()}
numbers = itertools.count()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module, and gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source):
        name = f"site_rules_{next(numbers)}"
        before = "from sregistry_core import hookimpl\nfrom sregistry_core.contracts import *\n\n"
        (tmp_path / f"{name}.py").write_text(before + textwrap.dedent(source))
        return name

    return write


@pytest.fixture
def load(tmp_path):
    """Loads what some ini lines name, beside a storage in memory."""

    def load(*modules, **ini):
        lines = {**LEAST, "sregistry.plugin_modules": " ".join([MEMORY, *modules])}
        lines |= {key.replace("__", "."): value for key, value in ini.items()}
        sections = read_sections(lines, here=tmp_path, environ={})
        settings = read_core_settings(sections["sregistry"])
        return load_plugins(settings, sections, own_logins=OWN_LOGINS)

    return load


@pytest.fixture
def refusal(load):
    def refusal(*modules, **ini):
        with pytest.raises(ConfigurationError) as refused:
            load(*modules, **ini).refuse_unread_settings()
        assert "\n" not in str(refused.value)
        return str(refused.value)

    return refusal


def test_a_plain_module_offers_a_storage(load):
    plugins = load()

    assert isinstance(plugins.storages["disk"], MemoryStorage)
    assert plugins.logins == OWN_LOGINS
    assert [(one.name, one.version) for one in plugins.versions] == [(MEMORY, None)]


def test_an_installed_plugin_is_imported_when_it_is_named(load, tmp_path):
    plugins = load(sregistry__plugins="filesystem", disk__use="filesystem", disk__root="images")

    assert (tmp_path / "images").is_dir()
    assert [one.name for one in plugins.versions] == ["filesystem", MEMORY]
    assert plugins.versions[0].version


def test_a_module_tells_its_version(load, module):
    name = module("__version__ = '7'")

    assert (name, "7") in [(one.name, one.version) for one in load(name).versions]


def test_the_kind_is_the_name_unless_something_else_is_said(load):
    plugins = load(sregistry__storage="memory disk", disk__use="memory")

    assert list(plugins.storages) == ["memory", "disk"]


def test_two_storages_of_one_kind_have_their_own_settings(load, tmp_path):
    plugins = load(
        sregistry__plugins="filesystem",
        sregistry__storage="new old",
        new__use="filesystem",
        new__root="new-images",
        old__use="filesystem",
        old__root="old-images",
        disk__use="",
    )

    assert list(plugins.storages) == ["new", "old"]
    assert plugins.storages["new"] is not plugins.storages["old"]
    assert (tmp_path / "new-images").is_dir()
    assert (tmp_path / "old-images").is_dir()


def test_a_plugin_that_is_not_installed_is_told_with_those_that_are(refusal):
    installed = sorted(point.name for point in entry_points(group="sregistry.plugins"))

    assert "filesystem" in installed
    assert refusal(sregistry__plugins="filesytem") == (
        "sregistry.plugins names filesytem, which is not installed"
        f" (installed: {', '.join(installed)})"
    )


def test_a_module_that_is_not_there_is_told(refusal):
    assert refusal("no_such_module") == (
        "sregistry.plugin_modules names no_such_module, which cannot be imported: "
        "No module named 'no_such_module'"
    )


def test_a_module_that_does_not_compile_is_told_in_one_line(refusal, module):
    name = module("def broken(:\n  pass")

    assert refusal(name).startswith(
        f"sregistry.plugin_modules names {name}, which cannot be imported: invalid syntax"
    )


def test_a_module_that_raises_is_told_in_one_line(refusal, module):
    name = module("raise RuntimeError('no\\nlicence')")

    assert refusal(name) == (
        f"sregistry.plugin_modules names {name}, which cannot be imported: no licence"
    )


def test_a_plugin_is_named_once(refusal, module):
    name = module("")

    assert refusal(name, name) == f"the plugin {name} is named twice"


def test_a_misspelt_kind_is_told(refusal):
    assert refusal(disk__use="memroy") == (
        "sregistry.storage names disk: no plugin offers the kind memroy"
    )
    assert refusal(sregistry__login="ldap") == (
        "sregistry.login names ldap: no plugin offers the kind ldap"
    )


def test_a_misspelt_hook_is_told(refusal, module):
    name = module(
        """
        @hookimpl
        def sregistry_refused(action):
            return None
        """
    )

    line = refusal(name)

    assert "unknown hook 'sregistry_refused'" in line
    assert name in line


def test_a_misspelt_argument_is_told(refusal, module):
    name = module(
        """
        @hookimpl
        def sregistry_refuse(action, user):
            return None
        """
    )

    line = refusal(name)

    assert line.startswith(f"the plugin {name}: ")
    assert "'user'" in line


def test_a_misspelt_setting_is_told(refusal):
    assert refusal(disk__rooot="/srv") == "disk knows no setting disk.rooot"
    assert refusal(sregistry__databse="x") == "sregistry knows no setting sregistry.databse"


def test_settings_of_something_that_is_not_opened_are_told(refusal):
    assert refusal(dsk__root="/srv") == "dsk.root: the ini file opens nothing called dsk"


def test_settings_of_the_framework_are_not_ours(load):
    load(pyramid__debug_notfound="true").refuse_unread_settings()


def test_a_missing_key_is_told(refusal):
    assert refusal(sregistry__plugins="filesystem", disk__use="filesystem") == (
        "disk.root is missing from the ini file"
    )


def test_what_is_opened_must_be_of_its_kind(refusal, module):
    name = module(
        """
        @hookimpl
        def sregistry_listener(kind, settings):
            return print if kind == "chat" else None
        """
    )

    assert refusal(name, sregistry__listener="chat") == (
        "sregistry.listener names chat: what the kind chat opens is no listener"
    )


def test_no_secret_and_no_setting_is_logged(load, caplog):
    caplog.set_level(logging.DEBUG)

    load()

    assert "opened storage disk of kind memory" in caplog.text
    assert "hush" not in caplog.text


OFFERS = """
@hookimpl
def sregistry_commands():
    return {"greet": object()}

@hookimpl
def sregistry_jobs():
    return {"rules.sweep": print}
"""


def test_commands_and_jobs_of_all_plugins_are_joined(load, module):
    plugins = load(module(OFFERS), module(OFFERS.replace("greet", "part").replace("rules", "more")))

    assert set(plugins.commands()) == {"greet", "part"}
    assert set(plugins.jobs()) == {"rules.sweep", "more.sweep"}


def test_two_plugins_cannot_offer_the_same_command_or_job(load, module):
    plugins = load(module(OFFERS), module(OFFERS))

    with pytest.raises(ConfigurationError, match=r"^two plugins offer a command called greet$"):
        plugins.commands()
    with pytest.raises(ConfigurationError, match=r"^two plugins offer a job called rules\.sweep$"):
        plugins.jobs()


def test_the_first_reason_of_a_policy_counts(load, module):
    silent = module("@hookimpl\ndef sregistry_refuse():\n    return None")
    closed = module(
        """
        @hookimpl
        def sregistry_refuse(action, caller, target):
            return f"{caller.name} may not {action} {target} on Sundays"
        """
    )

    assert load(silent).refuse(Action.PUSH, Caller.system(), "a/b/c") is None
    assert load(silent, closed).refuse(Action.PUSH, Caller.system(), "a/b/c") == (
        "system may not push a/b/c on Sundays"
    )


def test_a_policy_sees_an_image_before_it_is_published(load, module):
    name = module(
        """
        @hookimpl
        def sregistry_before_publish(image):
            if image.size > 1:
                raise PushRefused(f"{image.name} is too large")
        """
    )
    image = PushedImage("a/b/c", "sha256:0", 2, None, {}, (), open=lambda: None)

    assert not load().watches_pushes
    assert load(name).watches_pushes
    with pytest.raises(PushRefused, match=r"^a/b/c is too large$"):
        load(name).before_publish(image)
