"""Every page there is, from the route map: with what stands for the parts of its address."""

import re
from dataclasses import dataclass

from sregistry_core.app import Parts, assemble
from sregistry_core.ini import read_ini

PARTS = {
    "entity": "genomics",
    "collection": "pipelines",
    "container": "rnaseq",
    "team": "genomics",
    "user": "tomas",
    "operation": "set_tag",
    "what": "storage",
    "login": "campus",
}
"""What stands for a part of an address; what is not here, the content knows."""
OTHERWISE = {
    "ui.image": {"reference": "3.14.0"},
    "ui.packages": {
        "entity": "ada", "collection": "lab", "container": "blast", "reference": "{digest}",
    },
    "ui.image_of_digest": {
        "entity": "ada", "collection": "lab", "container": "blast", "reference": "{digest}",
    },
}  # fmt: skip
QUERIES = {
    "ui.compare": "?left=ada/lab/blast:2.16.0&right=ada/lab/blast:2.14.0",
    "ui.search": "?q=a&arch=amd64&order=pulls",
    "ui.explore": "?show=containers&order=pulls",
    "ui.clean_up": "?tags=2*",
    "ui.upload": "?to=genomics/pipelines",
    "ui.signed_out": "?from=campus",
    "ui.terms": "?next=/",
}
NO_PAGES = {
    "ui.come_back": "another site sends here",
    "ui.upload_underway": "a script asks",
    "ui.build_log": "a script asks",
    "ui.ordered_image": "leads to a build, or to its image",
    "ui.login_metadata": "XML, of a login by SAML",
    "ui.site_logo": "a picture, of a site that has one",
    "ui.site_style": "the colours of a site that has its own",
}
"""Answer a GET with no page, and not with 200 for who asks without more; all others are asked."""


@dataclass(frozen=True)
class Address:
    """Where a page of the route map is."""

    route: str
    path: str

    @property
    def is_for_administrators(self):
        return self.path.startswith("/-/admin")


def addresses(registry, **known):
    """Give the address of each route of the pages that answers GET.

    known   what stands for `digest`, `secret` and other parts that only the content can tell

    A route with a part that is not in PARTS fails: say there what stands for it.
    """
    for name, pattern in _routes(registry):
        if name in NO_PAGES:
            continue
        fill = {**PARTS, **known, **OTHERWISE.get(name, {})}
        missing = set(_names(pattern)) - fill.keys()
        assert not missing, f"{name}: say in PARTS of {__name__} what stands for {missing}"
        path = _filled(pattern, fill).format(**known)
        yield Address(name, path + QUERIES.get(name, ""))


def _routes(registry):
    ini = read_ini(registry.ini, registry.environ)
    parts = Parts.open(ini.app, here=ini.here, environ=registry.environ)
    try:
        entries = assemble(parts).registry.introspector.get_category("routes")
    finally:
        parts.close()
    for entry in entries:
        route = entry["introspectable"]
        if not route["name"].startswith("ui."):
            continue
        for view in (one for one in entry["related"] if one.category_name == "views"):
            taken = view["request_methods"] or route["request_methods"] or ("GET",)
            if "GET" in ([taken] if isinstance(taken, str) else taken):
                yield route["name"], route["pattern"]
                break


def _names(pattern):
    return [part.partition(":")[0] for part, _, _ in _split(pattern)]


def _filled(pattern, fill):
    made, last = "", 0
    for part, first, end in _split(pattern):
        made += pattern[last:first] + fill[part.partition(":")[0]]
        last = end
    return made + pattern[last:]


def _split(pattern):
    """Give each part in braces, and where it stands: a rule in it may have braces too."""
    depth, first = 0, 0
    for found in re.finditer(r"[{}]", pattern):
        if found[0] == "{":
            if not depth:
                first = found.start()
            depth += 1
        else:
            depth -= 1
            if not depth:
                yield pattern[first + 1 : found.start()], first, found.end()
