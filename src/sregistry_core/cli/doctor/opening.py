"""Opens everything that the ini file names one by one, so that all failures are found."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace

from sregistry_core.contracts import (
    ConfigurationError,
    PasswordLogin,
    RedirectLogin,
    Sections,
    Storage,
)
from sregistry_core.db.session import open_database
from sregistry_core.login_rules import LoginRules
from sregistry_core.plugin_manager import Plugins, load_plugins
from sregistry_core.services.passwords import PasswordHashes, StoredPasswords
from sregistry_core.settings import CoreSettings
from sregistry_core.storage.staging import Staging

from .finding import Finding


class Opened:
    """What could be opened.

    is_whole         False when something has failed
    database_works   True once it was found to
    """

    def __init__(self, settings: CoreSettings, sections: Sections):
        """Nothing but the database is opened yet, and that connects when it is used."""
        self.settings = settings
        self.database = open_database(settings.database)
        self.storages: dict[str, Storage] = {}
        self.logins: dict[str, PasswordLogin | RedirectLogin] = {}
        self.login_rules: dict[str, LoginRules] = {}
        self.staging: Staging | None = None
        self.is_whole = True
        self.database_works = False
        self._sections = sections
        self._own = {"passwords": StoredPasswords(self.database, PasswordHashes())}
        self._nothing = replace(
            settings,
            plugins=(),
            plugin_modules=(),
            storage=(),
            login=(),
            builder=(),
            listener=(),
        )

    @property
    def logins_that_can_be_asked(self) -> Mapping[str, PasswordLogin | RedirectLogin]:
        """All of them; but our own only when the database works, where its passwords are."""
        return {
            name: login
            for name, login in self.logins.items()
            if self.database_works or not isinstance(login, StoredPasswords)
        }

    def open_all(self) -> Iterator[Finding]:
        """Import every plugin, and open every storage, login, builder and listener."""
        usable: dict[str, list[str]] = {"plugins": [], "plugin_modules": []}
        for name in self.settings.plugins:
            opened = yield from self._tried(
                f"plugin {name} is installed", replace(self._nothing, plugins=(name,))
            )
            usable["plugins"] += [name] if opened else []
        for name in self.settings.plugin_modules:
            opened = yield from self._tried(
                f"plugin module {name} is there", replace(self._nothing, plugin_modules=(name,))
            )
            usable["plugin_modules"] += [name] if opened else []
        yield from self._open_things(
            replace(
                self._nothing,
                plugins=tuple(usable["plugins"]),
                plugin_modules=tuple(usable["plugin_modules"]),
            )
        )

    def _open_things(self, base: CoreSettings) -> Iterator[Finding]:
        named = self.settings
        alone = [
            *((f"storage {one}", replace(base, storage=(one,))) for one in named.storage),
            *((f"login {one}", replace(base, login=(one,))) for one in named.login),
            *((f"builder {one}", replace(base, builder=(one,))) for one in named.builder),
            *((f"listener {one}", replace(base, listener=(one,))) for one in named.listener),
        ]
        for what, settings in alone:
            opened = yield from self._tried(f"{what} opens", settings)
            if opened is not None:
                self.storages.update(opened.storages)
                self.logins.update(opened.logins)
                self.login_rules.update(opened.login_rules)

    def _tried(self, text: str, settings: CoreSettings) -> Generator[Finding, None, Plugins | None]:
        try:
            opened = load_plugins(settings, self._sections, own_logins=self._own)
        except ConfigurationError as error:
            self.is_whole = False
            yield Finding.failure(str(error))
            return None
        yield Finding.ok(text)
        return opened
