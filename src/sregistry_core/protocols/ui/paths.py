"""Addresses of pages, and where a browser may be sent after signing in: to a path of ours."""

import re
from urllib.parse import quote, unquote, urlencode

SIGN_IN = "/auth/sign-in"
SIGNED_OUT = "/auth/signed-out"
ACCOUNT = "/auth/account"
TOKENS = "/auth/tokens"
ABOUT = "/-/about"
TERMS = "/-/terms"
CLIENT_SECRET = "/auth/sregistry"  # noqa: S105 - an address

_LONGEST = 2000
# No `%` in the path: `/%09/evil` and `/%5cevil` become something else in lenient hands.
_PART = "[A-Za-z0-9._~:@,+-]+"
_LOCAL = re.compile(rf"/(?:{_PART}/)*(?:{_PART})?(?:\?[A-Za-z0-9._~:@,+=&%/-]*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def callback_address(public_url: str, login: str) -> str:
    """Give the address that another site sends browsers back to: it must be known there."""
    return f"{public_url}{SIGN_IN}/{quote(login, safe='')}/callback"


def with_next(path: str, wanted: str) -> str:
    """Give a path of ours that leads on to another one afterwards."""
    return path if wanted == "/" else f"{path}?{urlencode({'next': wanted})}"


def local_path(text: str) -> str:
    """Give back a path of ours, perhaps with a query; the first page in place of anything else."""
    if len(text) > _LONGEST or not _LOCAL.fullmatch(text):
        return "/"
    path, _, query = text.partition("?")
    if any(part in (".", "..") for part in path.split("/")):
        return "/"
    # Twice: a proxy may have decoded once what we have not.
    if _CONTROL.search(unquote(query)) or _CONTROL.search(unquote(unquote(query))):
        return "/"
    return text
