"""A login at another site that stands in the process itself: a plugin for tests.

Name this module in `sregistry.plugin_modules`; its kind is `elsewhere`. The site signs who has
signed in there with a key of its own: `answer_of(address, "ada", groups=["lab"])`.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from sregistry_core import hookimpl
from sregistry_core.contracts import (
    Departure,
    LoginUnavailable,
    PluginSettings,
    RedirectLogin,
    Subject,
)
from sregistry_core.errors import LoginRequired

SITE = "https://elsewhere.test"
_KEY = secrets.token_bytes(32)


class Elsewhere(RedirectLogin):
    """Sends to the site, and takes what it has signed."""

    def __init__(self, name: str, *, by_form: bool = False, is_away: bool = False):
        self._name = name
        self._is_away = is_away
        self.label = f"Sign in at {name}"
        self.answers_by_form = by_form
        self.state_field = "RelayState" if by_form else "state"

    def begin(self, callback: str, state: str) -> Departure:
        """Say where to go."""
        if self._is_away:
            raise LoginUnavailable(f"{self._name} does not answer")
        nonce = secrets.token_hex(16)
        asked = {"back": callback, self.state_field: state, "nonce": nonce}
        return Departure(f"{SITE}/sign-in?{urlencode(asked)}", keepsake=nonce)

    def finish(self, callback: str, answer: Mapping[str, str], keepsake: str) -> Subject:
        """Tell who came back."""
        who = answer.get("who", "")
        if who == "the site goes away":
            raise LoginUnavailable(f"{self._name} does not answer")
        shown = answer.get("proof", "").encode("utf-8", "replace")
        if not keepsake or not hmac.compare_digest(_proof(who, keepsake).encode(), shown):
            raise LoginRequired(f"{self._name} does not vouch for this answer")
        person = json.loads(who)
        return Subject(
            provider=self._name,
            key=person["key"],
            name=person["name"],
            email=person["email"],
            groups=frozenset(person["groups"]),
        )

    def farewell(self, back: str) -> str | None:
        """Where one signs out of the site."""
        return f"{SITE}/sign-out?{urlencode({'back': back})}"


def answer_of(
    address: str,
    name: str,
    *,
    key: str = "",
    groups: Iterable[str] = (),
    email: str | None = None,
) -> dict[str, str]:
    """Sign somebody in at the site; the fields of its answer.

    key   who they are there, whatever their name is at the moment
    """
    asked = {field: values[0] for field, values in parse_qs(urlsplit(address).query).items()}
    person = {"key": key or f"#{name}", "name": name, "email": email, "groups": list(groups)}
    who = json.dumps(person)
    answer = {"who": who, "proof": _proof(who, asked["nonce"])}
    answer.update({name: asked[name] for name in ("state", "RelayState") if name in asked})
    return answer


@hookimpl
def sregistry_login(kind: str, settings: PluginSettings) -> RedirectLogin | None:
    """Open the login."""
    if kind != "elsewhere":
        return None
    return Elsewhere(
        settings.name,
        by_form=settings.boolean("by_form", False),
        is_away=settings.boolean("is_away", False),
    )


def _proof(who: str, nonce: str) -> str:
    said = f"{nonce}\n{who}".encode("utf-8", "replace")
    return hmac.new(_KEY, said, hashlib.sha256).hexdigest()
