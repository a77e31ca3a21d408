"""The keys of issuers: found by discovery, kept for a while, by every thread.

Source: OpenID Connect Discovery 1.0; RFC 7517.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sregistry_core.contracts.outgoing import ask_site
from sregistry_core.errors import LoginUnavailable, Unavailable

KEPT_SECONDS = 3600.0
STALE_SECONDS = 86400.0
"""How long keys are used on while the issuer does not say them anew."""
FAILED_SECONDS = 10.0
"""How long an issuer that has failed is not asked again: nobody waits for it in a row."""
ROTATED_SECONDS = 60.0
"""How long keys are kept at least, whatever keys are asked for."""
PATIENCE_SECONDS = 10.0
"""How long an issuer may take for one answer."""
_MOST_KEYS = 100

log = logging.getLogger(__name__)


class Issuer:
    """The keys of one site. For many threads at once; one of them asks."""

    def __init__(
        self,
        url: str,
        *,
        allow_private: bool = False,
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        """Ask nothing yet. clock: seconds that only grow."""
        self.url = url
        self._allow_private = allow_private
        self._ca_file = ca_file
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._failed: tuple[float, str] | None = None

    def keys(self, wanted: str | None = None) -> KeySet:
        """Give the keys; anew when `wanted`, the name of one, is not among them.

        Raises LoginUnavailable when the issuer does not say them, and none are known.
        """
        keys = self._get(KEPT_SECONDS)
        if wanted is None or any(key.kid == wanted for key in keys.keys):
            return keys
        return self._get(ROTATED_SECONDS)

    def _get(self, newer_than: float) -> KeySet:
        with self._lock:
            now = self._clock()
            if self._keys is not None and now - self._fetched_at < newer_than:
                return self._keys
            if self._failed is None or now - self._failed[0] >= FAILED_SECONDS:
                try:
                    self._keys = self._fetch()
                except Unavailable as error:
                    log.warning("the issuer %s does not say its keys: %s", self.url, error)
                    self._failed = (self._clock(), str(error))
                else:
                    self._fetched_at, self._failed = self._clock(), None
                    return self._keys
            if self._keys is not None and now - self._fetched_at < STALE_SECONDS:
                return self._keys
            # Why is in the log: whoever asks is not to learn what is in our network.
            raise LoginUnavailable(f"{self.url} does not say its keys: try again later")

    def _fetch(self) -> KeySet:
        address = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
        said = self._json(address)
        # The same to the letter, else one issuer could speak for another.
        if said.get("issuer") != self.url:
            raise Unavailable(f"{address} describes {str(said.get('issuer'))[:200]!r}")
        place = said.get("jwks_uri")
        if not isinstance(place, str) or urlsplit(place)[:2] != urlsplit(self.url)[:2]:
            raise Unavailable(f"{address} has its keys elsewhere, at {str(place)[:200]!r}")
        listed = self._json(place).get("keys")
        if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
            raise Unavailable(f"{place} holds no list of at most {_MOST_KEYS} keys")
        try:
            # Only what verifies, and what the library knows: an issuer may have more.
            return KeySet.import_key_set({"keys": [key for key in listed if _is_usable(key)]})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unavailable(f"{place} holds no keys: {type(error).__name__}") from error

    def _json(self, address: str) -> dict[str, Any]:
        answer = ask_site(
            "GET",
            address,
            seconds=PATIENCE_SECONDS,
            headers={"Accept": "application/json"},
            allow_private=self._allow_private,
            ca_file=self._ca_file,
        )
        if answer.status != 200:
            raise Unavailable(f"status {answer.status} from {address}")
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise Unavailable(f"{address} is no JSON") from error
        if not isinstance(found, dict):
            raise Unavailable(f"{address} is no JSON object")
        return found


class Issuers:
    """Every issuer that the ini file names, and no other."""

    def __init__(self, issuers: Iterable[Issuer]):
        self._issuers = {issuer.url: issuer for issuer in issuers}

    def __contains__(self, url: object) -> bool:
        return url in self._issuers

    def __getitem__(self, url: str) -> Issuer:
        """Give an issuer by its address, the same to the letter. Raises KeyError."""
        return self._issuers[url]


def _is_usable(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") in ("RSA", "EC", "OKP")
        and key.get("use", "sig") == "sig"
        and key.get("crv") not in ("X25519", "X448")
    )
