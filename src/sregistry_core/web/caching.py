"""Answers that the proxy in front may give to others for a moment: of public things, to anybody."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.services.seen import AnyContainer


def keep_for_a_moment(request: Request, response: Response, container: AnyContainer) -> Response:
    """Let the proxy keep an answer about a container for `sregistry.proxy_cache_lifetime`.

    Nothing is kept that depends on who is asking, nor of what is not public. nginx reads
    X-Accel-Expires, in whole seconds, and tells nobody else; or Cache-Control, whose
    stale-while-revalidate (RFC 5861) lets it fetch a new answer while it gives out the old one.
    """
    # A header that does not name anybody is not for others either.
    is_anybody = "Authorization" not in request.headers and request.caller.is_anonymous
    if is_anybody and request.method == "GET":
        seconds = keep_whoever_asks(request, response, is_public=not container.collection.private)
        # Two caches, one behind the other, and what is held for a second; each counts from whole
        # seconds, and so one more than it is told.
        told = (seconds - 1) // 2 - 1
        if told > 1:
            stale = told // 2
            response.headers["Cache-Control"] = (
                f"s-maxage={told - stale}, stale-while-revalidate={stale}"
            )
    return response


def keep_whoever_asks(request: Request, response: Response, *, is_public: bool) -> int:
    """Let the proxy keep an answer that is the same for everybody who knows the address.

    Gives for how many seconds; 0 when it may not.
    """
    settings = request.registry["facilities"].settings
    seconds = int(settings.proxy_cache_lifetime.total_seconds())
    may_be_kept = is_public and not settings.private_only and seconds
    if not may_be_kept or not request.environ.get("sregistry.proxied"):
        return 0
    response.headers["X-Accel-Expires"] = str(seconds)
    return seconds
