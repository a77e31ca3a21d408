"""Between our words and the headers of forges.

Sources: GitHub, "Validating webhook deliveries" and "Webhook events and payloads"; GitLab,
"Webhooks" and "Webhook events"; Gitea and Forgejo, "Webhooks"; Bitbucket Cloud, "Manage webhooks",
and Bitbucket Data Center, "Manage webhooks".
"""

from collections.abc import Mapping
from enum import StrEnum

from pyramid.request import Request

from sregistry_core.errors import TooLarge
from sregistry_core.models import Forge
from sregistry_core.web.forms import body_of

LARGEST = 1 << 20
_SCHEME = "sha256="


class News(StrEnum):
    """What a message is about."""

    PUSH = "push"
    PING = "ping"
    OTHER = "other"


_EVENTS = {
    "X-GitHub-Event": {"push": News.PUSH, "create": News.PUSH, "ping": News.PING},
    "X-Gitlab-Event": {"Push Hook": News.PUSH, "Tag Push Hook": News.PUSH},
    "X-Forgejo-Event": {"push": News.PUSH, "create": News.PUSH},
    "X-Gitea-Event": {"push": News.PUSH, "create": News.PUSH},
    "X-Event-Key": {
        "repo:push": News.PUSH,
        "repo:refs_changed": News.PUSH,
        "diagnostics:ping": News.PING,
    },
}
"""Gitea sends its own header and GitHub's; a message without any is taken for a push."""


def read_body(request: Request) -> bytes:
    """Give the whole message. Raises TooLarge above 1 MiB."""
    if (request.content_length or 0) > LARGEST:
        raise TooLarge(f"the message has {request.content_length} bytes, {LARGEST} are taken")
    raw: bytes = body_of(request).read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise TooLarge(f"the message has more than the {LARGEST} bytes that are taken")
    return raw


def proofs_of(headers: Mapping[str, str]) -> dict[Forge, str]:
    """Give what the sender has shown, as each of the forges would."""
    of_github = _digits(headers.get("X-Hub-Signature-256", ""))
    return {
        Forge.GITHUB: of_github,
        Forge.PLAIN: of_github,
        Forge.GITLAB: headers.get("X-Gitlab-Token", ""),
        Forge.GITEA: headers.get("X-Forgejo-Signature") or headers.get("X-Gitea-Signature", ""),
        Forge.BITBUCKET: _digits(headers.get("X-Hub-Signature", "")),
    }


def news_of(headers: Mapping[str, str]) -> News:
    """Tell what a message is about."""
    for header, known in _EVENTS.items():
        if header in headers:
            return known.get(headers[header], News.OTHER)
    return News.PUSH


def _digits(signature: str) -> str:
    """Give the HMAC; of an older kind, such as SHA-1, nothing."""
    return signature.removeprefix(_SCHEME) if signature.startswith(_SCHEME) else ""
