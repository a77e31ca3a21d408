"""Addresses of our own API."""

from pyramid.config import Configurator

ROOT = "/api/v1"
_COLLECTION = "/collections/{entity}/{collection}"
_ROBOT = f"{_COLLECTION}/robots/{{robot}}"
_TEAM_ROBOT = "/teams/{team}/robots/{robot}"
_CONTAINER = "/containers/{entity}/{collection}/{container}"

ROUTES: tuple[tuple[str, str, str], ...] = (
    ("api.registry", "GET", "/registry"),
    ("api.document", "GET", "/openapi.json"),
    ("api.search", "GET", "/search"),
    ("api.me", "GET", "/user"),
    ("api.users", "GET", "/users"),
    ("api.create_user", "POST", "/users"),
    ("api.user", "GET", "/users/{user}"),
    ("api.change_user", "PATCH", "/users/{user}"),
    ("api.set_password", "PUT", "/users/{user}/password"),
    ("api.tokens_of_user", "GET", "/users/{user}/tokens"),
    ("api.create_token_of_user", "POST", "/users/{user}/tokens"),
    ("api.tokens", "GET", "/tokens"),
    ("api.create_token", "POST", "/tokens"),
    ("api.token", "GET", "/tokens/{token}"),
    ("api.revoke_token", "DELETE", "/tokens/{token}"),
    ("api.teams", "GET", "/teams"),
    ("api.create_team", "POST", "/teams"),
    ("api.team", "GET", "/teams/{team}"),
    ("api.members", "GET", "/teams/{team}/members"),
    ("api.set_member", "PUT", "/teams/{team}/members/{user}"),
    ("api.remove_member", "DELETE", "/teams/{team}/members/{user}"),
    ("api.team_robots", "GET", "/teams/{team}/robots"),
    ("api.create_team_robot", "POST", "/teams/{team}/robots"),
    ("api.team_robot", "GET", _TEAM_ROBOT),
    ("api.change_team_robot", "PATCH", _TEAM_ROBOT),
    ("api.remove_team_robot", "DELETE", _TEAM_ROBOT),
    ("api.team_robot_tokens", "GET", f"{_TEAM_ROBOT}/tokens"),
    ("api.renew_team_robot", "POST", f"{_TEAM_ROBOT}/tokens"),
    ("api.revoke_team_robot_tokens", "DELETE", f"{_TEAM_ROBOT}/tokens"),
    ("api.collections", "GET", "/collections"),
    ("api.create_collection", "POST", "/collections"),
    ("api.collection", "GET", _COLLECTION),
    ("api.change_collection", "PATCH", _COLLECTION),
    ("api.delete_collection", "DELETE", _COLLECTION),
    ("api.rename_collection", "POST", f"{_COLLECTION}/rename"),
    ("api.transfer_collection", "POST", f"{_COLLECTION}/transfer"),
    ("api.grants", "GET", f"{_COLLECTION}/grants"),
    ("api.grant_to_user", "PUT", f"{_COLLECTION}/grants/users/{{user}}"),
    ("api.take_from_user", "DELETE", f"{_COLLECTION}/grants/users/{{user}}"),
    ("api.grant_to_team", "PUT", f"{_COLLECTION}/grants/teams/{{team}}"),
    ("api.take_from_team", "DELETE", f"{_COLLECTION}/grants/teams/{{team}}"),
    ("api.robots", "GET", f"{_COLLECTION}/robots"),
    ("api.create_robot", "POST", f"{_COLLECTION}/robots"),
    ("api.robot", "GET", _ROBOT),
    ("api.change_robot", "PATCH", _ROBOT),
    ("api.remove_robot", "DELETE", _ROBOT),
    ("api.robot_tokens", "GET", f"{_ROBOT}/tokens"),
    ("api.renew_robot", "POST", f"{_ROBOT}/tokens"),
    ("api.revoke_robot_tokens", "DELETE", f"{_ROBOT}/tokens"),
    ("api.publishers", "GET", f"{_COLLECTION}/publishers"),
    ("api.create_publisher", "POST", f"{_COLLECTION}/publishers"),
    ("api.publisher", "GET", f"{_COLLECTION}/publishers/{{publisher}}"),
    ("api.remove_publisher", "DELETE", f"{_COLLECTION}/publishers/{{publisher}}"),
    ("api.exchange", "POST", f"{_COLLECTION}/exchange"),
    ("api.containers", "GET", f"{_COLLECTION}/containers"),
    ("api.create_container", "POST", f"{_COLLECTION}/containers"),
    ("api.container", "GET", _CONTAINER),
    ("api.change_container", "PATCH", _CONTAINER),
    ("api.delete_container", "DELETE", _CONTAINER),
    ("api.images", "GET", f"{_CONTAINER}/images"),
    ("api.image", "GET", f"{_CONTAINER}/images/{{reference}}"),
    ("api.change_image", "PATCH", f"{_CONTAINER}/images/{{reference}}"),
    ("api.delete_image", "DELETE", f"{_CONTAINER}/images/{{reference}}"),
    ("api.image_file", "GET", f"{_CONTAINER}/images/{{reference}}/file"),
    ("api.tags", "GET", f"{_CONTAINER}/tags"),
    ("api.tag", "GET", f"{_CONTAINER}/tags/{{tag}}"),
    ("api.set_tag", "PUT", f"{_CONTAINER}/tags/{{tag}}"),
    ("api.freeze_tag", "PATCH", f"{_CONTAINER}/tags/{{tag}}"),
    ("api.remove_tag", "DELETE", f"{_CONTAINER}/tags/{{tag}}"),
    ("api.tag_history", "GET", f"{_CONTAINER}/tags/{{tag}}/history"),
    ("api.shares_of_container", "GET", f"{_CONTAINER}/shares"),
    ("api.create_share", "POST", f"{_CONTAINER}/shares"),
    ("api.shares", "GET", "/shares"),
    ("api.share", "GET", "/shares/{number}"),
    ("api.revoke_share", "DELETE", "/shares/{number}"),
)
"""Name, method and path below the root; what answers GET answers HEAD too."""


def includeme(config: Configurator) -> None:
    """Add the routes."""
    for name, method, path in ROUTES:
        config.add_route(name, ROOT + path, request_method=method)
