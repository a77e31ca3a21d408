"""Logins at OpenID providers: any, Google, and GitLab.

Source: OpenID Connect Core 1.0; OpenID Connect RP-Initiated Logout 1.0.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sregistry_core.contracts import PluginSettings, RedirectLogin, Subject
from sregistry_core.errors import LoginRequired

from .asking import Asking, RefusedError
from .code_login import CodeLogin, Trip
from .discovery import Provider
from .id_token import read_id_token
from .settings import ClientSettings, read_address, read_client

_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """What the claims of a provider are called, and which are asked for."""

    name: tuple[str, ...]
    """The first that is there counts."""
    groups: str
    hosted_domains: frozenset[str] = frozenset()
    """Of Google's organisations; anybody when there are none."""


class OpenIdLogin(CodeLogin):
    """A login at an OpenID provider."""

    nonce_is_sent = True

    def __init__(self, provider: Provider, client: ClientSettings, claims: ClaimSettings):
        super().__init__(client)
        self._provider = provider
        self._claims = claims

    def authorization_address(self) -> str:
        """Where browsers are sent, as the provider says."""
        return self._provider.metadata.authorization

    def token_address(self) -> str:
        """Where a code is taken, as the provider says."""
        return self._provider.metadata.token

    def token_method(self) -> str:
        """How we show our own secret: as the provider takes it."""
        if not self._client.client_secret.value:
            return "none"
        takes = self._provider.metadata.token_methods
        # Without a word of it, Basic is what OpenID says.
        if not takes or "client_secret_basic" in takes:
            return "client_secret_basic"
        return "client_secret_post"

    def further_questions(self) -> Mapping[str, str]:
        """Ask Google to offer the accounts of one organisation only."""
        domains = self._claims.hosted_domains
        return {"hd": next(iter(domains))} if len(domains) == 1 else {}

    def check_answer(self, answer: Mapping[str, str]) -> None:
        """Refuse what another provider has answered. Source: RFC 9207."""
        metadata = self._provider.metadata
        said = answer.get("iss")
        if said is None and not metadata.names_itself:
            return
        if said != metadata.issuer:
            raise LoginRequired(f"this is no answer of {self._client.name}: begin anew")

    def who(self, asking: Asking, tokens: Mapping[str, Any], trip: Trip) -> Subject:
        """Tell who has signed in, from the signed statement and from what the provider adds."""
        signed = read_id_token(
            tokens.get("id_token"),
            self._provider,
            client_id=self._client.client_id,
            nonce=trip.nonce,
            login=self._client.name,
        )
        claims = {**self._userinfo(asking, tokens, signed["sub"]), **signed}
        self._require_domain(signed)
        email = claims.get("email") if claims.get("email_verified") is not False else None
        return Subject(
            provider=self._client.name,
            key=_key(signed["sub"]),
            name=self._name(claims),
            email=email if isinstance(email, str) else None,
            groups=self._groups(claims),
            full_name=claims["name"] if isinstance(claims.get("name"), str) else None,
        )

    def farewell(self, back: str) -> str | None:
        """Where one signs out of the provider, when it has such a place."""
        place = self._provider.metadata.end_session
        if place is None:
            return None
        asked = {"client_id": self._client.client_id, "post_logout_redirect_uri": back}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def _userinfo(self, asking: Asking, tokens: Mapping[str, Any], sub: str) -> dict[str, Any]:
        address = self._provider.metadata.userinfo
        if address is None:
            return {}
        try:
            said, _ = asking.json(address, token=tokens["access_token"])
        except RefusedError as error:
            raise asking.unavailable(str(error)) from error
        if not isinstance(said, dict) or said.get("sub") != sub:
            # Else a token of somebody else's could be put in its place.
            raise LoginRequired(f"{self._client.name} speaks of two people: begin anew")
        return said

    def _require_domain(self, signed: Mapping[str, Any]) -> None:
        domains = self._claims.hosted_domains
        if domains and str(signed.get("hd")) not in domains:
            raise LoginRequired(f"this account is none of {', '.join(sorted(domains))}")

    def _name(self, claims: Mapping[str, Any]) -> str:
        for claim in self._claims.name:
            found = claims.get(claim)
            if isinstance(found, str) and found.strip():
                return found.strip()
        return str(claims["sub"])

    def _groups(self, claims: Mapping[str, Any]) -> frozenset[str]:
        found: Any = claims.get(self._claims.groups)
        if found is None:
            # `realm_access.roles`: a member of a member, as Keycloak has it.
            found = claims
            for part in self._claims.groups.split("."):
                found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, str):
            found = [found]
        if not isinstance(found, list):
            return frozenset()
        return frozenset(one for one in found if isinstance(one, str) and one)


def open_provider(section: PluginSettings) -> RedirectLogin:
    """Open a login at any provider, `NAME.issuer`."""
    issuer = read_address(section, "issuer")
    client = read_client(
        section, site=section.name, scope="openid profile email", needs_secret=False
    )
    claims = ClaimSettings(
        name=section.words("name_claim", "preferred_username nickname email"),
        groups=section.text("groups_claim", "groups"),
    )
    return OpenIdLogin(Provider(issuer, client), client, claims)


def open_google(section: PluginSettings) -> RedirectLogin:
    """Open a login at Google: its groups are the domains of organisations."""
    issuer = read_address(section, "issuer", "https://accounts.google.com")
    client = read_client(section, site="Google", scope="openid profile email")
    claims = ClaimSettings(
        name=("email",),
        groups="hd",
        hosted_domains=frozenset(section.words("hosted_domain", "")),
    )
    return OpenIdLogin(Provider(issuer, client), client, claims)


def open_gitlab(section: PluginSettings) -> RedirectLogin:
    """Open a login at a GitLab: its groups are called by their whole path."""
    url = read_address(section, "url", "https://gitlab.com")
    client = read_client(section, site="GitLab", scope="openid profile email")
    claims = ClaimSettings(name=("preferred_username", "nickname"), groups="groups")
    return OpenIdLogin(Provider(url, client), client, claims)


def _key(sub: str) -> str:
    # A provider may use 255 characters.
    return sub if len(sub) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(sub.encode()).hexdigest()}"
