"""From the lines of the ini file to imported plugins and opened storages, logins and the rest."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import pluggy

from sregistry_core.contracts import (
    Action,
    Builder,
    Caller,
    ConfigurationError,
    Listener,
    PasswordLogin,
    PushedImage,
    RedirectLogin,
    Sections,
    Storage,
    hookspecs,
)
from sregistry_core.login_rules import LoginRules, read_login_rules
from sregistry_core.settings import CoreSettings

ENTRY_POINTS = "sregistry.plugins"
_FOREIGN_SECTIONS = frozenset({"pyramid", "jinja2", "debugtoolbar", "tm"})
"""First parts of keys that belong to the framework."""

_CLASSES: Mapping[str, tuple[type, ...]] = {
    "storage": (Storage,),
    "login": (PasswordLogin, RedirectLogin),
    "builder": (Builder,),
    "listener": (Listener,),
}

log = logging.getLogger(__name__)
_Opened = TypeVar("_Opened")


@dataclass(frozen=True, slots=True)
class PluginVersion:
    """A plugin in use and the version of the distribution it came in; None for a plain module."""

    name: str
    version: str | None


@dataclass(frozen=True)
class Plugins:
    """Everything that the ini file opened by name, and the hooks that go on being asked."""

    storages: Mapping[str, Storage]
    logins: Mapping[str, PasswordLogin | RedirectLogin]
    login_rules: Mapping[str, LoginRules]
    """What the groups of each login lead to; not of those that the core brings itself."""
    builders: Mapping[str, Builder]
    listeners: Mapping[str, Listener]
    versions: Sequence[PluginVersion]
    sections: Sections
    _manager: pluggy.PluginManager = field(repr=False)

    def refuse(self, action: Action, caller: Caller, target: str) -> str | None:
        """Ask the policies; the first reason that one gives, or None."""
        reason: str | None = self._manager.hook.sregistry_refuse(
            action=action, caller=caller, target=target
        )
        return reason

    @property
    def watches_pushes(self) -> bool:
        """True when a plugin wants to see images before they are published."""
        return bool(self._manager.hook.sregistry_before_publish.get_hookimpls())

    def before_publish(self, image: PushedImage) -> None:
        """Show an image to the policies. Raises PushRefused when one keeps it out."""
        self._manager.hook.sregistry_before_publish(image=image)

    def configure(self, config: Any) -> None:
        """Let plugins add routes, views and templates to a Pyramid configurator."""

        def includeme(included: Any) -> None:
            self._manager.hook.sregistry_configure(config=included, settings=self.sections)

        # Side by side with the core's own: what is outside of an include would win silently.
        config.include(includeme)

    def commands(self) -> Mapping[str, Any]:
        """Sub-commands of `sregistry-admin` that plugins offer, by name."""
        return _merged(self._manager.hook.sregistry_commands(), "command")

    def jobs(self) -> Mapping[str, Callable[..., None]]:
        """Background jobs that plugins offer, by name."""
        return _merged(self._manager.hook.sregistry_jobs(), "job")

    def refuse_unread_settings(self) -> None:
        """Raise ConfigurationError for a key of the ini file that nobody has read."""
        opened = {"sregistry", *self.storages, *self.logins, *self.builders, *self.listeners}
        for name in sorted(self.sections):
            if name in _FOREIGN_SECTIONS:
                continue
            section = self.sections[name]
            for key in section.unread():
                if name not in opened and not section.known():
                    raise ConfigurationError(
                        f"{name}.{key}: the ini file opens nothing called {name}"
                    )
                raise ConfigurationError(f"{name} knows no setting {name}.{key}")


def load_plugins(
    settings: CoreSettings, sections: Sections, *, own_logins: Mapping[str, PasswordLogin]
) -> Plugins:
    """Import the plugins that the ini file names and open what it asks for.

    own_logins  ways to log in that the core brings itself, by kind
    Raises ConfigurationError for a plugin, kind, hook, argument or setting that does not exist.
    """
    manager = pluggy.PluginManager("sregistry")
    manager.add_hookspecs(hookspecs)
    versions = [*_register_installed(manager, settings), *_register_modules(manager, settings)]
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise ConfigurationError(_one_line(error)) from error

    def opened(what: str, names: Sequence[str], own: Mapping[str, _Opened]) -> dict[str, Any]:
        ask = getattr(manager.hook, f"sregistry_{what}")
        return {name: _open(ask, what, name, sections, own) for name in names}

    storages = opened("storage", settings.storage, {})
    logins = opened("login", settings.login, own_logins)
    return Plugins(
        storages=storages,
        logins=logins,
        login_rules={
            name: read_login_rules(sections[name], login)
            for name, login in logins.items()
            if sections[name].text("use", name) not in own_logins
        },
        builders=opened("builder", settings.builder, {}),
        listeners=opened("listener", settings.listener, {}),
        versions=versions,
        sections=sections,
        _manager=manager,
    )


@cache
def _installed() -> Mapping[str, EntryPoint]:
    """The plugins of this environment: what is installed later is found by the next process."""
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _register_installed(
    manager: pluggy.PluginManager, settings: CoreSettings
) -> Iterator[PluginVersion]:
    installed = _installed()
    for name in settings.plugins:
        if name not in installed:
            known = ", ".join(sorted(installed)) or "none"
            raise ConfigurationError(
                f"sregistry.plugins names {name}, which is not installed (installed: {known})"
            )
        _register(manager, name, _import(name, installed[name]))
        distribution = installed[name].dist
        yield PluginVersion(name, distribution.version if distribution else None)


def _register_modules(
    manager: pluggy.PluginManager, settings: CoreSettings
) -> Iterator[PluginVersion]:
    for name in settings.plugin_modules:
        try:
            module = import_module(name)
        except Exception as error:
            raise ConfigurationError(
                f"sregistry.plugin_modules names {name}, which cannot be imported: "
                f"{_one_line(error)}"
            ) from error
        _register(manager, name, module)
        yield PluginVersion(name, getattr(module, "__version__", None))


def _import(name: str, point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:
        raise ConfigurationError(
            f"the plugin {name} cannot be imported: {_one_line(error)}"
        ) from error


def _register(manager: pluggy.PluginManager, name: str, module: object) -> None:
    try:
        manager.register(module, name=name)
    except pluggy.PluginValidationError as error:
        raise ConfigurationError(f"the plugin {name}: {_one_line(error)}") from error
    except ValueError as error:
        raise ConfigurationError(f"the plugin {name} is named twice") from error


def _open(
    ask: Callable[..., Any],
    what: str,
    name: str,
    sections: Sections,
    own: Mapping[str, Any],
) -> Any:
    section = sections[name]
    kind = section.text("use", name)
    thing = own.get(kind) or ask(kind=kind, settings=section)
    if thing is None:
        raise ConfigurationError(f"sregistry.{what} names {name}: no plugin offers the kind {kind}")
    if kind not in own and not isinstance(thing, _CLASSES[what]):
        raise ConfigurationError(
            f"sregistry.{what} names {name}: what the kind {kind} opens is no {what}"
        )
    log.info("opened %s %s of kind %s", what, name, kind)
    return thing


def _merged(offers: Sequence[Mapping[str, Any]], what: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for offer in offers:
        for name, thing in offer.items():
            if name in merged:
                raise ConfigurationError(f"two plugins offer a {what} called {name}")
            merged[name] = thing
    return merged


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
