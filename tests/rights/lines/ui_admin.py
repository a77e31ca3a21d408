"""The lines of the pages for administrators, and of what the site says of itself."""

from ..samples import About, Deed, Sample

_ROOT = "/-/admin"
_USER = f"{_ROOT}/users/{{user}}"
_READ = {
    "overview": _ROOT,
    "users": f"{_ROOT}/users",
    "user": _USER,
    "quotas": f"{_ROOT}/quotas",
    "collections": f"{_ROOT}/collections",
    "jobs": f"{_ROOT}/jobs",
    "storages": f"{_ROOT}/storages",
    "audit": f"{_ROOT}/audit",
    "audit_csv": f"{_ROOT}/audit.csv",
    "registries": f"{_ROOT}/registries",
    "settings": f"{_ROOT}/settings",
}
_CHANGE = {
    "create_user": (f"{_ROOT}/users", {"name": "newcomer"}),
    "disable_user": (f"{_USER}/disable", {}),
    "enable_user": (f"{_USER}/enable", {}),
    "make_admin": (f"{_USER}/make-administrator", {}),
    "unmake_admin": (f"{_USER}/make-ordinary", {}),
    "set_password": (f"{_USER}/password", {"password": "quite a new one"}),
    "end_sessions": (f"{_USER}/end", {}),
    "set_quota": (f"{_ROOT}/quotas", {"entity": "ada", "size": "1G"}),
    "retry_job": (f"{_ROOT}/jobs/{'0' * 32}/retry", {}),
    "retry_failed": (f"{_ROOT}/jobs/retry", {}),
    "add_registry": (f"{_ROOT}/registries", {"name": "far-away", "url": "https://far.test"}),
    "remove_registry": (f"{_ROOT}/registries/nowhere/remove", {}),
}
_SITE = {
    "about": "/-/about",
    "terms": "/-/terms",
    "site_style": "/-/site.css",
    "site_logo": "/-/logo",
}

LINES = (
    *(
        Sample(f"ui.admin_{name}", "GET", path, Deed.OTHER, about=About.NOTHING)
        for name, path in _READ.items()
    ),
    *(
        Sample(f"ui.admin_{name}", "POST", path, Deed.OTHER, about=About.NOTHING, form=form)
        for name, (path, form) in _CHANGE.items()
    ),
    *(
        Sample(f"ui.{name}", "GET", path, Deed.OTHER, about=About.NOTHING)
        for name, path in _SITE.items()
    ),
    Sample("ui.token", "GET", "/-/token", Deed.OTHER, about=About.NOTHING),
    Sample(
        "ui.accept_terms",
        "POST",
        "/-/terms/accept",
        Deed.OTHER,
        about=About.NOTHING,
        form={"sha256": "0" * 64, "next": "/"},
    ),
    Sample(
        "ui.put_away",
        "POST",
        "/-/announcement/put-away",
        Deed.OTHER,
        about=About.NOTHING,
        form={"next": "/"},
    ),
)
