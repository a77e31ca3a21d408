"""How a request comes to its view: few routes are tried, and views that read before others.

With all routes in one list, and views in the order of their names, a small answer spends much of
its time on expressions that do not fit and on exceptions that nobody sees.
"""

import re
from typing import Any

from pyramid.config import Configurator
from pyramid.config.views import MultiView
from pyramid.interfaces import IRoutesMapper
from pyramid.predicates import RequestMethodPredicate
from pyramid.request import Request
from pyramid.urldispatch import Route, RoutesMapper

_FIRST_WORD = re.compile(r"([A-Za-z0-9_.-]*)(?:/|\Z)")


class Routes(RoutesMapper):  # type: ignore[misc]
    """Tries only routes that begin with the first word of the path, or with a variable.

    They keep their order, so that what is found is what Pyramid itself would find.
    """

    def __init__(self) -> None:
        """Begin without a route."""
        super().__init__()
        self._by_word: dict[str | None, RoutesMapper] = {}

    def connect(self, *about: Any, **more: Any) -> Route:
        """Add a route; a later one of the same name takes its place."""
        self._by_word = {}
        route: Route = super().connect(*about, **more)
        return route

    def __call__(self, request: Request) -> dict[str, Any]:
        """Give the route of a request and what its variables stand for; both None without one."""
        try:
            word = (request.path_info or "/").split("/", 2)[1]
        except (KeyError, UnicodeDecodeError, IndexError):
            # What cannot be read as a path is for Pyramid to refuse.
            found: dict[str, Any] = super().__call__(request)
        else:
            by_word = self._by_word or self._sorted()
            found = (by_word.get(word) or by_word[None])(request)
        return found

    def _sorted(self) -> dict[str | None, RoutesMapper]:
        """Give the routes that may fit for each first word; under None those for all others."""
        words = [_first_word(route) for route in self.routelist]
        by_word = {}
        for word in {*words, None}:
            by_word[word] = RoutesMapper()
            by_word[word].routelist = [
                route
                for route, own in zip(self.routelist, words, strict=True)
                if own in (word, None)
            ]
        self._by_word = by_word
        return by_word


def set_up(config: Configurator) -> None:
    """Have routes found so; to be called before there is one."""
    config.registry.registerUtility(Routes(), IRoutesMapper)


def read_first(config: Configurator) -> None:
    """Have views that answer GET asked first, where an address has several; when all are known."""
    config.commit()
    for registered in config.registry.registeredAdapters():
        if isinstance(registered.factory, MultiView):
            registered.factory.views.sort(key=lambda view: (view[0], not _reads(view[1])))


def _first_word(route: Route) -> str | None:
    """Give the first word of all paths of a route; None when it differs."""
    found = _FIRST_WORD.match(route.pattern.removeprefix("/"))
    return found[1] if found else None


def _reads(view: Any) -> bool:
    return any(
        isinstance(one, RequestMethodPredicate) and "GET" in one.val
        for one in getattr(view, "__predicates__", ())
    )
