"""The settings in force, and the plugins that are in use."""

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core import __version__
from sregistry_core.contracts import PluginSettings

from .shown import admin_page

HIDDEN = "<secret>"
_SOUNDS_SECRET = re.compile(r"secret|passw|token|private|credential|(?:^|_)key(?:$|_id$)")
_USERINFO = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A key; `value` is empty where the ini file says nothing and what is usual holds."""

    key: str
    value: str

    @property
    def is_hidden(self) -> bool:
        """True for a secret."""
        return self.value == HIDDEN


@view_config(route_name="ui.admin_settings")
def show_settings(request: Request) -> Response:
    """Show every setting that was read, secrets hidden, and the plugins with their versions."""
    facilities = request.registry["facilities"]
    sections = facilities.plugins.sections
    things = {
        name: kind
        for kind, named in (
            ("storage", facilities.plugins.storages),
            ("login", facilities.plugins.logins),
            ("builder", facilities.plugins.builders),
            ("listener", facilities.plugins.listeners),
        )
        for name in named
    }
    return admin_page(
        request,
        "settings",
        version=__version__,
        python=platform.python_version(),
        plugins=sorted(facilities.plugins.versions, key=lambda one: one.name),
        core=list(shown_settings(sections["sregistry"])),
        things=[
            (name, kind, list(shown_settings(sections[name]))) for name, kind in things.items()
        ],
    )


def shown_settings(section: PluginSettings) -> Iterator[ShownSetting]:
    """Give the keys of a section that were read, by name; what sounds like a secret is hidden.

    A password in an address is hidden too.
    """
    given = section.given()
    for key in sorted(section.known()):
        value = given.get(key, "")
        spelling = key.removesuffix("_file").removesuffix("_env")
        is_place = spelling != key
        if value and not is_place and _SOUNDS_SECRET.search(key):
            value = HIDDEN
        yield ShownSetting(f"{section.name}.{key}", _USERINFO.sub(r"\1:…@", value))
