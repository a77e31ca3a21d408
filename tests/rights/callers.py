"""Who asks: the columns of the matrix, and how each of them shows who they are."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from sregistry_core.services.authentication import digest_of

SIGNED_LONG_AGO = timedelta(hours=3)


class Way(StrEnum):
    """How a caller shows who they are."""

    BEARER = "a token as Bearer"
    BASIC = "name and token as Basic"
    NARROW = "a narrow token"
    SIGNED = "the signed header of the sregistry client"
    COOKIE = "the cookie of a browser"


@dataclass(frozen=True, slots=True)
class Caller:
    """A column of the matrix.

    user       who it is; empty for nobody
    is_of_team their things are those of the team `crew`; of all others those of Ada
    only       what is special about the token or the signature: expired, pull, push
    cookie_of  whose session their browser sends along, where nothing is to look at it
    """

    column: str
    user: str = ""
    is_of_team: bool = False
    only: str = ""
    cookie_of: str = ""

    @property
    def credentials_of(self) -> str:
        """The key under which their secrets are kept."""
        return f"{self.user}:{self.only}" if self.only else self.user


ANONYMOUS = Caller("anonymous")
STRANGER = Caller("stranger", "bob")
READER = Caller("reader", "rita")
WRITER = Caller("writer", "will")
OWNER = Caller("owner", "ada")
MEMBER = Caller("member", "tom", is_of_team=True)
TEAM_OWNER = Caller("teamowner", "tess", is_of_team=True)
ADMINISTRATOR = Caller("admin", "root")
EXPIRED = Caller("expired", "ada", only="expired")
DISABLED = Caller("disabled", "dora")
OWNER_PULLS = Caller("own:pull", "ada", only="pull")
OWNER_PUSHES = Caller("own:push", "ada", only="push")
TEAM_OWNER_PULLS = Caller("team:pull", "tess", is_of_team=True, only="pull")
ADMINISTRATOR_PULLS = Caller("adm:pull", "root", only="pull")

CALLERS = (
    ANONYMOUS,
    STRANGER,
    READER,
    WRITER,
    MEMBER,
    OWNER,
    TEAM_OWNER,
    ADMINISTRATOR,
    EXPIRED,
    DISABLED,
    OWNER_PULLS,
    OWNER_PUSHES,
    TEAM_OWNER_PULLS,
    ADMINISTRATOR_PULLS,
)
BROWSER = Caller("browser", cookie_of="ada")
"""Nobody to every protocol but the pages: a page elsewhere makes Ada's browser ask."""
BLIND = (ANONYMOUS, STRANGER, EXPIRED, DISABLED)
"""They may not read what is private."""

USERS = ("ada", "bob", "rita", "will", "tom", "tess", "root", "dora")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything that was made for callers while the worlds were made.

    tokens, sessions   by `Caller.credentials_of`
    narrow             by the same and the name of the world
    secrets            of the sregistry client, by user
    hours              as that client writes them: now, and long ago
    """

    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    narrow: dict[tuple[str, str], str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    hours: dict[str, str] = field(default_factory=dict)

    def headers(self, caller: Caller, way: Way, world: str) -> dict[str, str]:
        """Give what a caller sends with a request that needs no signature."""
        key = caller.credentials_of
        if caller.cookie_of:
            return {"Cookie": f"sregistry_session={self.sessions[caller.cookie_of]}"}
        if way is Way.NARROW:
            return {"Authorization": f"Bearer {self.narrow[key, world]}"}
        if not caller.user:
            return {}
        if way is Way.BASIC:
            shown = base64.b64encode(f"{caller.user}:{self.tokens[key]}".encode()).decode()
            return {"Authorization": f"Basic {shown}"}
        if way is Way.COOKIE:
            if caller.only in ("pull", "push"):
                # A page takes no token: this must be the same as nothing.
                return {"Authorization": f"Bearer {self.tokens[key]}"}
            return {"Cookie": f"sregistry_session={self.sessions[key]}"}
        return {"Authorization": f"Bearer {self.tokens[key]}"}

    def signature(self, caller: Caller, action: str, signed: Mapping[str, str]) -> dict[str, str]:
        """Give the header that the sregistry client signs; `signed` are its words in their order.

        Whoever has a token for pulling only has here a signature for pulling.
        """
        if caller.cookie_of:
            return self.headers(caller, Way.COOKIE, "")
        if not caller.user:
            return {}
        action = "pull" if caller.only == "pull" else action
        hour = self.hours["long ago" if caller.only == "expired" else "now"]
        payload = f"{action}|{signed['collection']}|{hour}|{signed['name']}|{signed['tag']}|"
        secret = self.secrets[caller.user].encode()
        digits = hmac.new(secret, payload.encode(), hashlib.sha256).hexdigest()
        user = base64.b64encode(caller.user.encode()).decode()
        words = f"Credential={action}/{user}/{hour},Signature={digits}"
        return {"Authorization": f"SREGISTRY-HMAC-SHA256 {words}"}

    def form_anchor(self, caller: Caller) -> str:
        """Give the digest of the cookie that a form of this caller's is bound to."""
        key = caller.credentials_of
        has_session = caller.user and caller.only not in ("pull", "push")
        return digest_of(self.sessions[key] if has_session else VISITOR)


VISITOR = "the-cookie-of-a-browser-that-nobody-has-signed-in"
