"""Share links: made, listed and revoked."""

from collections.abc import Sequence

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.errors import Malformed
from sregistry_core.names import DEFAULT_TAG, ImageName
from sregistry_core.services.shares import Share
from sregistry_core.web.paging import Asked, read_page

from .addressed import container_name_of, container_of, number_of, read_number
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_members
from .wire import share_json


@endpoint("api.shares_of_container", "after", "limit")
def list_shares_of_container(request: Request) -> Response:
    """Show the share links of a container, the newest first."""
    asked = read_page(request)
    shares = request.services.shares.of_container(
        container_of(request), before=_before(asked.after), limit=asked.limit + 1
    )
    return _page(request, shares, asked)


@endpoint("api.create_share")
def create_share(request: Request) -> Response:
    """Share an image by its tag or its digest."""
    members = read_members(request, "reference", "lifetime_seconds")
    reference = members.optional_text("reference") or DEFAULT_TAG
    share = request.services.shares.create(
        ImageName.of(container_name_of(request), reference),
        members.optional_lifetime("lifetime_seconds"),
    )
    return created(request, _json(request, share), "api.share", number=share.link.number)


@endpoint("api.shares", "after", "limit")
def list_shares(request: Request) -> Response:
    """Show the share links of the whole registry, the newest first."""
    asked = read_page(request)
    shares = request.services.shares.all(before=_before(asked.after), limit=asked.limit + 1)
    return _page(request, shares, asked)


@endpoint("api.share")
def show_share(request: Request) -> Response:
    """Show a share link."""
    return answer(_json(request, request.services.shares.find(number_of(request))))


@endpoint("api.revoke_share")
def revoke_share(request: Request) -> Response:
    """End a share link at once."""
    request.services.shares.revoke(number_of(request))
    return nothing()


def _page(request: Request, shares: Sequence[Share], asked: Asked) -> Response:
    return page(
        request,
        shares,
        asked,
        key=lambda share: str(share.link.number),
        to_json=lambda share: _json(request, share),
    )


def _json(request: Request, share: Share) -> dict[str, object]:
    return share_json(share, request.registry["facilities"].clock())


def _before(after: str) -> int | None:
    if not after:
        return None
    number = read_number(after)
    if number is None:
        raise Malformed(f"after = {after[:40]} is no number of a share link")
    return number
