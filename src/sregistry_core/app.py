"""The table of contents: assembles one application from one ini file."""

import logging
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from sregistry_core.contracts import Caller, PluginSettings
from sregistry_core.db import schema
from sregistry_core.db.session import Database, open_database
from sregistry_core.errors import ConfigurationError, Conflict
from sregistry_core.formats.openpgp_keys import SigningKey
from sregistry_core.issuers import Issuer, Issuers
from sregistry_core.jobs.broker import EMBEDDED
from sregistry_core.jobs.duties import table_of
from sregistry_core.jobs.runner import JobRunner
from sregistry_core.jobs.unit import Unit, unit_of
from sregistry_core.plugin_manager import Plugins, load_plugins
from sregistry_core.services import Facilities
from sregistry_core.services.guesses import Guesses
from sregistry_core.services.passwords import PasswordHashes, StoredPasswords
from sregistry_core.services.tally import Tally
from sregistry_core.settings import CoreSettings, read_core_settings, read_sections
from sregistry_core.storage.blob_store import BlobStore
from sregistry_core.storage.signed_urls import Signer
from sregistry_core.storage.staging import Staging
from sregistry_core.web import routing
from sregistry_core.web.bodies import largest_body
from sregistry_core.web.request import settle_class

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Parts:
    """What one ini file describes, opened and ready; Pyramid is not needed for it."""

    settings: CoreSettings
    plugins: Plugins
    database: Database
    facilities: Facilities
    jobs: JobRunner

    @classmethod
    def open(
        cls,
        ini: Mapping[str, str],
        *,
        here: Path,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> "Parts":
        """Open everything that the section of an ini file names.

        here      the directory of the ini file, where relative paths start
        environ   for `${NAME}` and `key_env`; by default that of the process
        Raises ConfigurationError with one line for the first thing that cannot work.
        """
        sections = read_sections(ini, here=here, environ=os.environ if environ is None else environ)
        _make_secret(sections["sregistry"])
        settings = read_core_settings(sections["sregistry"])
        database = open_database(settings.database)
        hashes = PasswordHashes()
        own_logins = {"passwords": StoredPasswords(database, hashes)}
        plugins = load_plugins(settings, sections, own_logins=own_logins)
        facilities = Facilities(
            settings=settings,
            plugins=plugins,
            blob_store=BlobStore(plugins.storages),
            staging=_open_staging(settings),
            signer=Signer(settings.secret, clock),
            tally=Tally(),
            hashes=hashes,
            guesses=_open_guesses(settings),
            issuers=_open_issuers(settings),
            build_key=_open_build_key(settings),
            clock=clock,
        )
        jobs = JobRunner(database, facilities, table_of(plugins.jobs()))
        plugins.commands()
        return cls(settings, plugins, database, facilities, jobs)

    def unit(self, caller: Caller | None = None) -> Unit:
        """Give what opens transactions for a caller, by default for the registry itself."""
        return unit_of(self.database, self.facilities, caller)

    def require_current_schema(self) -> None:
        """Raise ConfigurationError on another schema version, or another registry's database."""
        schema.require_current(self.database.reading)
        try:
            with self.unit()() as services:
                services.catalog.ensure_home()
                services.affiliations.prepare()
        except Conflict as error:
            raise ConfigurationError(str(error)) from error

    def close(self) -> None:
        """Let jobs end, and close every connection."""
        self.jobs.stop()
        self.database.dispose()


class Application:
    """The WSGI application, with the jobs of its process: they start with the first request."""

    def __init__(self, parts: Parts, router: Router):
        self.parts = parts
        self.router = router
        self._started = False

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request."""
        if not self._started:
            self.start()
        answer: Iterable[bytes] = self.router(environ, start_response)
        return answer

    def start(self) -> None:
        """Start the jobs of this process; a second call does nothing."""
        self._started = True
        if self.parts.settings.jobs == EMBEDDED:
            self.parts.jobs.start()
        else:
            self.parts.jobs.start_relay()

    def largest_body(self, method: str, path: str) -> int | None:
        """Give how many bytes of a body are wanted at most; None where images arrive.

        path   decoded, without the query. The server asks this before it takes a body in.
        """
        return largest_body(self.router.registry, method, path)

    def interrupt(self) -> None:
        """Break off what takes hours, since this process is to stop."""
        self.parts.jobs.interrupt()

    def stop(self) -> None:
        """Let running jobs end, write the tally down and close the database."""
        self.parts.close()


def main(global_config: Mapping[str, str] | None, **ini: str) -> Application:
    """Assemble the application that one ini file describes: the entry point of Paste."""
    here = Path((global_config or {}).get("here") or Path.cwd())
    parts = Parts.open(ini, here=here)
    return Application(parts, assemble(parts))


def assemble(parts: Parts) -> Router:
    """Give the WSGI application of opened parts, without starting anything."""
    parts.require_current_schema()
    with Configurator() as config:
        config.registry["database"] = parts.database
        config.registry["facilities"] = parts.facilities
        routing.set_up(config)
        config.include("pyramid_jinja2")
        config.include("sregistry_core.web")
        for protocol in parts.settings.protocols:
            config.include(f"sregistry_core.protocols.{protocol}")
        parts.plugins.configure(config)
        settle_class(config)
        routing.read_first(config)
    parts.plugins.refuse_unread_settings()
    return config.make_wsgi_app()


def _open_staging(settings: CoreSettings) -> Staging:
    try:
        staging = Staging(settings.staging, keep_free=settings.keep_free)
        probe = staging.spool / f"probe-{secrets.token_hex(8)}"
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"sregistry.staging = {settings.staging} cannot be written to: {error.strerror}"
        ) from error
    return staging


def _open_guesses(settings: CoreSettings) -> Guesses:
    return Guesses(
        per_name=settings.login_attempts,
        per_address=settings.login_attempts_per_address,
        window=settings.login_window,
        redis=None if settings.jobs == EMBEDDED else settings.jobs,
    )


def _open_issuers(settings: CoreSettings) -> Issuers:
    return Issuers(
        Issuer(
            url,
            allow_private=settings.publishers_allow_private,
            ca_file=settings.publishers_ca_file,
        )
        for url in settings.publishers
    )


def _open_build_key(settings: CoreSettings) -> SigningKey | None:
    if settings.build_key is None:
        return None
    try:
        raw = settings.build_key.read_bytes()
        return SigningKey.read(raw, settings.build_key_passphrase.value or None)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"sregistry.build_key = {settings.build_key} is no secret key that signs: {error}"
        ) from error


def _make_secret(section: PluginSettings) -> None:
    """Make the file of the registry's secret at the first start."""
    text = section.text("secret_file", "")
    if not text:
        return
    path = section.path("secret_file")
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written under another name first: nobody reads half a secret.
        written = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(written, path)
        written.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"sregistry.secret_file = {path} cannot be made: {error.strerror}"
        ) from error


__all__ = ["Application", "Parts", "assemble", "main", "utc_now"]
