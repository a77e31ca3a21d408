"""Connections to the servers of a directory: in order, over TLS, with time limits, and kept."""

import logging
import queue
import socket
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import ldap
from ldap.ldapobject import LDAPObject

from sregistry_core.contracts import LoginUnavailable, Step

from .settings import ServerSettings

Entry = tuple[str, dict[str, list[bytes]]]
"""A distinguished name and its attributes, their names in small letters."""

_T = TypeVar("_T")
_TLS = {"1.2": 0x303, "1.3": 0x304}
"""As the protocol numbers its versions, which libldap does too."""
_GNUTLS = {
    "1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3",
    "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
}
"""The same for a libldap that stands on GnuTLS, as Debian's: it passes over the number."""
_PORTS = {"ldap": 389, "ldaps": 636}
_PUT_OFF_SECONDS = 30.0
"""How long a server that has failed is asked after the others."""
_KEPT_SECONDS = 60.0
"""How long a connection may lie unused: firewalls forget quiet ones without a word."""

# What servers say of a person who is known and not let in.
_REFUSALS = (
    ldap.INVALID_CREDENTIALS,
    ldap.INAPPROPRIATE_AUTH,
    ldap.NO_SUCH_OBJECT,
    ldap.INVALID_DN_SYNTAX,
    ldap.UNWILLING_TO_PERFORM,
    ldap.CONSTRAINT_VIOLATION,
    ldap.INSUFFICIENT_ACCESS,
)
_LOST = (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.TIMEOUT, ldap.UNAVAILABLE, ldap.BUSY)

log = logging.getLogger(__name__)


class ProofRefusedError(Exception):
    """The directory does not take this password for this name."""


class Directory:
    """Opens connections, and keeps those of the service account. Used by many threads at once."""

    def __init__(self, settings: ServerSettings):
        self._settings = settings
        self._kept: queue.LifoQueue[tuple[LDAPObject, float]] = queue.LifoQueue(
            settings.connections
        )
        self._failed_at: dict[str, float] = {}

    def ask(self, question: Callable[[LDAPObject], _T]) -> _T:
        """Ask as the service account, or as nobody when there is none.

        Raises LoginUnavailable; what the servers have said is in the log.
        """
        kept = self._take()
        try:
            if kept is not None:
                try:
                    answer = question(kept)
                except _LOST:
                    # It was closed while it lay: a new one decides.
                    _close(kept)
                except BaseException:
                    _close(kept)
                    raise
                else:
                    self._keep(kept)
                    return answer
            fresh = self._as_service()
            try:
                answer = question(fresh)
            except BaseException:
                _close(fresh)
                raise
        except ldap.LDAPError as error:
            raise self._unavailable(said(error)) from error
        self._keep(fresh)
        return answer

    def prove(self, dn: str, password: str, question: Callable[[LDAPObject], _T]) -> _T:
        """Ask as a person, with their password.

        Raises ProofRefusedError when it is not theirs, LoginUnavailable when that cannot be had.
        """
        # Without either, servers take it for an anonymous bind, and that for a success.
        if not dn or not password:
            raise ProofRefusedError
        try:
            connection = self._first_that_answers(dn, password)
        except _REFUSALS as error:
            raise ProofRefusedError from error
        try:
            return question(connection)
        except ldap.LDAPError as error:
            raise self._unavailable(said(error)) from error
        finally:
            _close(connection)

    def explain(self) -> Generator[Step, None, bool]:
        """Tell how each server is reached, until one works; True when one does."""
        for url in self._settings.urls:
            works = yield from self._explain(url)
            if works:
                return True
        return False

    def _explain(self, url: str) -> Generator[Step, None, bool]:
        if (problem := _connecting(url, self._settings.timeout)) is not None:
            yield Step(f"{url} cannot be reached: {problem}", works=False)
            return False
        yield Step(f"{url} is reached")
        connection = self._prepared(url)
        try:
            if self._is_secured(url):
                self._secure(connection, url)
                yield Step(f"TLS holds, {_how_secured(connection)}, the certificate is trusted")
            else:
                yield Step("nothing is encrypted", works=url.startswith("ldapi:"))
        except ldap.LDAPError as error:
            yield Step(f"TLS fails: {said(error)}", works=False)
            _close(connection)
            return False
        who = self._settings.bind_dn or "nobody"
        try:
            connection.simple_bind_s(self._settings.bind_dn, self._settings.bind_password.value)
        except ldap.LDAPError as error:
            yield Step(f"the directory does not let {who} in: {said(error)}", works=False)
            return False
        finally:
            _close(connection)
        yield Step(f"the directory is asked as {who}")
        return True

    def _as_service(self) -> LDAPObject:
        try:
            return self._first_that_answers(
                self._settings.bind_dn, self._settings.bind_password.value
            )
        except _REFUSALS as error:
            raise self._unavailable(
                f"{self._settings.bind_dn or 'nobody'} may not ask: {said(error)}"
            ) from error

    def _first_that_answers(self, dn: str, password: str) -> LDAPObject:
        """Give a connection on which `dn` is let in; one of _REFUSALS when it is not."""
        reasons = []
        for url in self._in_order():
            connection = self._prepared(url)
            try:
                if self._is_secured(url) and not url.startswith("ldaps:"):
                    connection.start_tls_s()
                connection.simple_bind_s(dn, password)
            except _REFUSALS:
                _close(connection)
                self._failed_at.pop(url, None)
                raise
            except ldap.LDAPError as error:
                _close(connection)
                self._failed_at[url] = time.monotonic()
                reasons.append(f"{url}: {said(error)}")
                continue
            self._failed_at.pop(url, None)
            return connection
        raise self._unavailable("; ".join(reasons))

    def _in_order(self) -> Sequence[str]:
        now = time.monotonic()

        def is_put_off(url: str) -> bool:
            return now - self._failed_at.get(url, float("-inf")) < _PUT_OFF_SECONDS

        return sorted(self._settings.urls, key=is_put_off)

    def _prepared(self, url: str) -> LDAPObject:
        """Give what will connect at its first question."""
        settings = self._settings
        connection = ldap.initialize(url)
        connection.timeout = settings.timeout
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, settings.timeout)
        connection.set_option(ldap.OPT_TIMEOUT, settings.timeout)
        # Without it libldap asks a server that says nothing of TLS again and again, without end.
        connection.set_option(ldap.OPT_CONNECT_ASYNC, 1)
        # Nobody's password is taken to another server because this one says so.
        connection.set_option(ldap.OPT_REFERRALS, 0)
        if self._is_secured(url):
            connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
            connection.set_option(ldap.OPT_X_TLS_PROTOCOL_MIN, _TLS[settings.tls_minimum])
            if ldap.get_option(ldap.OPT_X_TLS_PACKAGE) == "GnuTLS":
                connection.set_option(ldap.OPT_X_TLS_CIPHER_SUITE, _GNUTLS[settings.tls_minimum])
            if settings.ca_file is not None:
                connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(settings.ca_file))
            # Takes over what was set above; must be the last.
            connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        return connection

    def _is_secured(self, url: str) -> bool:
        return url.startswith("ldaps:") or (url.startswith("ldap:") and self._settings.start_tls)

    def _secure(self, connection: LDAPObject, url: str) -> None:
        if not url.startswith("ldaps:"):
            connection.start_tls_s()
            return
        try:
            connection.simple_bind_s()
        except ldap.LDAPError as error:
            # Any answer at all, also a no, proves the connection below it.
            if isinstance(error, _LOST):
                raise

    def _take(self) -> LDAPObject | None:
        while True:
            try:
                connection, since = self._kept.get_nowait()
            except queue.Empty:
                return None
            if time.monotonic() - since < _KEPT_SECONDS:
                return connection
            _close(connection)

    def _keep(self, connection: LDAPObject) -> None:
        # A queue of size 0 would be endless.
        if self._settings.connections:
            try:
                self._kept.put_nowait((connection, time.monotonic()))
            except queue.Full:
                pass
            else:
                return
        _close(connection)

    def _unavailable(self, reason: str) -> LoginUnavailable:
        # Whoever logs in is not told how the directory is built.
        log.warning("the directory %s does not answer: %s", self._settings.name, reason)
        return LoginUnavailable(f"the directory {self._settings.name} does not answer")


def search(
    connection: LDAPObject,
    base: str,
    wanted: str,
    attributes: Sequence[str],
    *,
    scope: int = ldap.SCOPE_SUBTREE,
    limit: int = 0,
) -> list[Entry]:
    """Give the entries that fit a filter; the first `limit` of them, all for 0."""
    message = connection.search_ext(base, scope, wanted, list(attributes), sizelimit=limit)
    found: list[Entry] = []
    with suppress(ldap.SIZELIMIT_EXCEEDED):
        for entry in _entries(connection, message):
            found.append(entry)
    return found


def _entries(connection: LDAPObject, message: int) -> Iterator[Entry]:
    """Give entries as they come: what came before a limit was met is not lost."""
    while True:
        kind, answers = connection.result(message, all=0, timeout=connection.timeout)
        for dn, attributes in answers or ():
            # Without a name it is a hint at another server.
            if dn:
                yield dn, {key.lower(): values for key, values in attributes.items()}
        if kind == ldap.RES_SEARCH_RESULT:
            return


def said(error: ldap.LDAPError) -> str:
    """What the library or the server has said, in one line."""
    about: Any = error.args[0] if error.args else {}
    if not isinstance(about, dict):
        return str(about) or type(error).__name__
    parts = [str(about[key]) for key in ("desc", "info") if about.get(key)]
    return " ".join(": ".join(parts).split()) or type(error).__name__


def _connecting(url: str, timeout: float) -> str | None:
    """Connect and go; why it does not work, None when it does."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        return None
    try:
        address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        socket.create_connection(address, timeout).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _how_secured(connection: LDAPObject) -> str:
    try:
        version = connection.get_option(ldap.OPT_X_TLS_VERSION)
    except (AttributeError, ValueError, ldap.LDAPError):
        return "of an unknown version"
    return str(version)


def _close(connection: LDAPObject) -> None:
    with suppress(ldap.LDAPError):
        connection.unbind_ext_s()
