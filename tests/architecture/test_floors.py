"""The house has floors, and an import leads only down; each library has its rooms."""

import subprocess
import sys

import pytest

FLOORS = [
    ["errors", "sregistry_core"],
    ["digests", "environment", "identifiers"],
    ["contracts", "db", "formats", "ini", "names", "server"],
    ["issuers", "login_rules", "models", "settings"],
    ["plugin_manager", "storage"],
    ["services"],
    ["jobs", "web"],
    ["buildlog", "protocols"],
    ["app"],
    ["cli", "testing"],
]
"""From the ground up. `sregistry_core` is the package itself: `hookimpl` and the version."""

FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}

LIBRARIES = {
    "alembic": ["db/"],
    "argon2": ["services/passwords.py"],
    "babel": ["protocols/ui/"],
    "click": ["cli/", "contracts/hookspecs.py"],
    "cryptography": [
        "formats/dsse.py",
        "formats/openpgp",
        "formats/ssh_keys.py",
        "storage/sealing.py",
        "testing/",
    ],
    "dramatiq": ["jobs/"],
    "hypothesis": ["testing/"],
    "itsdangerous": ["storage/signed_urls.py"],
    "limits": ["services/guesses.py"],
    "joserfc": ["issuers/", "testing/"],
    "jinja2": ["protocols/ui/"],
    "markdown_it": ["protocols/ui/"],
    "markupsafe": ["protocols/ui/"],
    "nh3": ["protocols/ui/"],
    "multipart": ["web/multipart_form.py"],
    "paste": ["ini.py"],
    "playwright": ["testing/chromium.py"],
    "pluggy": ["__init__.py", "contracts/hookspecs.py", "plugin_manager.py"],
    "prometheus_client": ["web/metrics.py"],
    "pysequoia": ["formats/openpgp", "testing/"],
    "pygments": ["protocols/ui/"],
    "pyramid": ["web/", "protocols/", "app.py", "testing/", "contracts/hookspecs.py"],
    "pyramid_tm": ["web/"],
    "pytest": ["testing/"],
    "redis": ["jobs/"],
    "requests": ["testing/openid_provider.py"],
    "sqlalchemy": ["db/", "models/", "services/", "jobs/", "web/", "testing/"],
    "transaction": ["db/session.py", "jobs/", "web/"],
    "waitress": ["server/"],
    "websockets": ["buildlog/"],
    "webob": ["web/", "protocols/", "testing/"],
    "webtest": ["testing/"],
    "yaml": ["protocols/api/", "formats/recipe_rules.py"],
    "zope.interface": ["web/", "protocols/", "app.py"],
    "zope.sqlalchemy": ["db/session.py", "jobs/", "web/"],
}
"""Which rooms and files may import a library of others."""

KNOW_NO_HTTP = ("db/", "formats/", "models/", "names.py", "services/", "settings.py", "storage/")
HTTP = ("http.", "urllib.request.", "wsgiref.", "socketserver.", "socket.", "aiohttp.", "requests.")

IN_FUNCTIONS = {}
"""Imports in the body of a function, by `file -> name`, with the reason. There are none."""


def room_of(path, source):
    parts = path.relative_to(source / "sregistry_core").parts
    name = parts[0].removesuffix(".py")
    return "sregistry_core" if name == "__init__" else name


def room_of_import(name):
    """The room of a name of ours, None for anybody else's."""
    first, *rest = name.split(".")
    if first != "sregistry_core":
        return None
    return rest[0] if rest and rest[0] in FLOOR_OF else "sregistry_core"


def files_of(source):
    return sorted((source / "sregistry_core").rglob("*.py"))


def wrong_ways(source, imports_of):
    """Give a line for every import that leads up, or sideways into another room."""
    for path in files_of(source):
        room = room_of(path, source)
        if room not in FLOOR_OF:
            yield f"{path.relative_to(source)}: the room {room} stands on no floor"
            continue
        for found in imports_of(path, source):
            other = room_of_import(found.name)
            if other not in (None, room) and FLOOR_OF[other] >= FLOOR_OF[room]:
                yield f"{found.place}: {room} reaches up to {other}"


def between_protocols(source, imports_of):
    """Give a line for every protocol that imports another."""
    protocols = source / "sregistry_core/protocols"
    for path in sorted(protocols.glob("*/**/*.py")):
        own = path.relative_to(protocols).parts[0]
        for found in imports_of(path, source):
            parts = found.name.split(".")
            if parts[:2] == ["sregistry_core", "protocols"] and parts[2:3] != [own]:
                yield f"{found.place}: {own} imports {'.'.join(parts[2:])}"


def strange_libraries(source, imports_of):
    """Give a line for every library that is imported outside of its rooms, or is unknown."""
    for path in files_of(source):
        place = path.relative_to(source / "sregistry_core").as_posix()
        for found in imports_of(path, source):
            first = found.name.split(".")[0]
            if first in sys.stdlib_module_names or first == "sregistry_core":
                if place.startswith(KNOW_NO_HTTP) and found.name.startswith(HTTP):
                    yield f"{found.place}: {found.name} is HTTP"
                continue
            library = next(
                (one for one in LIBRARIES if f"{found.name}.".startswith(f"{one}.")), None
            )
            if library is None:
                yield f"{found.place}: {found.name} has no room in LIBRARIES"
            elif not place.startswith(tuple(LIBRARIES[library])):
                yield f"{found.place}: {library} does not belong here"


def hidden_imports(source, imports_of):
    """Give a line for every import in the body of a function that IN_FUNCTIONS does not name."""
    for path in files_of(source):
        for found in imports_of(path, source):
            if found.in_function and (found.place.split(":")[0], found.name) not in IN_FUNCTIONS:
                yield f"{found.place}: {found.name} is imported in a function"


CHECKS = [wrong_ways, between_protocols, strange_libraries, hidden_imports]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_stands_as_drawn(home, imports_of, check):
    assert list(check(home / "src", imports_of)) == []


@pytest.mark.parametrize(
    ("check", "file", "line", "complaint"),
    [
        (
            wrong_ways,
            "names.py",
            "from sregistry_core.services import Services",
            "sregistry_core/names.py:1: names reaches up to services",
        ),
        (
            wrong_ways,
            "services/images.py",
            "from ..web import forms",
            "sregistry_core/services/images.py:1: services reaches up to web",
        ),
        (
            wrong_ways,
            "jobs/unit.py",
            "if True:\n    import sregistry_core.web.forms",
            "sregistry_core/jobs/unit.py:2: jobs reaches up to web",
        ),
        (
            wrong_ways,
            "utils/text.py",
            "",
            "sregistry_core/utils/text.py: the room utils stands on no floor",
        ),
        (
            between_protocols,
            "protocols/oci/views.py",
            "from ..library.wire import image_json",
            "sregistry_core/protocols/oci/views.py:1: oci imports library.wire.image_json",
        ),
        (
            strange_libraries,
            "protocols/oci/views.py",
            "from sqlalchemy import select",
            "sregistry_core/protocols/oci/views.py:1: sqlalchemy does not belong here",
        ),
        (
            strange_libraries,
            "services/images.py",
            "from pyramid.response import Response",
            "sregistry_core/services/images.py:1: pyramid does not belong here",
        ),
        (
            strange_libraries,
            "services/images.py",
            "import http.client",
            "sregistry_core/services/images.py:1: http.client is HTTP",
        ),
        (
            strange_libraries,
            "names.py",
            "import leftpad",
            "sregistry_core/names.py:1: leftpad has no room in LIBRARIES",
        ),
        (
            hidden_imports,
            "names.py",
            "def parse():\n    import re",
            "sregistry_core/names.py:2: re is imported in a function",
        ),
    ],
)
def test_a_planted_mistake_is_found(tmp_path, imports_of, check, file, line, complaint):
    path = tmp_path / "sregistry_core" / file
    path.parent.mkdir(parents=True)
    path.write_text(f"{line}\n")

    assert list(check(tmp_path, imports_of)) == [complaint]


def test_every_floor_is_in_use(home):
    rooms = {room_of(path, home / "src") for path in files_of(home / "src")}

    assert set(FLOOR_OF) == rooms


def test_the_contracts_bring_no_heavy_library_along():
    heavy = {"pyramid", "webob", "click", "sqlalchemy", "dramatiq", "alembic", "waitress"}
    program = (
        "import sys, sregistry_core, sregistry_core.contracts.hookspecs;"
        f"print(*sorted({heavy} & set(sys.modules)))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == ""
