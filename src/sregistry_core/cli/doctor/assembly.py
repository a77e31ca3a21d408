"""Examines whether all of it fits together: routes of plugins, and keys that nobody has read."""

import re
from collections.abc import Iterator

from sregistry_core.app import Parts, assemble
from sregistry_core.errors import ConfigurationError
from sregistry_core.ini import IniFile

from .finding import Finding

_KEY = re.compile(r"([\w-]+)\.([\w.-]+?)(?=:|$| )")


def examine_assembly(ini: IniFile) -> Iterator[Finding]:
    """Assemble the application as the server does, without serving."""
    parts = Parts.open(ini.app, here=ini.here)
    try:
        unread = list(_unread(parts))
        if not unread:
            yield Finding.ok("application: it assembles, and every key of the ini file is used")
        yield from (Finding.failure(f"settings: {text}") for text in unread)
    finally:
        parts.close()


def _unread(parts: Parts) -> Iterator[str]:
    """Every key that stops the start: the start itself names the first one only."""
    try:
        assemble(parts)
    except ConfigurationError as error:
        text = str(error)
    else:
        return
    while text:
        yield text
        text = _next(parts, text)


def _next(parts: Parts, text: str) -> str:
    for name, key in _KEY.findall(text):
        if key in set(parts.plugins.sections[name].unread()):
            # To read a key is to know it.
            parts.plugins.sections[name].text(key, "")
            break
    else:
        return ""
    try:
        parts.plugins.refuse_unread_settings()
    except ConfigurationError as error:
        return str(error)
    return ""
