"""People of a directory: found by the name they type, or by the key that never changes."""

import uuid
from dataclasses import dataclass

import ldap
from ldap.dn import escape_dn_chars
from ldap.filter import escape_filter_chars
from ldap.ldapobject import LDAPObject

from .directory import Entry, search
from .settings import NAME, PeopleSettings

_LONGEST = 256
_BINARY = {"objectguid"}
"""Attributes of Active Directory that are a number of 16 bytes."""
_FOR_GROUPS = ("memberOf", "uid", "gidNumber")


class DirectoryIsWrongError(Exception):
    """What the directory shows cannot be worked with; the text is for the administrator."""


@dataclass(frozen=True, slots=True)
class Person:
    """An entry of somebody."""

    dn: str
    name: str
    email: str | None
    full_name: str | None
    key: str
    member_of: tuple[str, ...]
    uid: str | None
    """As groups of the kind posixGroup list them."""
    gid_number: str | None


class People:
    """Asks for entries of people over connections of others."""

    def __init__(self, settings: PeopleSettings):
        self._settings = settings
        self._attributes = (
            settings.name_attribute,
            settings.mail_attribute,
            settings.full_name_attribute,
            settings.key_attribute,
            *_FOR_GROUPS,
        )

    def dn_of(self, name: str) -> str:
        """Give the distinguished name that somebody must have, where `person` says it."""
        return (self._settings.person or "").replace(NAME, escape_dn_chars(name))

    def filter_of(self, name: str) -> str:
        """Give the filter that somebody of this name must fit."""
        return self._settings.filter.replace(NAME, escape_filter_chars(name))

    def named(self, connection: LDAPObject, name: str) -> Person | None:
        """Find somebody by the name they type; None when nobody has it.

        Raises DirectoryIsWrongError when several have it.
        """
        if self._settings.person is not None:
            return self.at(connection, self.dn_of(name), name)
        found = search(
            connection, self._settings.base, self.filter_of(name), self._attributes, limit=2
        )
        return self._only(found, f"called {name}")

    def at(self, connection: LDAPObject, dn: str, name: str) -> Person | None:
        """Find somebody by their distinguished name."""
        try:
            found = search(
                connection, dn, self.filter_of(name), self._attributes, scope=ldap.SCOPE_BASE
            )
        except (ldap.NO_SUCH_OBJECT, ldap.INVALID_DN_SYNTAX):
            return None
        return self._only(found, f"at {dn}")

    def with_key(self, connection: LDAPObject, key: str) -> Person | None:
        """Find somebody by the key that never changes.

        Raises DirectoryIsWrongError when nobody at all is shown: that is a right that was taken
        away from us, and not a house that everybody has left.
        """
        anybody = self._settings.filter.replace(NAME, "*")
        if (value := self._key_for_filter(key)) is None:
            return None
        wanted = f"(&({self._settings.key_attribute}={value}){anybody})"
        found = search(connection, self._settings.base, wanted, self._attributes, limit=2)
        if not found and not search(connection, self._settings.base, anybody, ["1.1"], limit=1):
            raise DirectoryIsWrongError(f"nobody is shown below {self._settings.base}")
        return self._only(found, f"with {self._settings.key_attribute} {key}")

    def _only(self, found: list[Entry], called: str) -> Person | None:
        if len(found) > 1:
            raise DirectoryIsWrongError(
                f"there are several people {called}: {found[0][0]}, {found[1][0]}"
            )
        return self._person(*found[0]) if found else None

    def _person(self, dn: str, attributes: dict[str, list[bytes]]) -> Person:
        settings = self._settings
        if (name := _first(attributes, settings.name_attribute)) is None:
            raise DirectoryIsWrongError(f"{dn} shows no {settings.name_attribute}")
        if (key := self._key(attributes)) is None:
            raise DirectoryIsWrongError(f"{dn} shows no {settings.key_attribute}")
        return Person(
            dn=dn,
            name=name,
            email=_first(attributes, settings.mail_attribute),
            full_name=_first(attributes, settings.full_name_attribute),
            key=key,
            member_of=tuple(_texts(attributes, "memberOf")),
            uid=_first(attributes, "uid"),
            gid_number=_first(attributes, "gidNumber"),
        )

    def _key(self, attributes: dict[str, list[bytes]]) -> str | None:
        attribute = self._settings.key_attribute
        if attribute.lower() not in _BINARY:
            return _first(attributes, attribute)
        values = attributes.get(attribute.lower(), [])
        return str(uuid.UUID(bytes_le=values[0])) if values and len(values[0]) == 16 else None

    def _key_for_filter(self, key: str) -> str | None:
        if self._settings.key_attribute.lower() not in _BINARY:
            escaped: str = escape_filter_chars(key)
            return escaped
        try:
            number = uuid.UUID(key)
        except ValueError:
            return None
        return "".join(f"\\{byte:02x}" for byte in number.bytes_le)


def can_be_a_name(text: str) -> bool:
    """True for what somebody can be called; the rest is not even asked for."""
    return 0 < len(text) <= _LONGEST and text.isprintable()


def _first(attributes: dict[str, list[bytes]], name: str) -> str | None:
    return next(iter(_texts(attributes, name)), None)


def _texts(attributes: dict[str, list[bytes]], name: str) -> list[str]:
    values = (
        value.decode("utf-8", "replace").strip() for value in attributes.get(name.lower(), [])
    )
    return [value for value in values if value]
