"""The nine hooks, on one page.

A plugin is a module with functions of these names, marked with `sregistry_core.hookimpl`. It is
imported only when the ini file names it. pluggy passes only the arguments that a function names.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pluggy

from .builder import Builder
from .listener import Listener
from .login import PasswordLogin, RedirectLogin
from .policy import Action, Caller, PushedImage
from .settings import PluginSettings, Sections
from .storage import Storage

if TYPE_CHECKING:
    from click import Command
    from pyramid.config import Configurator

hookspec = pluggy.HookspecMarker("sregistry")

# Things with a name. The ini file names them; each hook is asked once per name while the
# application starts. Return None for a kind that is not yours. Raise ConfigurationError when the
# settings cannot work: the server then does not start. What is returned is used by many threads.


@hookspec(firstresult=True)
def sregistry_storage(kind: str, settings: PluginSettings) -> Storage | None:
    """Open a storage. `settings` shows the keys of this one storage and no others."""


@hookspec(firstresult=True)
def sregistry_login(kind: str, settings: PluginSettings) -> PasswordLogin | RedirectLogin | None:
    """Open a way to log in. Ways are asked in the order of the ini line `sregistry.login`."""


@hookspec(firstresult=True)
def sregistry_builder(kind: str, settings: PluginSettings) -> Builder | None:
    """Open a builder. It runs in a worker, never in a request."""


@hookspec(firstresult=True)
def sregistry_listener(kind: str, settings: PluginSettings) -> Listener | None:
    """Open a listener. It hears of what has been committed, in a worker, at least once each."""


# Policies. They can only narrow: no plugin can allow what the core forbids.


@hookspec(firstresult=True)
def sregistry_refuse(action: Action, caller: Caller, target: str) -> str | None:
    """Say in one sentence, fit to be shown, why `caller` may not do this; None lets it pass.

    `target` is the full name (`entity/collection/container`, or as much of it as there is).
    Called on every guarded action: answer from memory, never from the network.
    """


@hookspec
def sregistry_before_publish(image: PushedImage) -> None:
    """Look at an image whose bytes are here and whose row is not. Raise PushRefused to keep it out.

    Runs inside the pusher's transaction, so be brief; long checks belong in a listener.
    """


# Extensions.


@hookspec
def sregistry_configure(config: "Configurator", settings: Sections) -> None:
    """Add routes, views, templates. The core has added its own; a clash is an error at start."""


@hookspec
def sregistry_commands() -> "Mapping[str, Command]":  # type: ignore[empty-body]
    """Offer sub-commands of `sregistry-admin`, by name."""


@hookspec
def sregistry_jobs() -> Mapping[str, Callable[..., None]]:  # type: ignore[empty-body]
    """Offer background jobs by name, `<plugin>.<job>`.

    Each is called with `services` and the arguments that were written down. A job may run twice;
    make the second time harmless.
    """
