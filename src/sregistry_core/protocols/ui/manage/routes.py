"""Addresses of the pages on which people manage what is theirs."""

from pyramid.config import Configurator

from ..paths import ACCOUNT

_COLLECTION = "/{entity}/{collection}/-"
_CONTAINER = "/{entity}/{collection}/{container}/-"
_TEAM = "/-/teams/{team}"
_ROBOT_DEED = "{deed:change|revoke|disable|enable|remove}"
_PAGES = (
    ("ui.new_collection", "/-/new"),
    ("ui.collection_settings", f"{_COLLECTION}/settings"),
    ("ui.delete_collection", f"{_COLLECTION}/delete"),
    ("ui.access", f"{_COLLECTION}/access"),
    ("ui.robots", f"{_COLLECTION}/robots"),
    ("ui.repository", f"{_COLLECTION}/repository"),
    ("ui.container_settings", f"{_CONTAINER}/settings"),
    ("ui.delete_container", f"{_CONTAINER}/delete"),
    ("ui.tags", f"{_CONTAINER}/tags"),
    ("ui.shares", f"{_CONTAINER}/shares"),
    ("ui.clean_up", f"{_CONTAINER}/clean-up"),
    ("ui.teams", "/-/teams"),
    ("ui.team", _TEAM),
    ("ui.delete_team", f"{_TEAM}/delete"),
    ("ui.team_robots", f"{_TEAM}/robots"),
    ("ui.invitation", "/-/invitations/{secret}"),
    ("ui.profile", f"{ACCOUNT}/profile"),
    ("ui.delete_account", f"{ACCOUNT}/delete"),
)
"""Shown, and sent back with a form."""
_FORMS = (
    ("ui.freeze_collection", f"{_COLLECTION}/freeze"),
    ("ui.collection_signatures", f"{_COLLECTION}/signatures"),
    ("ui.rename_collection", f"{_COLLECTION}/rename"),
    ("ui.transfer_collection", f"{_COLLECTION}/transfer"),
    ("ui.forget_name", f"{_COLLECTION}/forget-name"),
    ("ui.remove_grant", f"{_COLLECTION}/access/remove"),
    ("ui.renew_robot", f"{_COLLECTION}/robots/{{robot}}/renew"),
    ("ui.change_robot", f"{_COLLECTION}/robots/{{robot}}/{_ROBOT_DEED}"),
    ("ui.publishers", f"{_COLLECTION}/publishers"),
    ("ui.remove_publisher", f"{_COLLECTION}/publishers/{{publisher}}/remove"),
    (
        "ui.change_repository",
        f"{_COLLECTION}/repository/{{deed:look|secret|key|disconnect}}",
    ),
    ("ui.freeze_container", f"{_CONTAINER}/freeze"),
    ("ui.change_tag", f"{_CONTAINER}/tags/{{tag}}/{{deed:freeze|thaw|delete}}"),
    ("ui.revoke_share", f"{_CONTAINER}/shares/{{number:[0-9]+}}/revoke"),
    ("ui.join_team", "/-/teams-join"),
    ("ui.remove_member", f"{_TEAM}/remove"),
    ("ui.leave_team", f"{_TEAM}/leave"),
    ("ui.open_team", f"{_TEAM}/open"),
    ("ui.invite", f"{_TEAM}/invitations"),
    ("ui.revoke_invitation", f"{_TEAM}/invitations/{{invitation:[0-9a-f]{{32}}}}/revoke"),
    ("ui.renew_team_robot", f"{_TEAM}/robots/{{robot}}/renew"),
    ("ui.change_team_robot", f"{_TEAM}/robots/{{robot}}/{_ROBOT_DEED}"),
    ("ui.password", f"{ACCOUNT}/password"),
    ("ui.end_other_sessions", f"{ACCOUNT}/sessions/end-others"),
    ("ui.end_session", f"{ACCOUNT}/sessions/{{session:[0-9a-f]{{16}}}}/end"),
    ("ui.news_seen", "/-/news/seen"),
)
"""Only sent."""
_SHOWN = (
    ("ui.sessions", f"{ACCOUNT}/sessions"),
    ("ui.news", "/-/news"),
)
"""Only shown."""


def includeme(config: Configurator) -> None:
    """Add the routes."""
    for name, path in _PAGES:
        config.add_route(name, path, request_method=("GET", "HEAD", "POST"))
    for name, path in _FORMS:
        config.add_route(name, path, request_method="POST")
    for name, path in _SHOWN:
        config.add_route(name, path, request_method=("GET", "HEAD"))
