"""A message is proven and answered; what it tells of is looked at by a worker."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Caller
from sregistry_core.services import Services
from sregistry_core.web.dialects import json_response

from .wire import News, news_of, proofs_of, read_body

_SAID = {
    News.PUSH: (202, "the repository will be looked at"),
    News.PING: (200, "pong"),
    News.OTHER: (200, "nothing is built of this"),
}


@view_config(route_name="webhooks.hear")
def hear(request: Request) -> Response:
    """Take a message in. Who else is asking does not matter, and is not looked at."""
    body = read_body(request)
    news = news_of(request.headers)
    nobody = Services(request.db, Caller.anonymous(), request.registry["facilities"])
    nobody.git_hooks.hear(
        request.matchdict["hook"], proofs_of(request.headers), body, is_news=news is News.PUSH
    )
    status, message = _SAID[news]
    return json_response({"message": message}, status=status)
