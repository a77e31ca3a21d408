"""Invitations to teams: made and shown once, revoked, and accepted by whoever has the link."""

from datetime import timedelta

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import LoginRequired, Malformed
from sregistry_core.services.invitations import Invited

from ..fields import form_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .team_views import TEAMS, managed_team, read_role, team_page

_LIFETIMES = {
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@view_config(route_name="ui.invite")
def invite(request: Request) -> Response:
    """Make an invitation, and show its link: now and never again."""
    team = managed_team(request)
    try:
        lifetime = _LIFETIMES.get(form_field(request, "lifetime"))
        if lifetime is None:
            raise Malformed("choose how long the invitation works")
        made = request.services.invitations.create(
            team.name, lifetime=lifetime, role=read_role(request)
        )
    except Malformed as error:
        return team_page(request, Wrong("invite", str(error), 400, {}))
    public_url = request.registry["facilities"].settings.public_url
    return page(
        request,
        "manage/new-invitation",
        team=team,
        invitation=made.invitation,
        link=f"{public_url}/-/invitations/{made.secret}",
    )


@view_config(route_name="ui.revoke_invitation")
def revoke(request: Request) -> Response:
    """End an invitation."""
    team = managed_team(request)

    def deed() -> str:
        request.services.invitations.revoke(team.name, request.matchdict["invitation"])
        return f"{TEAMS}/{team.name}?done=invitation-revoked"

    return attempt(request, "invite", deed, lambda wrong: team_page(request, wrong))


@view_config(route_name="ui.invitation", request_method=("GET", "HEAD"))
def show_invitation(request: Request) -> Response:
    """Show to what one is invited; who is not signed in is led to that first, and back."""
    return _invitation_page(request, NOTHING_WRONG)


@view_config(route_name="ui.invitation", request_method="POST")
def accept(request: Request) -> Response:
    """Join the team."""
    _found(request)

    def deed() -> str:
        team = request.services.invitations.accept(request.matchdict["secret"])
        return f"{TEAMS}/{team.name}?done=joined"

    return attempt(request, "accept", deed, lambda wrong: _invitation_page(request, wrong))


def _found(request: Request) -> Invited:
    invited: Invited = request.services.invitations.find(request.matchdict["secret"])
    if request.caller.is_anonymous:
        raise LoginRequired("sign in to join the team")
    return invited


def _invitation_page(request: Request, wrong: Wrong) -> Response:
    return page(
        request,
        "manage/invitation",
        status=wrong.status,
        wrong=wrong,
        invited=_found(request),
        secret=request.matchdict["secret"],
    )
