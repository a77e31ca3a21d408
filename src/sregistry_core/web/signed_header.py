"""The signed header of the sregistry client: what is asked for is proven, and no secret is sent."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime

from pyramid.request import Request

from sregistry_core.contracts import Caller
from sregistry_core.errors import LoginRequired, NotAllowed
from sregistry_core.services import Services
from sregistry_core.services.client_credentials import Signature, Spelling

SCHEME = "sregistry-hmac-sha256"
_SIGNED = re.compile(
    r"Credential=([a-z]{1,20})/([A-Za-z0-9+/_-]{1,200}={0,2})/([0-9A-Z]{1,20}),"
    r"\s*Signature=([0-9A-Fa-f]{64})\Z"
)
_UNREADABLE = "the Authorization header cannot be read"


def services_of(
    request: Request,
    action: str,
    spellings: Sequence[Spelling],
    *,
    began_at: datetime | None = None,
) -> Services:
    """Give the services for whoever has signed the request, or has shown a token or a password.

    action      what the client must have signed for: pull, push, upload or delete
    spellings   what it may have signed, as it spells it and as we do
    began_at    when the client began, where that is known
    Raises NotAllowed for a header that cannot be read or does not hold, in the same words whatever
    is asked for: at a 401 the sregistry client 0.2.39 stops with "Your credentials are expired!".
    """
    header = request.headers.get("Authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    if scheme.lower() in ("", "basic", "bearer"):
        services: Services = request.services
        return services
    if scheme.lower() != SCHEME:
        raise NotAllowed(f"{_UNREADABLE}: it is neither Bearer nor Basic nor signed")
    signature = _parsed(rest.strip())
    facilities = request.registry["facilities"]
    nobody = Services(request.db, Caller.anonymous(), facilities)
    try:
        caller = nobody.client_credentials.caller_of(
            signature, action, spellings, began_at=began_at
        )
    except LoginRequired as error:
        raise NotAllowed(str(error)) from error
    return Services(request.db, caller, facilities)


def is_sregistry_client(request: Request) -> bool:
    """True when a request to read looks as the sregistry client sends it.

    Its name it does not say. But it is the only one whose requests without a body have this very
    content type: Singularity 2, the other one written in Python, adds a charset to it.
    """
    agent: str = request.headers.get("User-Agent", "")
    kind: str = request.headers.get("Content-Type", "")
    return agent.startswith("python-requests/") and kind == "application/json"


def _parsed(text: str) -> Signature:
    found = _SIGNED.match(text)
    if found is None:
        raise NotAllowed(_UNREADABLE)
    action, user, hour, digits = found.groups()
    try:
        name = base64.b64decode(user, altchars=b"-_" if {*"-_"} & {*user} else None, validate=True)
        return Signature(action, name.decode(), hour, digits)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotAllowed(_UNREADABLE) from error
