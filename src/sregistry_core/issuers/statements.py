"""What an issuer says of a job, signed: an OpenID token, as CI systems give it to their jobs.

Source: OpenID Connect Core 1.0, section 2; RFC 7519; RFC 8725.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from sregistry_core.errors import LoginRequired

from .keys import Issuer

SIGNED_WITH = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    | {"ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""With a key that only the issuer has: never `none`, and no secret that others know too."""
LEEWAY_SECONDS = 60
"""How far the clocks of two machines may differ."""
LONGEST = 1 << 14
"""Characters of a statement; those of GitHub and GitLab have about 2000."""
_STRANGE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed, and holds now; for whom it is, and of which job, is not looked at yet."""

    issuer: str
    audiences: tuple[str, ...]
    expires_at: datetime
    identifier: str | None
    """Of this statement among those of its issuer, if it has one (`jti`)."""
    claims: Mapping[str, Any]


def unverified_issuer(text: str) -> str:
    """Give who is said to have signed. Raises LoginRequired for what nobody has to look at."""
    try:
        if len(text) > LONGEST or text.count(".") != 2:
            raise ValueError("it is none")
        header, claims, _ = text.split(".")
        algorithm = _json(header).get("alg")
        if algorithm not in SIGNED_WITH:
            raise ValueError(f"it is signed with {str(algorithm)[:20]!r}")
        return str(_json(claims).get("iss"))
    except _STRANGE as error:
        raise LoginRequired(f"this is no signed OpenID token: {_said(error)}") from error


def read_statement(text: str, issuer: Issuer, now: datetime) -> Statement:
    """Give what an issuer has signed.

    Raises LoginRequired when it has not, or when it does not hold now; LoginUnavailable when the
    keys of the issuer cannot be had.
    """
    try:
        header = _json(text.partition(".")[0])
        name = header.get("kid")
        keys = issuer.keys(wanted=name if isinstance(name, str) else None)
        found = jwt.decode(text, keys, algorithms=[str(header.get("alg"))])
        if found.header.get("alg") not in SIGNED_WITH:
            raise ValueError("it is signed in a way that is not taken")
        claims = found.claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            now=int(now.timestamp()),
            iss={"essential": True, "value": issuer.url},
            aud={"essential": True},
            exp={"essential": True},
        ).validate(claims)
        return Statement(
            issuer=issuer.url,
            audiences=_audiences(claims["aud"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            identifier=None if claims.get("jti") is None else str(claims["jti"]),
            claims=claims,
        )
    except (*_STRANGE, OverflowError, OSError) as error:
        raise LoginRequired(f"this token of {issuer.url} is not taken: {_said(error)}") from error


def _audiences(value: Any) -> tuple[str, ...]:
    return tuple(one for one in (value if isinstance(value, list) else [value]) if type(one) is str)


def _json(part: str) -> dict[str, Any]:
    found = json.loads(urlsafe_b64decode(part.encode("ascii")))
    if not isinstance(found, dict):
        raise ValueError("a part of it is no JSON object")
    return found


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
