"""The ini keys of a directory."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sregistry_core.contracts import ConfigurationError, PluginSettings, Secret

from .distinguished_names import canonical, parent

NAME = "{name}"
"""Where the name that somebody has typed goes."""
GROUP_KINDS = ("memberOf", "member", "memberUid")
_SCHEMES = ("ldap", "ldaps", "ldapi")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How to reach the directory, and as whom to ask."""

    name: str
    """Of the login in the ini file."""
    urls: tuple[str, ...]
    """Asked in this order."""
    start_tls: bool
    ca_file: Path | None
    tls_minimum: str
    timeout: float
    """Seconds, for each step."""
    bind_dn: str
    bind_password: Secret
    connections: int
    """How many are kept open at most."""


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """Where people are, and what their entries say."""

    person: str | None
    """A distinguished name with NAME in it; None when people are searched for."""
    base: str
    filter: str
    name_attribute: str
    mail_attribute: str
    full_name_attribute: str
    key_attribute: str


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """Where groups are, and how they know their members."""

    kinds: tuple[str, ...]
    base: str | None
    nested: bool


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """One directory."""

    server: ServerSettings
    people: PeopleSettings
    groups: GroupSettings
    asks_by_itself: bool
    """False when only people themselves, with their password, may look at their entry."""


def read_settings(section: PluginSettings) -> LdapSettings:
    """Read every key. Raises ConfigurationError naming the first that is wrong."""
    people = _people(section)
    server = _server(section)
    return LdapSettings(
        server=server,
        people=people,
        groups=_groups(section),
        asks_by_itself=people.person is None or bool(server.bind_dn),
    )


def _server(section: PluginSettings) -> ServerSettings:
    urls = section.words("url")
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.netloc or parts.path.strip("/"):
            raise ConfigurationError(
                f"{section.name}.url = {url} is not an address such as ldaps://ldap.example.org"
            )
    bind_dn = section.text("bind_dn", "")
    password = section.secret("bind_password", None)
    if bool(bind_dn) != bool(password.value):
        raise ConfigurationError(
            f"{section.name}.bind_dn and {section.name}.bind_password: give both, or none"
        )
    ca_file = section.path("ca_file") if section.text("ca_file", "") else None
    if ca_file is not None and not ca_file.is_file():
        raise ConfigurationError(f"{section.name}.ca_file = {ca_file} is no file")
    return ServerSettings(
        name=section.name,
        urls=urls,
        start_tls=section.boolean("start_tls", True),
        ca_file=ca_file,
        tls_minimum=section.choice("tls_minimum", ("1.2", "1.3"), "1.2"),
        timeout=section.duration("timeout", "5s").total_seconds(),
        bind_dn=bind_dn,
        bind_password=password,
        connections=section.number("connections", 4, least=0, most=64),
    )


def _people(section: PluginSettings) -> PeopleSettings:
    person = section.text("person", "") or None
    base = section.text("base", "")
    if person is not None:
        if NAME not in person:
            raise ConfigurationError(f"{section.name}.person = {person} has no {NAME} in it")
        base = base or _name(section, "person", person.replace(NAME, "x"), above=True)
    elif not base:
        raise ConfigurationError(
            f"{section.name}.base or {section.name}.person is missing from the ini file"
        )
    wanted = section.text("filter", f"(uid={NAME})" if person is None else "(objectClass=*)")
    if person is None and NAME not in wanted:
        raise ConfigurationError(f"{section.name}.filter = {wanted} has no {NAME} in it")
    return PeopleSettings(
        person=person,
        base=_name(section, "base", base),
        filter=wanted if wanted.startswith("(") else f"({wanted})",
        name_attribute=section.text("name_attribute", "uid"),
        mail_attribute=section.text("mail_attribute", "mail"),
        full_name_attribute=section.text("full_name_attribute", "cn"),
        key_attribute=section.text("key_attribute", "entryUUID"),
    )


def _groups(section: PluginSettings) -> GroupSettings:
    kinds = section.words("groups", "memberOf")
    for kind in kinds:
        if kind not in GROUP_KINDS:
            raise ConfigurationError(
                f"{section.name}.groups names {kind}, which is none of {', '.join(GROUP_KINDS)}"
            )
    base = section.text("group_base", "")
    nested = section.boolean("nested", False)
    if not base and (nested or set(kinds) - {"memberOf"}):
        raise ConfigurationError(
            f"{section.name}.group_base is missing: it says where groups are searched for"
        )
    return GroupSettings(
        kinds=kinds, base=_name(section, "group_base", base) if base else None, nested=nested
    )


def _name(section: PluginSettings, key: str, text: str, *, above: bool = False) -> str:
    try:
        return parent(text) if above else canonical(text) and text
    except ValueError as error:
        raise ConfigurationError(f"{section.name}.{key}: {error}") from error
