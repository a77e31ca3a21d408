"""Signed, short-lived permission for one transfer, and secrets derived from the registry's own."""

import hashlib
import hmac
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from sregistry_core.contracts import Secret
from sregistry_core.errors import Gone, NotFound

_LETTERS_AND_DIGITS = string.digits + string.ascii_letters


class Signer:
    """Signs claims so that whoever shows them later need not be looked up."""

    def __init__(self, secret: Secret, clock: Callable[[], datetime]):
        self._secret = secret
        self._clock = clock
        self._serializers: dict[str, URLSafeSerializer] = {}

    def sign(
        self, purpose: str, claims: Mapping[str, str | int | None], lifetime: timedelta
    ) -> str:
        """Give a text, fit for an address, that proves `claims` for `purpose` and `lifetime`."""
        expires_at = int((self._clock() + lifetime).timestamp())
        return str(self._serializer(purpose).dumps([expires_at, dict(claims)]))

    def read(self, purpose: str, text: str) -> dict[str, str | int | None]:
        """Give back the claims.

        Raises NotFound when the text was not signed here for `purpose`, Gone when it has expired.
        """
        try:
            expires_at, claims = self._serializer(purpose).loads(text)
        except BadData as error:
            raise NotFound("no such address") from error
        if self._clock() >= datetime.fromtimestamp(expires_at, UTC):
            raise Gone("this address has expired")
        return dict(claims)

    def derive(self, purpose: str, identifier: str, length: int) -> str:
        """Derive a secret of letters and digits from the registry's own.

        The same for ever for the same `purpose` and `identifier`; nobody else can tell it.
        """
        mac = hmac.new(
            self._secret.value.encode(), f"{purpose}:{identifier}".encode(), hashlib.sha512
        )
        number = int.from_bytes(mac.digest(), "big")
        letters = []
        for _ in range(length):
            number, rest = divmod(number, len(_LETTERS_AND_DIGITS))
            letters.append(_LETTERS_AND_DIGITS[rest])
        return "".join(letters)

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        if purpose not in self._serializers:
            self._serializers[purpose] = URLSafeSerializer(
                self._secret.value,
                salt=f"sregistry.{purpose}",
                signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
            )
        return self._serializers[purpose]
