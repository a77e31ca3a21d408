"""Logins at GitHub, and at a GitHub Enterprise Server.

Source: GitHub, "Authorizing OAuth apps" and "REST API endpoints" for users, organisations, teams.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from sregistry_core.contracts import PluginSettings, RedirectLogin, Subject

from .asking import Asking, RefusedError
from .code_login import CodeLogin, Trip
from .settings import ClientSettings, read_address, read_client

GITHUB = "https://github.com"
_API = "https://api.github.com"
_VERSION = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_MOST_PAGES = 20


class GitHubLogin(CodeLogin):
    """A login at GitHub. Groups are `organisation` and `organisation/team`."""

    def __init__(self, url: str, client: ClientSettings, *, asks_groups: bool):
        super().__init__(client)
        self._url = url
        self._api = _API if url == GITHUB else f"{url}/api/v3"
        self._asks_groups = asks_groups

    def authorization_address(self) -> str:
        """Where browsers are sent."""
        return f"{self._url}/login/oauth/authorize"

    def token_address(self) -> str:
        """Where a code is taken."""
        return f"{self._url}/login/oauth/access_token"

    def group_named(self, text: str) -> str:
        """Spell a group as it is compared: GitHub's names have no case."""
        return text.lower()

    def who(self, asking: Asking, tokens: Mapping[str, Any], _trip: Trip) -> Subject:
        """Ask who the token is of, and what they belong to."""
        token = tokens["access_token"]
        try:
            user, _ = asking.json(f"{self._api}/user", token=token, headers=_VERSION)
            groups = frozenset(self._groups(asking, token)) if self._asks_groups else frozenset()
            # The number: a name can be given up, and be taken by somebody else.
            return Subject(
                provider=self._client.name,
                key=str(int(user["id"])),
                name=str(user["login"]),
                email=self._email(asking, token, user.get("email")),
                groups=groups,
                full_name=user.get("name"),
            )
        except RefusedError as error:
            raise asking.unavailable(f"{error}: the scope may be too narrow") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise asking.unavailable(f"a strange answer: {type(error).__name__}") from error

    def _groups(self, asking: Asking, token: str) -> Iterator[str]:
        for organisation in self._pages(asking, token, "/user/orgs"):
            yield str(organisation["login"]).lower()
        for team in self._pages(asking, token, "/user/teams"):
            yield f"{team['organization']['login']}/{team['slug']}".lower()

    def _email(self, asking: Asking, token: str, public: str | None) -> str | None:
        """The address that GitHub has verified; what the profile shows when no other is shown."""
        try:
            for one in self._pages(asking, token, "/user/emails"):
                if one.get("primary") and one.get("verified"):
                    return str(one["email"])
        except RefusedError:
            return public
        # An Enterprise Server shows in a profile what nobody has verified.
        return None

    def _pages(self, asking: Asking, token: str, path: str) -> Iterator[dict[str, Any]]:
        address: str | None = f"{self._api}{path}?per_page=100"
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            found, response = asking.json(address, token=token, headers=_VERSION)
            yield from found
            address = response.links.get("next", {}).get("url")
            # The token goes nowhere else, whatever an answer says.
            if address is not None and urlsplit(address)[:2] != urlsplit(self._api)[:2]:
                raise asking.unavailable("a next page at another site")


def open_github(section: PluginSettings) -> RedirectLogin:
    """Open a login at GitHub, or at the Enterprise Server `NAME.url`."""
    url = read_address(section, "url", GITHUB)
    asks_groups = section.boolean("groups", True)
    scope = "read:user user:email read:org" if asks_groups else "read:user user:email"
    client = read_client(section, site="GitHub", scope=scope)
    return GitHubLogin(url, client, asks_groups=asks_groups)
