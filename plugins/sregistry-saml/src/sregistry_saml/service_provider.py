"""What we are to an identity provider, as pysaml2 is told: strict, and made once per address."""

import threading
from typing import Any

from saml2 import BINDING_HTTP_POST
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT

from sregistry_core.contracts import ConfigurationError

from .settings import SamlSettings

CLOCK_SECONDS = 60
"""How far the clocks of two machines may differ."""


class ServiceProvider:
    """Gives clients of pysaml2: one for each question, for they keep what they have seen."""

    def __init__(self, settings: SamlSettings):
        self._settings = settings
        self._made: dict[str, SPConfig] = {}
        self._lock = threading.Lock()
        # Read at the start, so that a mistake stops it; the address does not matter yet.
        self.provider = self._only_provider(self._config("https://localhost/callback"))

    def client(self, callback: str) -> Saml2Client:
        """Give a client; `callback` is where answers are sent."""
        return Saml2Client(config=self._kept(callback))

    def entity_id(self, callback: str) -> str:
        """Give our own name."""
        return self._settings.entity_id or f"{callback.removesuffix('/callback')}/metadata"

    def metadata(self, callback: str) -> bytes:
        """Describe us, as XML."""
        text: str = entity_descriptor(self._kept(callback)).to_string().decode()
        return text.encode()

    def _kept(self, callback: str) -> SPConfig:
        with self._lock:
            if callback not in self._made:
                self._made[callback] = self._config(callback)
            return self._made[callback]

    def _config(self, callback: str) -> SPConfig:
        settings = self._settings
        service: dict[str, Any] = {
            "name": "sregistry-core",
            "endpoints": {"assertion_consumer_service": [(callback, BINDING_HTTP_POST)]},
            # What nobody asked for is not taken, nor what nobody signed.
            "allow_unsolicited": False,
            "want_assertions_signed": True,
            "want_response_signed": False,
            "authn_requests_signed": settings.key is not None,
            "name_id_format": [NAMEID_FORMAT_PERSISTENT],
            "name_id_policy_format": None,
        }
        described: dict[str, Any] = {
            "entityid": self.entity_id(callback),
            "xmlsec_binary": settings.xmlsec,
            "accepted_time_diff": CLOCK_SECONDS,
            "allow_unknown_attributes": True,
            "metadata": {"local": [str(settings.metadata)]},
            "service": {"sp": service},
        }
        if settings.key is not None:
            pair = {"key_file": str(settings.key), "cert_file": str(settings.certificate)}
            described.update(pair, encryption_keypairs=[pair])
        try:
            return SPConfig().load(described)
        except Exception as error:
            # The library has many ways of saying that it cannot read a file.
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise ConfigurationError(
                f"{settings.name}.metadata = {settings.metadata} cannot be read: {reason}"
            ) from error

    def _only_provider(self, config: SPConfig) -> str:
        settings = self._settings
        found = sorted(config.metadata.identity_providers())
        if settings.provider in found:
            return settings.provider
        if settings.provider or len(found) != 1:
            shown = ", ".join(found[:5]) or "none"
            raise ConfigurationError(
                f"{settings.name}.provider: {settings.metadata} describes these: {shown}"
            )
        return str(found[0])
