"""Asked by the proxy in front, before it takes in a body: would that body be taken?

The proxy sends the request without its body, and says so in X-Body-Withheld. Everything up to the
reading of the body is done, and undone. 204 says that the body may come; a refusal says in headers
what the proxy is to answer, since it passes on nothing else. Asked only where the bytes of an image
are, it is told 403 for every no, and asks for the bytes then.
"""

from collections.abc import Callable

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.errors import BodyWithheld

_WITH_A_BODY = frozenset({"PUT", "POST", "PATCH"})
_PASSED_ON = ("WWW-Authenticate", "Retry-After", "X-Request-ID")
_RENAMED = ("WWW-Authenticate", "Location", "Range", "Content-Range", "Docker-Upload-UUID")
"""As X-Refused-...: the proxy itself passes on the challenge of a 401, and would do so twice."""
_SIGN_IN_FIRST = 303
"""How a browser is refused that must sign in first."""
_MOST_WORDS = 2000
"""In bytes: the proxy reads a header of 4 KiB."""


def set_up(config: Configurator) -> None:
    """Answer such questions, and let them change nothing."""
    config.add_settings({"tm.commit_veto": "sregistry_core.web.withheld.changes_nothing"})
    above = "pyramid_tm.tm_tween_factory"
    config.add_tween("sregistry_core.web.withheld.tween_factory", over=above)
    config.add_view(_may_come, context=BodyWithheld)


def changes_nothing(request: Request, _response: Response) -> bool:
    """Tell whether the transaction of a request is undone: what was raised always undoes it.

    pyramid_tm itself sees to that only where nobody is asked for a veto.
    """
    was_raised = getattr(request, "exc_info", None) is not None
    return was_raised or bool(request.environ.get("sregistry.withheld"))


def tween_factory(
    handler: Callable[[Request], Response], _registry: object
) -> Callable[[Request], Response]:
    """Give the layer that answers the proxy."""

    def answer(request: Request) -> Response:
        if request.environ.get("sregistry.asks_place"):
            response = handler(request)
            return response if response.status_int == 204 else Response(status=403)
        if not request.environ.get("sregistry.withheld"):
            return handler(request)
        if request.method not in _WITH_A_BODY:
            return _may_come(None, request)
        response = handler(request)
        is_refused = response.status_int >= 400 or response.status_int == _SIGN_IN_FIRST
        return _refusal(response) if is_refused else _may_come(None, request)

    return answer


def _may_come(_error: BodyWithheld | None, _request: Request) -> Response:
    return Response(status=204)


def _refusal(response: Response) -> Response:
    # The proxy takes 401 and 403 for a no, and all others for a failing of ours.
    told = Response(status=401 if response.status_int == 401 else 403)
    told.headers["X-Refused-Status"] = str(response.status_int)
    words = b" ".join(response.body.split())[:_MOST_WORDS]
    # A header has bytes, which WSGI spells as if they were Latin-1.
    told.headers["X-Refused-Words"] = words.decode("latin-1")
    for name in _PASSED_ON:
        if name in response.headers:
            told.headers[name] = response.headers[name]
    for name in _RENAMED:
        if name in response.headers and told.status_int != 401:
            told.headers[f"X-Refused-{name}"] = response.headers[name]
    return told
