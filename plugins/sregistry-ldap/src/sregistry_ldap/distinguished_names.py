"""Distinguished names in one spelling, so that those of the ini file meet those of the server."""

import ldap
import ldap.dn

DN = list[list[tuple[str, str, int]]]


def canonical(text: str) -> str:
    """Give a distinguished name in small letters, with single blanks and none around the commas.

    Source: RFC 4514; values are compared as caseIgnoreMatch does (RFC 4518, shortened). Raises
    ValueError for what is no distinguished name, or an empty one.
    """
    parts: DN = [
        sorted(
            (kind.lower(), " ".join(value.casefold().split()), flags) for kind, value, flags in rdn
        )
        for rdn in _parsed(text)
    ]
    spelled: str = ldap.dn.dn2str(parts)
    return spelled


def parent(text: str) -> str:
    """Give the distinguished name one level up; raises ValueError when there is none."""
    spelled: str = ldap.dn.dn2str(_parsed(text)[1:])
    if not spelled:
        raise ValueError(f"{text} has nothing above it")
    return spelled


def _parsed(text: str) -> DN:
    try:
        parts: DN = ldap.dn.str2dn(text)
    except (ldap.LDAPError, UnicodeError) as error:
        raise ValueError(f"{text} is no distinguished name") from error
    if not parts:
        raise ValueError("an empty text is no distinguished name")
    return parts
