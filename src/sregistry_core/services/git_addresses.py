"""Addresses of repositories, as people write them: read once, spelled in one way."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sregistry_core.errors import Malformed
from sregistry_core.models import Forge

_LONGEST = 500
_PORTS = {"https": 443, "http": 80, "ssh": 22}
_HOSTS = {
    "github.com": Forge.GITHUB,
    "gitlab.com": Forge.GITLAB,
    "bitbucket.org": Forge.BITBUCKET,
    "codeberg.org": Forge.GITEA,
}


@dataclass(frozen=True, slots=True)
class GitAddress:
    """Where a repository is.

    url    as Git is told it, without anybody's secret
    path   on the host, without slashes around it and without `.git`
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """The last part of the path: what people call the repository."""
        return self.path.rpartition("/")[2]

    @property
    def site(self) -> str:
        """Where the API of its forge is: one that is cloned by SSH serves https."""
        if self.scheme == "ssh":
            return f"https://{self.host}"
        usual = _PORTS[self.scheme] == self.port
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{shown}" if usual else f"{self.scheme}://{shown}:{self.port}"

    @property
    def usual_forge(self) -> Forge:
        """What serves it, as far as the name of the host tells."""
        return _HOSTS.get(self.host, Forge.PLAIN)


def read_address(text: str, *, in_the_clear: bool = False) -> GitAddress:
    """Read `https://host/path`, `ssh://git@host/path` or `git@host:path`.

    in_the_clear   take `http://` as well
    Raises Malformed for anything else, and for an address with a password in it.
    """
    spelled = _as_url(text.strip())
    shown = spelled[:80]
    try:
        parts = urlsplit(spelled)
        port = parts.port
    except ValueError as error:
        raise Malformed(f"{shown!r} is no address of a repository") from error
    schemes = ("https", "ssh", "http") if in_the_clear else ("https", "ssh")
    if parts.scheme not in schemes:
        raise Malformed(f"a repository is at {', '.join(one + '://' for one in schemes)}")
    if parts.password is not None or (parts.username is not None and parts.scheme != "ssh"):
        raise Malformed("the address holds a name or a password: give a token beside it")
    host, path = (parts.hostname or "").lower(), parts.path.strip("/")
    user = parts.username or "git"
    if (
        not host
        or not path.removesuffix(".git")
        or len(spelled) > _LONGEST
        or port == 0
        or parts.query
        or parts.fragment
        or not _is_plain(spelled)
        # The programs of Git and SSH would take it for an option.
        or any(one.startswith("-") for one in (host, path, user))
        or ".." in path.split("/")
    ):
        raise Malformed(f"{shown!r} is no address of a repository")
    number = port or _PORTS[parts.scheme]
    place = f"[{host}]" if ":" in host else host
    if number != _PORTS[parts.scheme]:
        place = f"{place}:{number}"
    if parts.scheme == "ssh":
        place = f"{user}@{place}"
    url = f"{parts.scheme}://{place}/{path}"
    return GitAddress(url, parts.scheme, host, number, path.removesuffix(".git"))


def _as_url(text: str) -> str:
    """Spell `git@host:path` as an address."""
    if "://" in text:
        return text
    place, colon, path = text.partition(":")
    if not colon or "@" not in place or "/" in place:
        return text
    return f"ssh://{place}/{path.removeprefix('/')}"


def _is_plain(text: str) -> bool:
    """True for printable ASCII without what a shell or a terminal would take for its own."""
    return text.isascii() and text.isprintable() and not set(text) & set(" \"'\\`$<>|;&(){}^*?")
