"""Routers that earlier tests are done with: to assemble one takes longer than most tests."""

from collections import defaultdict
from collections.abc import Mapping

from pyramid.router import Router

from sregistry_core.app import Parts, assemble
from sregistry_core.web.metrics import Figures

_OWN = frozenset({"sregistry.database"})
"""What tells two registries of the same settings apart is opened with the parts."""
_NOT_SHARED = frozenset({"sregistry.plugin_modules"})
"""A plugin of a test may keep what it likes in its views."""


class Routers:
    """Gives routers to registries, and takes them back for others with the very same settings.

    What is assembled differs by the settings alone; database, storage and clock are put in anew.
    """

    def __init__(self) -> None:
        self._idle: dict[frozenset[tuple[str, str]], list[Router]] = defaultdict(list)

    def take(self, parts: Parts, settings: Mapping[str, str]) -> Router:
        """Give the router of opened parts.

        settings  the ini keys that the test has set
        Raises ConfigurationError as the start of a server does.
        """
        idle = self._idle[_key(settings)] if _may_be_shared(settings) else []
        if not idle:
            return assemble(parts)
        parts.require_current_schema()
        router = idle.pop()
        router.registry["database"] = parts.database
        router.registry["facilities"] = parts.facilities
        router.registry["figures"] = Figures()
        return router

    def give_back(self, router: Router, settings: Mapping[str, str]) -> None:
        """Let others have a router, when its registry is closed."""
        if _may_be_shared(settings):
            self._idle[_key(settings)].append(router)


def _key(settings: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((key, value) for key, value in settings.items() if key not in _OWN)


def _may_be_shared(settings: Mapping[str, str]) -> bool:
    """Not where a file was read, which another test may have written otherwise."""
    return not _NOT_SHARED & settings.keys() and not any(
        "/" in value.replace("://", "") for _, value in _key(settings)
    )
