"""Reads all settings, and finds all that is wrong with them instead of the first."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sregistry_core.cli.serving import server_values
from sregistry_core.contracts import Sections
from sregistry_core.environment import expand
from sregistry_core.errors import ConfigurationError
from sregistry_core.ini import IniFile
from sregistry_core.server import ServerSettings, from_ini
from sregistry_core.settings import CoreSettings, read_core_settings

from .finding import Finding

_OF_THE_PROXY = "body_files"
_NAMED = re.compile(r"sregistry\.(\w+)")
_STAND_INS: Final = {
    "id": "doctor",
    "public_url": "http://localhost",
    "storage": "none",
    "database": "sqlite://",
    "staging": "staging",
    "secret": "doctor",
}
"""Values for keys that must be there, so that reading goes on after a finding."""


class Reading:
    """What the ini file says.

    settings      None when something is wrong with them
    server        None when something is wrong with `[server:main]`
    secret_file   of the registry's secret, when it is in a file
    findings      what is wrong, one for each setting
    """

    def __init__(self, ini: IniFile, environ: Mapping[str, str]):
        """Read everything."""
        self.ini = ini
        self.findings: list[Finding] = []
        self._environ = environ
        values = self._expanded()
        named = values.get("sregistry.secret_file", "").strip()
        self.secret_file = (ini.here / Path(named).expanduser()) if named else None
        if self.secret_file is not None and not self.secret_file.exists():
            # The first start makes it.
            values["sregistry.secret"] = values.pop("sregistry.secret_file")
        self.settings, self.sections = self._read_core(values)
        self.server = self._read_server()
        if not self.findings:
            self.findings.append(Finding.ok(f"settings: all of {ini.path} can be read"))

    def _expanded(self) -> dict[str, str]:
        values = {}
        for key, value in self.ini.app.items():
            try:
                values[key] = expand(value, self._environ)
            except ConfigurationError as error:
                self._fail(f"{key}: {error}")
                values[key] = _STAND_INS.get(key.removeprefix("sregistry."), "")
        return values

    def _read_core(self, values: dict[str, str]) -> tuple[CoreSettings | None, Sections]:
        mended: set[str] = set()
        while True:
            sections = Sections(values, self.ini.here, self._environ)
            try:
                settings = read_core_settings(sections["sregistry"])
            except ConfigurationError as error:
                self._fail(str(error))
                found = _NAMED.search(str(error))
                if found is None or found[1] in mended:
                    return None, sections
                mended.add(found[1])
                _mend(values, found[1])
                continue
            for key in sections["sregistry"].unread():
                self._fail(f"sregistry knows no setting sregistry.{key}")
            return (None if self.findings else settings), sections

    def _read_server(self) -> ServerSettings | None:
        values = server_values(self.ini)
        good: dict[str, str] = {}
        # The last of them means something beside the proxy only.
        for key, value in sorted(values.items(), key=lambda item: item[0] == _OF_THE_PROXY):
            beside = good if key == _OF_THE_PROXY else {}
            try:
                from_ini({**beside, key: value})
                good[key] = value
            except ConfigurationError as error:
                self._fail(str(error))
        return from_ini(values) if good == values else None

    def _fail(self, text: str) -> None:
        self.findings.append(Finding.failure(f"settings: {text}"))


def _mend(values: dict[str, str], key: str) -> None:
    name = "secret" if key.startswith("secret") else key
    for spelling in (name, f"{name}_file", f"{name}_env"):
        values.pop(f"sregistry.{spelling}", None)
    if name in _STAND_INS:
        values[f"sregistry.{name}"] = _STAND_INS[name]
