"""Secrets of Git connections: ours are derived and never kept, those of others are sealed."""

import hashlib
import hmac

from sregistry_core.formats.ssh_keys import KeyPair, key_pair
from sregistry_core.models import Forge, GitConnection
from sregistry_core.storage.sealing import seal, unseal
from sregistry_core.storage.signed_urls import Signer

_HOOK = "git-hook"
_KEY = "git-deploy-key"
_SEALED = "git-token"
_LENGTH = 40
_NOBODY = "nobody:none"


class GitSecrets:
    """Derives, seals and compares."""

    def __init__(self, signer: Signer, name: str):
        """name   of this registry, which is said in public keys."""
        self._signer = signer
        self._name = name

    def hook(self, connection: GitConnection | None) -> str:
        """Give the secret of a webhook; of none, one that nobody knows."""
        about = f"{connection.id}:{connection.hook_generation}" if connection else _NOBODY
        return self._signer.derive(_HOOK, about, _LENGTH)

    def is_signed(self, connection: GitConnection | None, proof: str, body: bytes) -> bool:
        """True when a message proves that its sender has the secret; takes as long either way.

        proof   the HMAC of the body in hex; of GitLab the secret itself
        """
        secret = self.hook(connection).encode()
        expected = hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
        if connection is not None and connection.forge is Forge.GITLAB:
            expected = secret
        is_right = hmac.compare_digest(expected, proof.encode("utf-8", "replace"))
        return is_right and connection is not None

    def deploy_key(self, connection: GitConnection) -> KeyPair:
        """Give the pair of keys by which a private repository is read over SSH."""
        derived = self._signer.derive(_KEY, f"{connection.id}:{connection.key_generation}", _LENGTH)
        return key_pair(hashlib.sha256(derived.encode()).digest(), f"sregistry@{self._name}")

    def sealed(self, token: str) -> str:
        """Seal a token of somebody's."""
        return seal(self._signer, _SEALED, token)

    def opened(self, sealed: str | None) -> str | None:
        """Give a token back; None when there is none, or the registry's secret has changed."""
        return unseal(self._signer, _SEALED, sealed) if sealed else None
