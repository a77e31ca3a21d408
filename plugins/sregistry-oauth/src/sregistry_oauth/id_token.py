"""Who an OpenID provider says has signed in: a signed statement, for us and for this trip.

Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725.
"""

import json
import logging
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from sregistry_core.errors import LoginRequired

from .discovery import Provider

SIGNED_WITH = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    | {"ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""With a key that only the provider has: never `none`, and no secret that others know too."""
LEEWAY_SECONDS = 60
"""How far the clocks of two machines may differ."""
_LONGEST = 1 << 16

log = logging.getLogger(__name__)


def read_id_token(
    text: object, provider: Provider, *, client_id: str, nonce: str, login: str
) -> dict[str, Any]:
    """Give the claims of a statement.

    Raises LoginRequired when it is not the provider's, not for us, not for this trip, or too old;
    LoginUnavailable when the keys of the provider cannot be had.
    """
    try:
        if not isinstance(text, str) or not text or len(text) > _LONGEST:
            raise ValueError("there is none")
        header = _header(text)
        algorithm = str(header.get("alg"))
        if algorithm not in SIGNED_WITH:
            raise ValueError(f"it is signed with {algorithm[:20]!r}")
        name = header.get("kid")
        keys = provider.keys(wanted=name if isinstance(name, str) else None)
        claims = jwt.decode(text, keys, algorithms=[algorithm]).claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            now=int(time.time()),
            iss={"essential": True, "value": provider.metadata.issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True, "allow_blank": False},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and "azp" not in claims:
            raise ValueError("it is for several, and does not say for whom")
        if claims.get("azp", client_id) != client_id:
            raise ValueError("it was made for another client")
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        # Not what is in it: it names somebody.
        log.warning("%s: an id_token is refused: %s: %s", login, type(error).__name__, error)
        raise LoginRequired(f"{login} does not vouch for this sign-in: begin anew") from error
    return claims


def _header(text: str) -> dict[str, Any]:
    header = json.loads(urlsafe_b64decode(text.partition(".")[0].encode("ascii")))
    if not isinstance(header, dict):
        raise ValueError("its header is none")
    return header
