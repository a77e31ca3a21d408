"""Answers that the proxy in front may give to others for a moment: of public things, to anybody."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.services.seen import AnyContainer


def keep_for_a_moment(request: Request, response: Response, container: AnyContainer) -> Response:
    """Let the proxy keep an answer about a container for `sregistry.proxy_cache_lifetime`.

    Nothing is kept that depends on who is asking, nor of what is not public. Read by nginx from
    X-Accel-Expires, in whole seconds; it tells nobody else.
    """
    if not request.environ.get("sregistry.proxied") or request.method != "GET":
        return response
    settings = request.registry["facilities"].settings
    is_public = not container.collection.private and not settings.private_only
    # A header that does not name anybody is not for others either.
    is_anybody = "Authorization" not in request.headers and request.caller.is_anonymous
    seconds = int(settings.proxy_cache_lifetime.total_seconds())
    if is_public and is_anybody and seconds:
        response.headers["X-Accel-Expires"] = str(seconds)
    return response
