"""The lines of the small protocols: discovery, transfer, directory, key server, operation."""

from ..samples import About, Deed, Sample


def _public(route: str, path: str) -> Sample:
    return Sample(route, "GET", path, Deed.PUBLIC, about=About.NOTHING)


DISCOVERY = (
    _public("discovery.services", "/assets/config/config.prod.json"),
    _public("discovery.version", "/version"),
    Sample("discovery.token_status", "GET", "/v1/token-status", Deed.WHO_AM_I, about=About.NOTHING),
    Sample(
        "discovery.current_user",
        "GET",
        "/v1/rbac/users/current",
        Deed.WHO_AM_I,
        about=About.NOTHING,
    ),
)
TRANSFER = (
    Sample(
        "transfer.take",
        "GET",
        "/transfer/{take}",
        Deed.OTHER,
        note="given to the caller, who may have lost the right since",
    ),
    Sample("transfer.take", "GET", "/transfer/{take_shared}", Deed.ADDRESS, note="of a share link"),
    Sample("transfer.bring", "PUT", "/transfer/{bring}", Deed.ADDRESS, sends="coming"),
    Sample(
        "transfer.bring",
        "PUT",
        "/transfer/{take}",
        Deed.OTHER,
        note="with an address for taking",
        sends="coming",
    ),
)
DIRECTORY = (
    _public("directory.card", "/registry.json"),
    _public("directory.identity", "/api/registry/identity"),
    _public("directory.elsewhere", "/elsewhere/api/container/lab/blast"),
)
HKP = (
    Sample(
        "hkp.add", "POST", "/pks/add", Deed.ADD_KEY, about=About.NOTHING, form={"keytext": "{key}"}
    ),
    _public("hkp.lookup", "/pks/lookup?op=get&search=ada@example.org"),
)
WEBHOOKS = (
    Sample(
        "webhooks.hear",
        "POST",
        "/-/hooks/{hook_id}",
        Deed.OTHER,
        note="without what proves that it is the forge",
        sends="coming",
    ),
)
OPERATION = (
    _public("operation.healthz", "/healthz"),
    _public("operation.readyz", "/readyz"),
    _public("operation.metrics", "/metrics"),
)
