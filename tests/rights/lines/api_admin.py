"""The lines of the registry's own API that are for administrators."""

from ..samples import About, Deed, Sample

_ROOT = "/api/v1"

LINES = (
    Sample("api.audit", "GET", f"{_ROOT}/audit", Deed.ADMINISTER, about=About.NOTHING),
    Sample("api.quotas", "GET", f"{_ROOT}/quotas", Deed.ADMINISTER, about=About.NOTHING),
    Sample(
        "api.quota",
        "GET",
        f"{_ROOT}/quotas/{{entity}}",
        Deed.OTHER,
        about=About.NOTHING,
    ),
    Sample(
        "api.set_quota",
        "PUT",
        f"{_ROOT}/quotas/{{entity}}",
        Deed.ADMINISTER,
        about=About.NOTHING,
        json={"bytes": 0},
    ),
)
