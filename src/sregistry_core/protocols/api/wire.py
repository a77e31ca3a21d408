"""Between our words and the JSON of our own API: who may do what, and where images are kept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sregistry_core.contracts import Caller
from sregistry_core.models import Collection, Container, Team, Token, User
from sregistry_core.services.access import name_of
from sregistry_core.services.grants import Granted
from sregistry_core.services.shares import Share
from sregistry_core.services.teams import Member
from sregistry_core.services.tokens import NewToken
from sregistry_core.settings import CoreSettings


def registry_json(settings: CoreSettings, version: str) -> dict[str, Any]:
    """The registry itself, as everybody may see it."""
    return {
        "id": settings.id,
        "name": settings.name,
        "institution": settings.institution,
        "contact": settings.contact,
        "public_url": settings.public_url,
        "version": version,
        "protocols": list(settings.protocols),
    }


def user_json(user: User) -> dict[str, Any]:
    """A user."""
    return {
        "user": user.name,
        "email": user.email,
        "full_name": user.full_name,
        "is_admin": user.is_admin,
        "disabled": user.disabled_at is not None,
        "disabled_at": time_json(user.disabled_at),
        "left_at": time_json(user.left_at),
        "created_at": time_json(user.created_at),
    }


def me_json(user: User, caller: Caller) -> dict[str, Any]:
    """The caller, and how far what they have shown reaches."""
    return {**user_json(user), "scope": caller.scope.value}


def token_json(token: Token) -> dict[str, Any]:
    """A token, without its secret."""
    return {
        "id": token.id,
        "user": token.user.name,
        "name": token.name,
        "scope": token.scope.value,
        "created_at": time_json(token.created_at),
        "expires_at": time_json(token.expires_at),
        "last_used_at": time_json(token.last_used_at),
    }


def new_token_json(made: NewToken) -> dict[str, Any]:
    """A token with its secret: the only time that it is shown."""
    return {**token_json(made.token), "secret": made.secret}


def team_json(team: Team) -> dict[str, Any]:
    """A team."""
    return {
        "team": team.name,
        "open": team.is_open,
        "created_at": time_json(team.created_at),
    }


def member_json(member: Member) -> dict[str, Any]:
    """A user in a team."""
    return {
        "user": member.user.name,
        "role": member.role.value,
        "through": member.through,
    }


def grant_json(granted: Granted) -> dict[str, Any]:
    """A role on a collection; either the user or the team is null."""
    return {"user": granted.user, "team": granted.team, "role": granted.role.value}


def collection_json(
    collection: Collection, signers: Sequence[str], topics: Sequence[str]
) -> dict[str, Any]:
    """A collection.

    signers   fingerprints of the keys that it takes, where it demands certain ones
    """
    return {
        "name": name_of(collection),
        "entity": collection.entity.name,
        "collection": collection.name,
        "description": collection.description,
        "private": collection.private,
        "require_signed": collection.require_signed,
        "allowed_signers": list(signers),
        "frozen": collection.frozen_at is not None,
        "frozen_at": time_json(collection.frozen_at),
        "topics": list(topics),
        "created_at": time_json(collection.created_at),
    }


def container_json(container: Container) -> dict[str, Any]:
    """A container."""
    return {
        "name": name_of(container),
        "entity": container.collection.entity.name,
        "collection": container.collection.name,
        "container": container.name,
        "description": container.description,
        "private": container.collection.private,
        "frozen": container.frozen_at is not None,
        "frozen_at": time_json(container.frozen_at),
        "created_at": time_json(container.created_at),
    }


def share_json(share: Share, now: datetime) -> dict[str, Any]:
    """A share link, as those see it who may revoke it."""
    link = share.link
    return {
        "number": link.number,
        "container": name_of(link.container),
        "reference": link.reference,
        "web_url": share.web_url,
        "shub_uri": share.shub_uri,
        "alive": share.is_alive(now),
        "created_at": time_json(link.created_at),
        "expires_at": time_json(link.expires_at),
        "revoked_at": time_json(link.revoked_at),
    }


def time_json(moment: datetime | None) -> str | None:
    """A time as RFC 3339 has it, in UTC and to the second."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
