"""Logins at Bitbucket Cloud.

Source: Atlassian, "Use OAuth on Bitbucket Cloud" and "The Bitbucket Cloud REST API", users and
workspaces. Bitbucket says nothing of PKCE: what is sent of it is passed over there.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from sregistry_core.contracts import PluginSettings, RedirectLogin, Subject

from .asking import Asking, RefusedError
from .code_login import CodeLogin, Trip
from .settings import ClientSettings, read_address, read_client

_WORKSPACES = ("/user/workspaces", "/user/permissions/workspaces")
"""The new place, and the one it replaces."""
_GONE = (404, 410)
_MOST_PAGES = 20


class BitbucketLogin(CodeLogin):
    """A login at Bitbucket. Groups are workspaces, by their short names."""

    def __init__(self, url: str, api: str, client: ClientSettings):
        super().__init__(client)
        self._url = url
        self._api = api

    def authorization_address(self) -> str:
        """Where browsers are sent."""
        return f"{self._url}/site/oauth2/authorize"

    def token_address(self) -> str:
        """Where a code is taken."""
        return f"{self._url}/site/oauth2/access_token"

    def token_method(self) -> str:
        """How we show our own secret."""
        return "client_secret_basic"

    def who(self, asking: Asking, tokens: Mapping[str, Any], _trip: Trip) -> Subject:
        """Ask who the token is of, and which workspaces they are in."""
        token = tokens["access_token"]
        try:
            user, _ = asking.json(f"{self._api}/user", token=token)
            return Subject(
                provider=self._client.name,
                key=str(user["uuid"]),
                name=str(user.get("nickname") or user.get("username") or user["uuid"]),
                email=self._email(asking, token),
                groups=frozenset(self._groups(asking, token)),
                full_name=user.get("display_name"),
            )
        except RefusedError as error:
            raise asking.unavailable(f"{error}: the scope may be too narrow") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise asking.unavailable(f"a strange answer: {type(error).__name__}") from error

    def _groups(self, asking: Asking, token: str) -> Iterator[str]:
        for path in _WORKSPACES:
            try:
                found = list(self._pages(asking, token, path))
            except RefusedError as error:
                if error.status in _GONE and path != _WORKSPACES[-1]:
                    continue
                raise
            yield from (str(one["workspace"]["slug"]) for one in found)
            return

    def _email(self, asking: Asking, token: str) -> str | None:
        try:
            for one in self._pages(asking, token, "/user/emails"):
                if one.get("is_primary") and one.get("is_confirmed"):
                    return str(one["email"])
        except RefusedError:
            return None
        return None

    def _pages(self, asking: Asking, token: str, path: str) -> Iterator[dict[str, Any]]:
        address: str | None = f"{self._api}{path}"
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            found, _ = asking.json(address, token=token)
            yield from found["values"]
            address = found.get("next")
            # The token goes nowhere else, whatever an answer says.
            if address is not None and urlsplit(address)[:2] != urlsplit(self._api)[:2]:
                raise asking.unavailable("a next page at another site")


def open_bitbucket(section: PluginSettings) -> RedirectLogin:
    """Open a login at Bitbucket Cloud."""
    url = read_address(section, "url", "https://bitbucket.org")
    api = read_address(section, "api", "https://api.bitbucket.org/2.0")
    client = read_client(section, site="Bitbucket", scope="account email")
    return BitbucketLogin(url, api, client)
