"""Invitations to teams: made with a secret that is shown once, revoked, and accepted."""

from datetime import timedelta
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import TeamRole
from sregistry_core.models import Invitation
from sregistry_core.services.invitations import key_of
from sregistry_core.web.paging import read_page

from .addressed import part
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_members
from .wire import team_json, time_json

USUAL_LIFETIME = timedelta(days=7)


@endpoint("api.invitations", "after", "limit")
def list_invitations(request: Request) -> Response:
    """Show the invitations to a team that still work."""
    asked = read_page(request)
    invitations = request.services.invitations
    found = invitations.of(part(request, "team"), after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=key_of, to_json=_json)


@endpoint("api.invite")
def invite(request: Request) -> Response:
    """Make an invitation; its secret is shown this once."""
    members = read_members(request, "role", "lifetime_seconds")
    role = members.choice("role", TeamRole) if "role" in members else TeamRole.MEMBER
    lifetime = members.optional_lifetime("lifetime_seconds") or USUAL_LIFETIME
    team = part(request, "team")
    made = request.services.invitations.create(team, lifetime=lifetime, role=role)
    public_url = request.registry["facilities"].settings.public_url
    shown = {
        **_json(made.invitation),
        "secret": made.secret,
        "web_url": f"{public_url}/-/invitations/{made.secret}",
    }
    return created(
        request, shown, "api.invitation", team=team.lower(), invitation=made.invitation.id
    )


@endpoint("api.invitation")
def show_invitation(request: Request) -> Response:
    """Show an invitation, without its secret."""
    invitations = request.services.invitations
    return answer(_json(invitations.one(part(request, "team"), part(request, "invitation"))))


@endpoint("api.revoke_invitation")
def revoke_invitation(request: Request) -> Response:
    """End an invitation at once."""
    request.services.invitations.revoke(part(request, "team"), part(request, "invitation"))
    return nothing()


@endpoint("api.invited")
def show_invited(request: Request) -> Response:
    """Show to what whoever has the secret is invited."""
    request.services.access.require_login()
    invited = request.services.invitations.find(part(request, "secret"))
    return answer(
        {
            "team": invited.team.name,
            "role": invited.role.value,
            "expires_at": time_json(invited.invitation.expires_at),
            "is_member": invited.is_member,
        }
    )


@endpoint("api.accept_invitation")
def accept_invitation(request: Request) -> Response:
    """Join the team; the secret works no second time."""
    return answer(team_json(request.services.invitations.accept(part(request, "secret"))))


def _json(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "role": TeamRole(invitation.role).value,
        "created_at": time_json(invitation.created_at),
        "expires_at": time_json(invitation.expires_at),
    }
