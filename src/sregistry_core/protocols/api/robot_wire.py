"""Between our words and the JSON of our own API: robots and trusted publishers."""

from typing import Any

from sregistry_core.contracts import Scope
from sregistry_core.services.publishers import TrustedPublisher
from sregistry_core.services.robots import NewRobot, RobotAccount

from .wire import new_token_json, time_json


def robot_json(account: RobotAccount) -> dict[str, Any]:
    """A robot; `user` is its full name, by which it logs in and is told of."""
    return {
        "robot": account.robot.name,
        "user": account.user.name,
        "scope": Scope(account.robot.scope).value,
        "disabled": account.user.disabled_at is not None,
        "disabled_at": time_json(account.user.disabled_at),
        "expires_at": time_json(account.robot.expires_at),
        "created_at": time_json(account.robot.created_at),
    }


def new_robot_json(made: NewRobot) -> dict[str, Any]:
    """A robot with its first token: the only time that the secret is shown."""
    return {**robot_json(made.account), "token": new_token_json(made.token)}


def publisher_json(found: TrustedPublisher) -> dict[str, Any]:
    """A trusted publisher; `user` is whose pushes those of its jobs are."""
    return {
        "publisher": found.robot.name,
        "user": found.user.name,
        "issuer": found.publisher.issuer,
        "audience": found.publisher.audience,
        "claims": dict(found.publisher.claims),
        "scope": Scope(found.robot.scope).value,
        "lifetime_seconds": found.publisher.lifetime_seconds,
        "created_at": time_json(found.publisher.created_at),
    }
