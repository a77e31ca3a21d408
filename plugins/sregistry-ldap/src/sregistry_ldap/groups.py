"""Groups that somebody is in: by what their entry or the groups say, and groups in groups."""

import logging
from collections.abc import Iterable, Iterator

from ldap import SCOPE_BASE, LDAPError
from ldap.filter import escape_filter_chars
from ldap.ldapobject import LDAPObject

from .directory import search
from .distinguished_names import canonical
from .people import Person
from .settings import GroupSettings

DEEPEST = 10
"""Steps from a group to the group that it is in."""
MOST = 1000
"""Groups of one person; whoever is in more is in too many, and the rest is left out."""
_AT_ONCE = 50
_ACTIVE_DIRECTORY = b"1.2.840.113556.1.4.800"
_IN_CHAIN = "1.2.840.113556.1.4.1941"
# groupOfNames, groupOfUniqueNames; Active Directory has the first.
_MEMBERS = ("member", "uniqueMember")

log = logging.getLogger(__name__)


class Groups:
    """Asks for groups over connections of others."""

    def __init__(self, settings: GroupSettings):
        self._settings = settings
        self._base = settings.base or ""

    def of(self, connection: LDAPObject, person: Person) -> frozenset[str]:
        """Give the distinguished names of somebody's groups, in one spelling."""
        kinds = self._settings.kinds
        found = set(person.member_of) if "memberOf" in kinds else set()
        if self._settings.nested and _knows_chains(connection):
            found |= self._search(connection, in_chain(person.dn))
        else:
            if "member" in kinds:
                found |= self._search(connection, having_member([person.dn]))
            if "memberUid" in kinds:
                found |= self._search(connection, having_uid(person))
            if self._settings.nested:
                found = set(self._upwards(connection, found))
        return frozenset(_spelled(found))

    def _upwards(self, connection: LDAPObject, groups: Iterable[str]) -> Iterator[str]:
        """Give groups, and those that they are in; a circle ends where it was entered."""
        seen: set[str] = set()
        now = {name: dn for dn in groups for name in _spelled([dn])}
        for _ in range(DEEPEST + 1):
            new = {name: dn for name, dn in now.items() if name not in seen}
            if not new:
                return
            yield from list(new.values())[: MOST - len(seen)]
            seen |= new.keys()
            if len(seen) >= MOST:
                log.warning("somebody is in more than %s groups: the rest is left out", MOST)
                return
            now = {
                name: dn
                for dn in self._above(connection, list(new.values()))
                for name in _spelled([dn])
            }
        log.warning("groups lie deeper than %s in each other: the rest is left out", DEEPEST)

    def _above(self, connection: LDAPObject, groups: list[str]) -> Iterator[str]:
        for first in range(0, len(groups), _AT_ONCE):
            yield from self._search(connection, having_member(groups[first : first + _AT_ONCE]))

    def _search(self, connection: LDAPObject, wanted: str) -> set[str]:
        return {dn for dn, _ in search(connection, self._base, wanted, ["1.1"])}


def having_member(dns: Iterable[str]) -> str:
    """Give the filter of groups that one of these is in."""
    parts = (f"({kind}={escape_filter_chars(dn)})" for dn in dns for kind in _MEMBERS)
    return f"(|{''.join(parts)})"


def having_uid(person: Person) -> str:
    """Give the filter of groups of the kind posixGroup that list somebody, or are their first."""
    listed = f"(memberUid={escape_filter_chars(person.uid or person.name)})"
    first = f"(gidNumber={escape_filter_chars(person.gid_number)})" if person.gid_number else ""
    return f"(&(objectClass=posixGroup)(|{listed}{first}))"


def in_chain(dn: str) -> str:
    """Give the filter of all groups that somebody is in, however deep.

    Source: [MS-ADTS] 3.1.1.3.4.4.3, LDAP_MATCHING_RULE_IN_CHAIN.
    """
    return f"(member:{_IN_CHAIN}:={escape_filter_chars(dn)})"


def _knows_chains(connection: LDAPObject) -> bool:
    """True for Active Directory, which walks through nested groups itself."""
    try:
        found = search(
            connection, "", "(objectClass=*)", ["supportedCapabilities"], scope=SCOPE_BASE
        )
    except LDAPError:
        return False
    return any(
        _ACTIVE_DIRECTORY in attributes.get("supportedcapabilities", []) for _, attributes in found
    )


def _spelled(groups: Iterable[str]) -> Iterator[str]:
    for dn in groups:
        try:
            yield canonical(dn)
        except ValueError:
            log.warning("the directory calls a group %r, which is no distinguished name", dn)
