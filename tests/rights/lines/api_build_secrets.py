"""The lines of the secrets that builds of a collection are given."""

from ..samples import Deed, Sample

_SECRETS = "/api/v1/collections/{entity}/{collection}/build-secrets"

LINES = (
    Sample("api.build_secrets", "GET", _SECRETS, Deed.MANAGE),
    Sample(
        "api.set_build_secret",
        "PUT",
        f"{_SECRETS}/OTHER",
        Deed.MANAGE,
        json={"value": "what only builds know"},
    ),
    Sample("api.remove_build_secret", "DELETE", f"{_SECRETS}/LICENCE", Deed.MANAGE),
)
