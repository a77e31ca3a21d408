"""A look at base images: those that are here are looked up, other registries are asked.

Source: OCI Distribution 1.1, "Pulling manifests"; the tokens of Docker Registry v2.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from sregistry_core.contracts import SiteAnswer, ask_site
from sregistry_core.errors import Unavailable
from sregistry_core.services import Facilities, Services
from sregistry_core.services.base_images import FACT
from sregistry_core.services.base_watches import RemoteImage, watch_of

from .unit import Unit

_SECONDS = 20
_LARGEST = 4 << 20
_ACCEPTED = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_TOKEN = 8000


def look_at_bases(unit: Unit, facilities: Facilities, *, schedule: str) -> None:
    """See whether base images are other ones by now; then a build is ordered. Harmless twice."""
    with unit() as services:
        look = services.base_looks.begin(schedule)
        if look is None:
            return
        here: Mapping[str, str] = {}
        if not look.caller.is_anonymous:
            theirs = Services(services.db, look.caller, facilities)
            recipe = look.recipe
            here = theirs.base_images.facts(recipe.definition, recipe.arguments, look.arch)
    seen, troubles = {}, {}
    for base in look.bases:
        watch = watch_of(base, facilities.settings)
        if watch.is_ours:
            digest = here.get(f"{FACT}{base.address}")
            if digest is None:
                troubles[base.address] = "it is not here, or not for whoever it is built for"
            else:
                seen[base.address] = digest
        elif watch.remote is not None:
            try:
                seen[base.address] = digest_of(watch.remote, facilities)
            except Unavailable as error:
                troubles[base.address] = str(error)
    with unit() as services:
        services.base_looks.end(look, seen, troubles)


def digest_of(image: RemoteImage, facilities: Facilities) -> str:
    """Ask a registry for the digest that a tag has now. Raises Unavailable, with the reason.

    Of the manifest, or of the index where there is one. As nobody, with the token that a registry
    gives to nobody.
    """
    allow_private = facilities.settings.base_allow_private
    is_here = (urlsplit(f"//{image.host}").hostname or "") in _LOOPBACK
    site = f"{'http' if allow_private and is_here else 'https'}://{image.host}"
    url = f"{site}/v2/{image.repository}/manifests/{image.tag}"
    headers = {"Accept": _ACCEPTED}

    def ask(method: str) -> SiteAnswer:
        return ask_site(
            method,
            url,
            seconds=_SECONDS,
            headers=headers,
            allow_private=allow_private,
            largest=_LARGEST,
        )

    # HEAD is not counted by those who count pulls.
    answer = ask("HEAD")
    if answer.status == 401:
        challenge = answer.headers.get("www-authenticate", "")
        token = _token(image, challenge, allow_private=allow_private, site=site)
        headers["Authorization"] = f"Bearer {token}"
        answer = ask("HEAD")
    if answer.status != 200:
        raise Unavailable(f"{image.host} has answered {answer.status}")
    said = answer.headers.get("docker-content-digest", "")
    if _DIGEST.match(said):
        return said
    answer = ask("GET")
    if answer.status != 200:
        raise Unavailable(f"{image.host} has answered {answer.status}")
    return f"sha256:{sha256(answer.body).hexdigest()}"


def _token(image: RemoteImage, challenge: str, *, allow_private: bool, site: str) -> str:
    said = dict(_PARAMETER.findall(challenge))
    realm = said.get("realm", "")
    # Whoever answers in the clear where nobody should may not send us elsewhere in the clear.
    is_safe = realm.startswith("https://") or (
        site.startswith("http://") and realm.startswith("http://")
    )
    if not challenge.lower().startswith("bearer ") or not is_safe:
        raise Unavailable(f"{image.host} lets nobody in without a login")
    query = {"scope": f"repository:{image.repository}:pull"}
    if "service" in said:
        query["service"] = said["service"]
    answer = ask_site(
        "GET",
        f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}",
        seconds=_SECONDS,
        allow_private=allow_private,
    )
    if answer.status != 200:
        raise Unavailable(f"{image.host} gives no token for {image.repository}: {answer.status}")
    try:
        found = json.loads(answer.body)
        token = found.get("token") or found.get("access_token")
    except (ValueError, AttributeError, RecursionError) as error:
        raise Unavailable(f"{image.host} gives a token that nobody can read") from error
    fits = isinstance(token, str) and token.isascii() and token.isprintable()
    if not fits or len(token) > _LONGEST_TOKEN:
        raise Unavailable(f"{image.host} gives a token that nobody can read")
    return str(token)
