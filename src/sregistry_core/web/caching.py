"""Answers that the proxy in front may give to others for a moment: of public things, to anybody."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.services.seen import AnyContainer


def keep_for_a_moment(request: Request, response: Response, container: AnyContainer) -> Response:
    """Let the proxy keep an answer about a container for `sregistry.proxy_cache_lifetime`.

    Nothing is kept that depends on who is asking, nor of what is not public. Read by nginx from
    X-Accel-Expires, in whole seconds; it tells nobody else.
    """
    # A header that does not name anybody is not for others either.
    is_anybody = "Authorization" not in request.headers and request.caller.is_anonymous
    if is_anybody and request.method == "GET":
        keep_whoever_asks(request, response, is_public=not container.collection.private)
    return response


def keep_whoever_asks(request: Request, response: Response, *, is_public: bool) -> None:
    """Let the proxy keep an answer that is the same for everybody who knows the address."""
    settings = request.registry["facilities"].settings
    seconds = int(settings.proxy_cache_lifetime.total_seconds())
    may_be_kept = is_public and not settings.private_only and seconds
    if may_be_kept and request.environ.get("sregistry.proxied"):
        response.headers["X-Accel-Expires"] = str(seconds)
