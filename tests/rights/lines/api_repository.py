"""The lines of the repository that a collection is built from."""

from ..samples import Deed, Sample

_REPOSITORY = "/api/v1/collections/{entity}/{collection}/repository"

LINES = (
    Sample("api.repository", "GET", _REPOSITORY, Deed.MANAGE),
    Sample(
        "api.set_repository",
        "PUT",
        _REPOSITORY,
        Deed.MANAGE,
        json={"url": "https://127.0.0.1/lab/other"},
    ),
    Sample("api.remove_repository", "DELETE", _REPOSITORY, Deed.MANAGE),
    Sample("api.look_at_repository", "POST", f"{_REPOSITORY}/look", Deed.MANAGE, json={}),
    Sample("api.renew_hook_secret", "POST", f"{_REPOSITORY}/secret", Deed.MANAGE),
    Sample("api.renew_deploy_key", "POST", f"{_REPOSITORY}/key", Deed.MANAGE),
)
