"""Pages and lists at 10 and at 20,000 containers: server time, growth, and bytes over the wire."""

import operator
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deeds import own_things, session_of
from library import COLLECTION_OF, WIDE, fill
from table import Target, print_table
from webtest import TestApp

from sregistry_core.app import Parts, assemble
from sregistry_core.contracts import Scope
from sregistry_core.db.session import mark_changed
from sregistry_core.testing.postgresql import PostgresqlServer
from sregistry_core.testing.registry import ini_of
from sregistry_core.web.security import SESSION_COOKIE

SMALL, LARGE = 10, 20_000
GOAL_MS, GOAL_GROWTH, GOAL_BYTES = 50.0, 1.5, 100_000
_TIMES = 15
_API = "/api/v1"
_MANY = "containers/ada/c0/many"
_MANY_PAGES = "ada/c0/many/-"


@dataclass(frozen=True)
class Page:
    """What is asked for.

    is_compared   whether both registries show as much of it: else nothing is said of its growth
    is_signed_in  whether an administrator who is signed in asks for it, as for lists of the API
    """

    name: str
    path: str
    is_compared: bool = True
    is_signed_in: bool = False


def _lists() -> Iterator[Page]:
    """Give each list of the API twice: as long as it is without a word, and ten entries of it."""
    for name, path in (
        ("search", "search?text=blast"),
        ("search, nothing found", "search?text=absent"),
        ("found containers", "search/containers?text=blast"),
        ("collections", "collections?"),
        ("collections of one", "collections?entity=ada"),
        ("containers", "collections/ada/c0/containers?"),
        ("images", f"{_MANY}/images?"),
        ("tags", f"{_MANY}/tags?"),
        ("history of a tag", f"{_MANY}/tags/t0/history?"),
        ("share links of one", f"{_MANY}/shares?"),
        ("share links", "shares?"),
        ("grants", "collections/ada/c0/grants?"),
        ("robots", "collections/ada/c0/robots?"),
        ("publishers", "collections/ada/c0/publishers?"),
        ("members", "teams/ada/members?"),
        ("teams", "teams?"),
        ("users", "users?"),
        ("tokens", "tokens?"),
        ("sessions", "users/root/sessions?"),
        ("stars", "user/stars?"),
        ("news", "user/news?"),
        ("open teams", "open-teams?"),
        ("invitations", "teams/ada/invitations?"),
        ("rebuilds", "collections/ada/c0/rebuilds?"),
        ("build secrets", "collections/ada/c0/build-secrets?"),
        ("quotas", "quotas?"),
        ("builds", "builds?"),
        ("log", "audit?"),
        ("log, by target", "audit?target=ada/c0"),
    ):
        yield Page(f"API, {name}", f"{_API}/{path}", is_compared=False)
        if name != "found containers":
            yield Page(f"API, {name}, ten", f"{_API}/{path}&limit=10".replace("?&", "?"))
    # What all containers have: ten of the small registry are found, too.
    yield Page("API, found containers, ten", f"{_API}/search/containers?text=c&limit=10")


def _signed_in() -> Iterator[Page]:
    """Give pages of those who manage something."""
    for name, path, is_compared in (
        ("home", "", False),
        ("news", "-/news", True),
        ("stars", "-/stars", False),
        ("builds", "-/builds", True),
        ("tokens", "auth/tokens", True),
        ("account", "auth/account", True),
        ("sessions", "auth/account/sessions", True),
        ("team", "-/teams/ada", True),
        ("access", "ada/c0/-/access", True),
        ("robots", "ada/c0/-/robots", True),
        ("rebuilds", "ada/c0/-/rebuilds", True),
        ("tags", f"{_MANY_PAGES}/tags", True),
        ("share links", f"{_MANY_PAGES}/shares", True),
        ("clean up", f"{_MANY_PAGES}/clean-up?tags=t*", True),
        ("delete", f"{_MANY_PAGES}/delete", True),
        ("administration", "-/admin", True),
        ("users", "-/admin/users", True),
        ("quotas", "-/admin/quotas", True),
        ("collections", "-/admin/collections", False),
        ("jobs", "-/admin/jobs", True),
        ("log", "-/admin/audit", False),
    ):
        yield Page(f"signed in, {name}", f"/{path}", is_compared, is_signed_in=True)


PAGES: Sequence[Page] = (
    # A page that comes with other parts of the interface gets its line here.
    Page("home", "/"),
    Page("search, one word", "/-/search?q=blast", is_compared=False),
    Page("search, a beginning that all have", "/-/search?q=c", is_compared=False),
    Page("search, by pulls", "/-/search?q=blast&order=pulls", is_compared=False),
    Page(
        "search, architecture and label",
        "/-/search?arch=arm64&label=maintainer%3Dada",
        is_compared=False,
    ),
    Page("search, a label that all have", "/-/search?label=maintainer", is_compared=False),
    Page("search, size and date", "/-/search?smallest=1MiB&since=2020-01-01", is_compared=False),
    Page("search, one container found", "/-/search?q=many"),
    Page("search, nothing found", "/-/search?q=absent"),
    Page("explore, collections", "/-/explore", is_compared=False),
    Page("explore, most pulled", "/-/explore?order=pulls", is_compared=False),
    Page("explore, containers", "/-/explore?show=containers", is_compared=False),
    Page("entity", "/ada", is_compared=False),
    Page(f"collection of {COLLECTION_OF} containers", "/ada/c0"),
    Page(f"collection of {WIDE} containers", "/ada/c1", is_compared=False),
    Page("container of 1,000 tags", "/ada/c0/many"),
    Page("image", "/ada/c0/many:t0"),
    Page("history of tags", "/ada/c0/many/-/history"),
    Page("two images compared", "/-/compare?left=ada/c0/many:t0&right=ada/c0/many:t1"),
    Page("feed of the registry", "/-/feed.atom"),
    Page("feed of an entity", "/ada/-/feed.atom", is_compared=False),
    Page("feed of a collection", "/ada/c0/-/feed.atom"),
    Page("sizes, the registry", "/-/treemap", is_compared=False),
    Page("sizes, a collection", "/ada/c0/-/treemap"),
    Page("usage", "/-/usage", is_compared=False),
    Page("usage of an entity", "/ada/-/usage", is_compared=False),
    Page("sitemap", "/sitemap.xml", is_compared=False),
    Page("a part of it", "/-/sitemap.xml", is_compared=False),
    Page("guide", "/-/guide"),
    Page("library, search", "/v1/search?value=blast&arch=amd64", is_compared=False),
    Page("API, registry", f"{_API}/registry"),
    Page("API, sizes", f"{_API}/sizes", is_compared=False),
    *_lists(),
    *_signed_in(),
)


@dataclass(frozen=True)
class Seen:
    """What a page took; milliseconds and bytes, or the status that it was refused with."""

    milliseconds: float
    size: int
    status: int


def measure(directory: Path) -> list[Target]:
    """Ask registries of both sizes for every page, on each database, and print; give the goals."""
    rows: list[Target] = []
    rows += _measure("SQLite", directory / "sqlite", None)
    with PostgresqlServer() as server:
        rows += _measure("PostgreSQL", directory / "postgresql", server)
    return rows


def _measure(called: str, directory: Path, server: PostgresqlServer | None) -> list[Target]:
    with ExitStack() as stack:
        sides = []
        for containers in (SMALL, LARGE):
            room = directory / str(containers)
            room.mkdir(parents=True)
            database = server.make_database() if server else f"sqlite:///{room}/registry.sqlite"
            fill(database, containers)
            sides.append(stack.enter_context(_application(room, database)))
        seen = {page.name: _ask(sides, page) for page in PAGES}
    few, many = ({name: pair[side] for name, pair in seen.items()} for side in (0, 1))
    head = [called, f"ms at {SMALL}", f"ms at {LARGE}", "ratio", "kB"]
    print_table(head, [_row(page, few[page.name], many[page.name]) for page in PAGES])
    return [
        target
        for page in PAGES
        for target in _targets(called, page, few[page.name], many[page.name])
    ]


def _row(page: Page, small: Seen, large: Seen) -> Sequence[str]:
    if large.status != 200:
        return [page.name, "", "", "", f"answered {large.status}"]
    ratio = f"{large.milliseconds / small.milliseconds:.2f}" if page.is_compared else "-"
    return [
        page.name,
        f"{small.milliseconds:.1f}" if small.status == 200 else "-",
        f"{large.milliseconds:.1f}",
        ratio,
        f"{large.size / 1000:.1f}",
    ]


def _targets(called: str, page: Page, small: Seen, large: Seen) -> Iterator[Target]:
    """Give the goals of a page; of those that are reached the time alone is told."""
    name = f"{called}: {page.name}"
    if large.status != 200:
        yield Target(f"{name}, status", large.status, operator.lt, 201, "")
        return
    yield Target(name, large.milliseconds, operator.lt, GOAL_MS, "ms")
    if page.is_compared:
        ratio = large.milliseconds / small.milliseconds
        growth = Target(f"{name}, growth", ratio, operator.lt, GOAL_GROWTH, "")
        if not growth.reached:
            yield growth
    size = Target(f"{name}, bytes", large.size / 1000, operator.lt, GOAL_BYTES / 1000, "kB")
    if not size.reached:
        yield size


@contextmanager
def _application(room: Path, database: str) -> Iterator[tuple[TestApp, Mapping[str, str]]]:
    """Give the registry, and what an administrator shows of themselves."""
    ini = {
        **ini_of(room),
        "sregistry.database": database,
        "sregistry.protocols": "discovery transfer library oci api ui",
    }
    parts = Parts.open(ini, here=room, environ={})
    try:
        with parts.unit()() as services:
            user = services.accounts.create("root", password="a long password", is_admin=True)
            own_things(services.db, user.id, datetime.now(UTC))
            mark_changed(services.db)
            session = session_of(user.id)
            secret = services.tokens.issue(user, scope=Scope.ADMIN).secret
        app = TestApp(assemble(parts), extra_environ={"REMOTE_ADDR": "127.0.0.1"})
        # Pages look at the cookie alone, and the API at the token.
        cookie = f"{SESSION_COOKIE}={session}"
        yield app, {"Authorization": f"Bearer {secret}", "Cookie": cookie}
    finally:
        parts.close()


def _ask(sides: Sequence[tuple[TestApp, Mapping[str, str]]], page: Page) -> Sequence[Seen]:
    """Ask without a network, so that the time is the server's alone; gives one for each side.

    All sides in turn, so that what else the machine does meanwhile meets them alike, and the least
    of several: that can only add to it. Pages are asked for by nobody where nothing else is said,
    and lists of the API by an administrator.
    """
    spent: list[list[float]] = [[] for _ in sides]
    answers = []
    for _ in range(_TIMES):
        answers = []
        for (app, headers), times in zip(sides, spent, strict=True):
            is_known = page.is_signed_in or page.path.startswith(_API)
            shown = {"Accept": "text/html,*/*;q=0.8", **(headers if is_known else {})}
            begun = time.perf_counter()
            answers.append(app.get(page.path, headers=shown, expect_errors=True))
            times.append(time.perf_counter() - begun)
    return [
        Seen(min(times) * 1000, len(answer.body), answer.status_int)
        for times, answer in zip(spent, answers, strict=True)
    ]
