"""What a publisher demands of the claims in a signed statement, and whether one fits."""

import re
from collections.abc import Mapping
from typing import Any

from sregistry_core.errors import Malformed

OF_ONE_PROJECT = ("repository", "repository_id", "project_path", "project_id", "sub")
"""Claims that say whose job it is: GitHub's, GitLab's, and what every issuer has."""
MOST_CLAIMS = 20
_LONGEST = 500
_NAME = re.compile(r"[A-Za-z0-9_./:-]{1,100}\Z")
_BELONG_TO_US = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


def require_good(claims: Mapping[str, str]) -> None:
    """Raise Malformed for demands that would let in whoever has an account at the issuer."""
    if len(claims) > MOST_CLAIMS:
        raise Malformed(f"{len(claims)} claims are more than the {MOST_CLAIMS} of one publisher")
    for name, wanted in claims.items():
        if not _NAME.match(name) or name in _BELONG_TO_US:
            raise Malformed(f"{name[:80]!r} is no claim that a publisher names")
        if not 1 <= len(wanted) <= _LONGEST or "\0" in wanted:
            raise Malformed(f"the claim {name} must be a text of 1 to {_LONGEST} characters")
    if not any(_is_of_one_owner(claims.get(name, "")) for name in OF_ONE_PROJECT):
        raise Malformed(
            f"one of {', '.join(OF_ONE_PROJECT)} must be named, without '*' before its first '/': "
            "else every project of the issuer would be trusted"
        )


def fits(wanted: Mapping[str, str], claims: Mapping[str, Any]) -> bool:
    """True when a statement has every claim that is wanted, as it is wanted."""
    return all(_is_as_wanted(text, claims.get(name)) for name, text in wanted.items())


def _is_as_wanted(wanted: str, found: Any) -> bool:
    # GitLab says "true" where others say true.
    text = str(found).lower() if isinstance(found, bool) else found
    text = str(text) if isinstance(text, int) else text
    return isinstance(text, str) and _pattern(wanted).fullmatch(text) is not None


def _pattern(wanted: str) -> re.Pattern[str]:
    """`*` stands for anything without a `/`, and nothing else for anything but itself.

    Two stars in a row would take long for nothing: they mean the same as one.
    """
    parts = re.split(r"\*+", wanted)
    return re.compile("[^/]*".join(re.escape(part) for part in parts), re.DOTALL)


def _is_of_one_owner(wanted: str) -> bool:
    return bool(wanted) and "*" not in wanted.partition("/")[0]
