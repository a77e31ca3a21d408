"""What others did to one's collections, or to oneself."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import User
from sregistry_core.services.news import News
from sregistry_core.web.paging import read_page

from .answers import nothing, page
from .endpoints import endpoint
from .wire import time_json


@endpoint("api.news", "after", "limit")
def list_news(request: Request) -> Response:
    """Show what is new, the newest first."""
    asked = read_page(request)
    found = request.services.news.of(_me(request), after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=lambda one: one.key, to_json=_json)


@endpoint("api.mark_news_seen")
def mark_news_seen(request: Request) -> Response:
    """Mark everything up to now as seen."""
    request.services.news.mark_seen(_me(request))
    return nothing()


def _me(request: Request) -> User:
    request.services.access.require_login()
    me: User = request.services.accounts.find(request.services.caller.name)
    return me


def _json(news: News) -> dict[str, Any]:
    return {
        "at": time_json(news.at),
        "actor": news.actor,
        "action": news.action,
        "target": news.target,
        "collection": news.collection,
        "facts": news.facts,
        "is_new": news.is_new,
    }
