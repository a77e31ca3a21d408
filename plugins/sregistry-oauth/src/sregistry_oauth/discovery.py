"""What an OpenID provider says of itself, and its keys: kept for a while, by every thread.

Source: OpenID Connect Discovery 1.0; RFC 7517.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sregistry_core.contracts import LoginUnavailable

from .asking import Asking, RefusedError
from .settings import ClientSettings, is_safe

KEPT_SECONDS = 3600.0
STALE_SECONDS = 86400.0
"""How long what is known is used on while the provider does not say it anew."""
FAILED_SECONDS = 10.0
"""How long a provider that has failed is not asked again: nobody waits for it in a row."""
WAITED_SECONDS = 2.0
"""How long others wait for the one who asks, so that a slow provider holds one thread up."""
ROTATED_SECONDS = 10.0
"""How long keys are kept at least, whatever keys are asked for."""

log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the parts of a provider are."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    end_session: str | None
    token_methods: tuple[str, ...]
    algorithms: tuple[str, ...]
    names_itself: bool
    """True when every answer says which provider it is from (RFC 9207)."""


class Kept(Generic[_T]):
    """One thing that is fetched when it is needed, by one thread at a time."""

    def __init__(
        self,
        what: str,
        fetch: Callable[[], _T],
        *,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._what = what
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._value: _T | None = None
        self._fetched_at = float("-inf")
        self._failed: tuple[float, str] | None = None

    def get(self, *, newer_than: float = KEPT_SECONDS) -> _T:
        """Give it, not older than so many seconds. Raises LoginUnavailable."""
        if self._is_younger_than(newer_than):
            return self._kept()
        if not self._lock.acquire(timeout=WAITED_SECONDS):
            return self._old(f"{self._what} cannot be had at the moment")
        try:
            # Perhaps it came while this thread waited.
            if self._is_younger_than(newer_than):
                return self._kept()
            if self._failed is None or self._clock() - self._failed[0] >= FAILED_SECONDS:
                try:
                    self._value = self._fetch()
                except LoginUnavailable as error:
                    self._failed = (self._clock(), str(error))
                else:
                    self._fetched_at, self._failed = self._clock(), None
                    return self._value
            return self._old(self._failed[1])
        finally:
            self._lock.release()

    def _is_younger_than(self, seconds: float) -> bool:
        return self._value is not None and self._clock() - self._fetched_at < seconds

    def _kept(self) -> _T:
        assert self._value is not None  # noqa: S101 - was looked at by the caller
        return self._value

    def _old(self, reason: str) -> _T:
        if not self._is_younger_than(STALE_SECONDS):
            raise LoginUnavailable(reason)
        log.warning("%s cannot be had anew: the old is used", self._what)
        return self._kept()


class Provider:
    """A provider, found by its issuer."""

    def __init__(self, issuer: str, client: ClientSettings):
        self._issuer = issuer
        self._client = client
        self._metadata = Kept(f"the description of {issuer}", self._ask_metadata)
        self._keys = Kept(f"the keys of {issuer}", self._ask_keys)

    @property
    def metadata(self) -> Metadata:
        """What it says of itself. Raises LoginUnavailable."""
        return self._metadata.get()

    def keys(self, *, wanted: str | None = None) -> KeySet:
        """Its keys; anew when `wanted`, the name of one, is not among them. LoginUnavailable."""
        keys = self._keys.get()
        if wanted is None or any(key.kid == wanted for key in keys.keys):
            return keys
        return self._keys.get(newer_than=ROTATED_SECONDS)

    def _ask_metadata(self) -> Metadata:
        asking = Asking(self._client)
        address = f"{self._issuer}/.well-known/openid-configuration"
        try:
            said, _ = asking.json(address)
        except RefusedError as error:
            raise asking.unavailable(str(error)) from error
        if not isinstance(said, dict):
            raise asking.unavailable(f"{address} describes no provider")
        # The same to the letter, else one provider could speak for another.
        if said.get("issuer") not in (self._issuer, f"{self._issuer}/"):
            raise asking.unavailable(f"{address} describes {str(said.get('issuer'))[:200]!r}")

        def place(key: str) -> str | None:
            found = said.get(key)
            return found if isinstance(found, str) and is_safe(found) else None

        def required(key: str) -> str:
            found = place(key)
            if found is None:
                raise asking.unavailable(f"{address} has no good {key}")
            return found

        return Metadata(
            issuer=said["issuer"],
            authorization=required("authorization_endpoint"),
            token=required("token_endpoint"),
            keys=required("jwks_uri"),
            userinfo=place("userinfo_endpoint"),
            end_session=place("end_session_endpoint"),
            token_methods=_texts(said.get("token_endpoint_auth_methods_supported")),
            algorithms=_texts(said.get("id_token_signing_alg_values_supported")),
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def _ask_keys(self) -> KeySet:
        asking = Asking(self._client)
        address = self.metadata.keys
        try:
            said, _ = asking.json(address)
            # Only what verifies, and what this library knows: a provider may have more.
            usable = [key for key in said["keys"] if _is_usable(key)]
            return KeySet.import_key_set({"keys": usable})
        except RefusedError as error:
            raise asking.unavailable(str(error)) from error
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise asking.unavailable(f"{address} holds no keys: {type(error).__name__}") from error


def _is_usable(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") in ("RSA", "EC", "OKP")
        and key.get("use", "sig") == "sig"
        and key.get("crv") not in ("X25519", "X448")
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
