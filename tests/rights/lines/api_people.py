"""The lines of our own API on people: invitations, open teams, browsers, and news."""

from ..places import NOT_AN_ID
from ..samples import About, Deed, Sample

_ROOT = "/api/v1"
_TEAM = f"{_ROOT}/teams/{{team}}"
_USER = f"{_ROOT}/users/{{user}}"

LINES = (
    Sample("api.news", "GET", f"{_ROOT}/user/news", Deed.OTHER, about=About.NOTHING),
    Sample("api.mark_news_seen", "PUT", f"{_ROOT}/user/news/seen", Deed.OTHER, about=About.NOTHING),
    Sample("api.sessions", "GET", f"{_USER}/sessions", Deed.OWN_ACCOUNT, about=About.ACCOUNT),
    Sample(
        "api.end_sessions", "DELETE", f"{_USER}/sessions", Deed.OWN_ACCOUNT, about=About.ACCOUNT
    ),
    Sample(
        "api.end_session",
        "DELETE",
        f"{_USER}/sessions/{NOT_AN_ID[:16]}",
        Deed.OTHER,
        about=About.ACCOUNT,
        note="one that is not there",
    ),
    Sample(
        "api.change_team",
        "PATCH",
        _TEAM,
        Deed.TEAM_CHANGE,
        about=About.ACCOUNT,
        json={"open": True},
    ),
    Sample("api.open_teams", "GET", f"{_ROOT}/open-teams", Deed.OTHER, about=About.NOTHING),
    Sample(
        "api.join_team",
        "POST",
        f"{_ROOT}/open-teams/crew/join",
        Deed.OTHER,
        about=About.NOTHING,
        note="one that is not open",
    ),
    Sample("api.invitations", "GET", f"{_TEAM}/invitations", Deed.TEAM_CHANGE, about=About.ACCOUNT),
    Sample(
        "api.invite",
        "POST",
        f"{_TEAM}/invitations",
        Deed.TEAM_CHANGE,
        about=About.ACCOUNT,
        json={"role": "member"},
    ),
    Sample(
        "api.invitation",
        "GET",
        f"{_TEAM}/invitations/{NOT_AN_ID}",
        Deed.OTHER,
        about=About.ACCOUNT,
        note="one that is not there",
    ),
    Sample(
        "api.revoke_invitation",
        "DELETE",
        f"{_TEAM}/invitations/{NOT_AN_ID}",
        Deed.OTHER,
        about=About.ACCOUNT,
        note="one that is not there",
    ),
    Sample(
        "api.invited",
        "GET",
        f"{_ROOT}/invitations/forged",
        Deed.OTHER,
        about=About.NOTHING,
        note="one that is not there",
    ),
    Sample(
        "api.accept_invitation",
        "POST",
        f"{_ROOT}/invitations/forged/accept",
        Deed.OTHER,
        about=About.NOTHING,
        note="one that is not there",
    ),
)
