"""Every page of the route map, as all sorts of people see it, in every window and theme.

A page that is added is visited without a line here: see `pages_there_are`.
"""

import re
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sregistry_core.app import Parts
from sregistry_core.contracts import Scope
from sregistry_core.ini import read_ini
from sregistry_core.models import BuildState, Outbox
from sregistry_core.names import CollectionName, ImageName, RobotName
from sregistry_core.services.builds import ENDS, Wish
from sregistry_core.testing.live import PASSWORD, LiveRegistry

from .pages_there_are import addresses

DOCS = Path(__file__).parents[2] / "docs"
PROTOCOLS = "discovery transfer library oci shub sregistry api ui"
LONG_USER = "a-user-with-a-name-as-long-as-the-rules"
LONG_ROBOT = "nightly-builds-of-every-release-branch"
NARROW = ("color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable")
"""Rules of axe-core that can be broken in one window or theme and kept in the other."""
FILES = re.compile(r"\.(csv|atom|xml|txt|css|svg)(\?|$)")
STILL = {
    "home", "explore", "search", "entity", "collection", "container", "image", "compare",
    "treemap_of_registry", "usage_of_registry", "builds", "hard-four-hundred-tags", "empty-0",
}  # fmt: skip
"""Pages on which it is measured that nothing moves while they are loaded."""
HARD = {
    "four-hundred-tags": "/omar/nightly/solver",
    "four-hundred-tags-of-history": "/omar/nightly/solver/-/history",
    "long-names": "/jonas/a-collection-with-a-name-as-long-as-can",
    "long-names-container": "/jonas/a-collection-with-a-name-as-long-as-can/"
    "a.container.whose.name.is.as.long.as.the.rule.of.the.registry.al",
    "long-names-image": "/jonas/a-collection-with-a-name-as-long-as-can/"
    "a.container.whose.name.is.as.long.as.the.rule.of.the.registry.al:1.0",
    "right-to-left": "/mei/climate",
    "right-to-left-image": "/mei/climate/cdo:latest",
    "empty-collection": "/priya/thesis",
    "artifact": "/gpu-lab/frameworks/segmentation-weights:1.1",
    "search-of-nothing": "/-/search?q=nothing-is-called-so",
    "search-with-a-mistake": "/-/search?q=a&smallest=huge",
    "explore": "/-/explore",
    "entity": "/ada",
}
"""Pages beside those of the route map, which a stranger sees."""
HARD_TO_OWN = {
    "private": "/genomics/patients",
    "frozen": "/grace/frozen",
    "frozen-settings": "/grace/frozen/-/settings",
    "shares-of-every-kind": "/genomics/patients/pseudonymize/-/shares",
    "robots-of-every-kind": "/genomics/pipelines/-/robots",
    "upload-to-a-frozen-one": "/-/upload?to=grace/frozen",
    "compare-nothing": "/-/compare",
    "clean-up-of-nothing": "/genomics/pipelines/rnaseq/-/clean-up",
}
HARD_TO_RUN = {
    "four-hundred-tags-to-manage": "/omar/nightly/solver/-/tags",
    "locked-user": f"/-/admin/users/{LONG_USER}",
    "jobs-of-which-one-failed": "/-/admin/jobs",
}
EMPTY = (
    "/", "/-/explore", "/-/explore?show=containers", "/-/search?q=a", "/-/treemap", "/-/usage",
    "/-/stars", "/-/news", "/-/teams", "/auth/tokens", "/-/admin", "/-/admin/users",
    "/-/admin/collections", "/-/admin/jobs", "/-/admin/quotas", "/-/admin/registries",
    "/-/admin/audit",
)  # fmt: skip


@pytest.fixture(scope="module")
def registry(tmp_path_factory, with_content):
    """A registry with believable content, and with what is hard to show."""
    directory = tmp_path_factory.mktemp("all")
    (directory / "terms.md").write_text("# Rules\n\n" + "Be kind to the machines. " * 60)
    settings = {
        "sregistry.protocols": PROTOCOLS,
        "sregistry.login": "passwords campus",
        "sregistry.plugin_modules": "sregistry_core.testing.elsewhere "
        "sregistry_core.testing.toy_builder",
        "sregistry.builder": "toy",
        "campus.use": "elsewhere",
        "sregistry.terms": str(directory / "terms.md"),
        "sregistry.quota": "64M",
        "sregistry.publishers": "https://gitlab.test",
        "sregistry.announcement": "On Tuesday from 8 to 9 nothing can be pushed.",
        "sregistry.institution": "Example Institute",
        "sregistry.contact": "images@example.org",
    }
    live = with_content(directory / "registry", settings=settings)
    with live.services() as services:
        for name in ("ada", "grace", "tomas"):
            services.accounts.find(name).terms_accepted = services.terms.current().digest
        services.accounts.create(LONG_USER, password=PASSWORD, email=f"{LONG_USER}@example.org")
        services.accounts.disable(LONG_USER)
        services.federation.add("elsewhere", "https://images.example.org")
        services.quotas.set("grace", 1 << 20)
        grace = services.catalog.entity("grace")
        frozen = services.catalog.create_collection(grace, "frozen", description="Of 2025.")
        services.collection_changes.freeze(frozen, frozen=True)
        pipelines = CollectionName("genomics", "pipelines")
        services.robots.create(pipelines, "ci", scope=Scope.PUSH, lifetime=timedelta(days=90))
        services.robots.create(pipelines, LONG_ROBOT, scope=Scope.PULL)
        services.robots.change(RobotName(pipelines, LONG_ROBOT), disabled=True)
        now = services.facilities.clock()
        services.db.add(
            Outbox(
                job="listeners.tell", arguments={"event": "f" * 32}, queue="quick",
                attempts=12, due_at=now, failed_at=now, created_at=now,
                error="OSError: nobody answers at https://hooks.example.org/" + "z" * 90,
            )
        )  # fmt: skip
    with live:
        yield live


def built(registry):
    """Have an image built by grace; the number of the build, which has ended well."""
    definition = "say " + "A long line of a log. " * 20 + "\nsay Done.\nlabel org.example.a=b"
    ini = read_ini(registry.ini, registry.environ)
    parts = Parts.open(ini.app, here=ini.here, environ=registry.environ)
    try:
        with parts.unit()() as services:
            grace = services.accounts.caller_of(services.accounts.find("grace"))
        with parts.unit(replace(grace, scope=Scope.ADMIN))() as services:
            name = ImageName.parse("genomics/pipelines/built:1", home="tacc")
            number = services.builds.order(Wish(definition, name)).id
    finally:
        parts.close()
    for _ in range(600):
        with registry.services() as services:
            state = services.builds.find(number).state
        if state in ENDS:
            assert state == BuildState.SUCCEEDED
            return number
        time.sleep(0.1)
    raise AssertionError(f"the build does not end: {state}")


def look(person, name):
    """Check the page that is open in every window and theme, and keep its pictures."""
    glance(person, name)
    person.show(phone=True, dark=True)
    person.check(*NARROW)
    person.show(phone=False, dark=True)
    person.shoot(f"all-{name}")
    person.show(phone=False, dark=False)


def glance(person, name):
    """Check the page that is open, and that it fits both windows, and keep its pictures."""
    if name in STILL:
        assert person.shift() == 0, name
    person.check()
    assert person.overflow() == 0, name
    person.shoot(f"all-{name}")
    person.show(phone=True, dark=False)
    assert person.overflow() == 0, name
    person.shoot(f"all-{name}")
    person.show(phone=False, dark=False)


def opened(person, path):
    """Open a page; false for a file, which is fetched and not looked at."""
    if FILES.search(path):
        answer = person.context.request.get(path)
        assert (answer.status, bool(answer.body())) == (200, True), path
        return False
    answer = person.page.goto(path)
    assert answer.headers["content-type"].startswith("text/html"), path
    assert answer.status in (200, 400), f"{path}: {answer.status}"
    return True


def test_every_page_of_the_route_map_is_well_made(registry, visit):
    grace, ada = visit(registry, "grace"), visit(registry, "ada")
    with registry.services() as services:
        image = services.images.resolve(ImageName.parse("ada/lab/blast:2.16.0", home="tacc"))
        made = services.invitations.create("genomics", lifetime=timedelta(days=7))
        digest, secret = image.digest, made.secret
    seen = 0

    for one in addresses(registry, digest=digest, secret=secret, build=built(registry)):
        person = ada if one.is_for_administrators else grace
        if opened(person, one.path):
            look(person, one.route.removeprefix("ui."))
            seen += 1
    assert seen >= 55


def test_what_is_hard_to_show_is_well_made(registry, visit):
    people = (visit(registry), visit(registry, "grace"), visit(registry, "ada"))
    for person, pages in zip(people, (HARD, HARD_TO_OWN, HARD_TO_RUN), strict=True):
        for name, path in pages.items():
            assert opened(person, path)
            glance(person, f"hard-{name}")


def test_a_registry_with_nothing_in_it_says_what_to_do_next(tmp_path, visit):
    with LiveRegistry(tmp_path / "empty", settings={"sregistry.protocols": PROTOCOLS}) as empty:
        empty.make_user("root", is_admin=True)
        root = visit(empty, "root")
        for number, path in enumerate(EMPTY):
            assert opened(root, path)
            glance(root, f"empty-{number}")


IN_GERMAN = (
    "/", "/-/search?q=a", "/genomics/pipelines", "/genomics/pipelines/rnaseq",
    "/genomics/pipelines/rnaseq:latest", "/-/compare", "/-/treemap", "/-/usage", "/-/upload",
    "/genomics/patients/pseudonymize/-/shares", "/genomics/pipelines/-/settings",
    "/genomics/pipelines/-/robots", "/-/teams/genomics", "/auth/tokens", "/auth/account",
    "/-/api/tag", "/-/guide",
)  # fmt: skip
RUN_IN_GERMAN = ("/-/admin", "/-/admin/users", "/-/admin/users/tomas", "/-/admin/audit")


def test_longer_words_of_another_language_fit_as_well(registry, visit):
    grace, ada = (visit(registry, name, language="de-DE") for name in ("grace", "ada"))
    for person, paths in ((grace, IN_GERMAN), (ada, RUN_IN_GERMAN)):
        for path in paths:
            person.open(path)
            assert person.page.evaluate("document.documentElement.lang") == "de"
            assert person.overflow() == 0, path
            name = re.sub(r"[^a-z]+", "-", path.partition("?")[0]).strip("-") or "home"
            person.shoot(f"german-{name}")
            person.show(phone=True, dark=False)
            assert person.overflow() == 0, path
            person.shoot(f"german-{name}")
            person.show(phone=False, dark=False)
        person.check("target-size", "color-contrast")


IN_THE_DOCUMENTATION = (
    ("home", "grace", "/"),
    ("search", "", "/-/search?q=gpu&order=pulls"),
    ("collection", "", "/genomics/pipelines"),
    ("image", "", "/ada/lab/blast:2.16.0"),
    ("compare", "", "/-/compare?left=ada/lab/blast:2.16.0&right=ada/lab/blast:2.14.0"),
    ("treemap", "", "/-/treemap"),
    ("usage-dark", "", "/-/usage"),
    ("upload", "grace", "/-/upload?to=genomics/pipelines"),
    ("share-links", "grace", "/genomics/patients/pseudonymize/-/shares"),
    ("team", "grace", "/-/teams/genomics"),
    ("administration", "ada", "/-/admin"),
    ("phone", "", "/ada/lab/blast:2.16.0"),
)
ADDRESS_FOR_READERS = """address => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.data.includes(address)) {
      text.data = text.data.replaceAll("http://" + address, "https://registry.example.org")
        .replaceAll(address, "registry.example.org").replaceAll(" --no-https", "");
    }
  }
}"""
"""Puts the address of a registry where the one of this test stands."""
LARGEST_PICTURE = 150_000


def test_pictures_for_the_documentation_are_made(registry, visit):
    """`make screenshots` brings them into docs/images."""
    people = {name: visit(registry, name or None) for name in ("", "grace", "ada")}
    for person in people.values():
        person.open("/")
        person.page.get_by_role("button", name="Put away").click()
    for name, who, path in IN_THE_DOCUMENTATION:
        person = people[who]
        person.show(phone=name == "phone", dark=name.endswith("dark"))
        person.open(path)
        person.page.evaluate(ADDRESS_FOR_READERS, registry.url.removeprefix("http://"))
        made = person.shoot(f"docs/{name}", whole=False, as_it_is=True)
        assert made.stat().st_size < LARGEST_PICTURE, name


def test_the_page_on_the_web_interface_shows_every_picture_that_there_is():
    told = (DOCS / "web-interface.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\]\(images/([a-z-]+)\.png\)", told))
    there = {path.stem: path.stat().st_size for path in (DOCS / "images").glob("*.png")}

    assert shown == set(there) == {name for name, _, _ in IN_THE_DOCUMENTATION}
    assert max(there.values()) < LARGEST_PICTURE
