"""The ini keys of a login by PAM."""

import re
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.contracts import ConfigurationError, PluginSettings

_SERVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PLACES = (Path("/etc/pam.d"), Path("/usr/lib/pam.d"), Path("/usr/etc/pam.d"))
_ONE_FILE = Path("/etc/pam.conf")


@dataclass(frozen=True, slots=True)
class PamSettings:
    """One service of PAM."""

    name: str
    """Of the login in the ini file."""
    service: str
    system_users: bool
    """True when only users whom the machine knows come in; their groups are then known."""
    least_uid: int
    timeout: float
    """Seconds for all that the modules do."""
    at_once: int
    """How many may be asked for at the same time; modules that hang count."""


def read_settings(section: PluginSettings) -> PamSettings:
    """Read every key. Raises ConfigurationError naming the first that is wrong."""
    service = section.text("service", "sregistry")
    if not _SERVICE.fullmatch(service):
        raise ConfigurationError(f"{section.name}.service = {service} is no name of a service")
    # PAM itself would take the service "other" in its place, without a word.
    in_folders = any(place.is_dir() for place in _PLACES) or not _ONE_FILE.is_file()
    if in_folders and not any((place / service).is_file() for place in _PLACES):
        raise ConfigurationError(f"{section.name}.service: there is no /etc/pam.d/{service}")
    return PamSettings(
        name=section.name,
        service=service,
        system_users=section.boolean("system_users", True),
        least_uid=section.number("least_uid", 1000, least=1, most=2**32 - 2),
        timeout=section.duration("timeout", "10s").total_seconds(),
        at_once=section.number("at_once", 4, least=1, most=64),
    )
