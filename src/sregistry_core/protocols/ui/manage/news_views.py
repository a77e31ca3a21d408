"""What others did to one's collections, or to oneself."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.models import User

from ..fields import query_field
from ..pages import page
from .news_texts import sentence

NEWS = "/-/news"
_SHOWN_AT_ONCE = 50


@view_config(route_name="ui.news")
def show_news(request: Request) -> Response:
    """Show the newest first; looking changes nothing."""
    me = _me(request)
    after = query_field(request, "after")
    found = request.services.news.of(me, after=after, limit=_SHOWN_AT_ONCE + 1)
    shown = found[:_SHOWN_AT_ONCE]
    return page(
        request,
        "manage/news",
        news=[(one, sentence(one)) for one in shown],
        next_after=shown[-1].key if len(found) > _SHOWN_AT_ONCE else None,
        is_first=not after,
    )


@view_config(route_name="ui.news_seen")
def mark_seen(request: Request) -> Response:
    """Mark everything as seen."""
    request.services.news.mark_seen(_me(request))
    return HTTPSeeOther(location=f"{NEWS}?done=news-seen")


def _me(request: Request) -> User:
    request.services.access.require_login()
    me: User = request.services.accounts.find(request.caller.name)
    return me
