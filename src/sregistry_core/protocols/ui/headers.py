"""The headers of every page, asset and refusal that a browser gets from us."""

from pyramid.config import Configurator
from pyramid.events import NewResponse

from sregistry_core.web.security import SESSION_COOKIE

from .dialect import UiDialect
from .own_forms import VISITOR_COOKIE

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing from elsewhere, in nobody's frame."""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SAFE = frozenset({"GET", "HEAD"})


def includeme(config: Configurator) -> None:
    """Add the headers to whatever is said in our dialect."""
    config.add_subscriber(add_headers, NewResponse)


def add_headers(event: NewResponse) -> None:
    """Add the headers, and keep what is personal out of every cache."""
    request, response = event.request, event.response
    if not isinstance(request.dialect, UiDialect):
        return
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        personal = (
            request.method not in _SAFE
            or SESSION_COOKIE in request.cookies
            or VISITOR_COOKIE in request.cookies
            or "Set-Cookie" in response.headers
        )
        response.headers["Cache-Control"] = "no-store" if personal else "no-cache"
        response.headers["Vary"] = "Accept, Accept-Language, Cookie"
