"""What every view of our own API has in common: it takes the query it names, and no other."""

from collections.abc import Callable
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed

_View = Callable[[Any, Request], Response]


def endpoint(route_name: str, *query: str) -> Any:
    """Make a function the view of a route; `query` are the parameters that it takes."""

    def strict(view: _View) -> _View:
        def answer(context: Any, request: Request) -> Response:
            _refuse_unknown(request, query)
            return view(context, request)

        return answer

    return view_config(route_name=route_name, decorator=strict)


def _refuse_unknown(request: Request, taken: tuple[str, ...]) -> None:
    """Raise Malformed for what would otherwise be ignored, or fail in the depths of a database."""
    if any("\0" in part for part in request.matchdict.values()):
        raise Malformed("an address holds no zero byte")
    try:
        said = list(request.GET.items())
    except UnicodeDecodeError as error:
        raise Malformed("the query is not UTF-8") from error
    for name, value in said:
        if name not in taken:
            which = f"it takes {', '.join(taken)}" if taken else "it takes none"
            raise Malformed(f"{name[:80]!r} is no query parameter of this address: {which}")
        if "\0" in value:
            raise Malformed(f"{name} holds a zero byte")
        if len(request.GET.getall(name)) > 1:
            raise Malformed(f"{name} comes twice")
