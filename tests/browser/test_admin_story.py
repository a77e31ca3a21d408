"""The story of an administrator, in a real browser: desktop and telephone, light and dark."""

import pytest

from sregistry_core.models import Outbox
from sregistry_core.names import CollectionName
from sregistry_core.testing.live import LiveRegistry

LONG = "a-very-long-name-that-nobody-would-use"
PAGES = (
    "", "/users", "/users/ada", "/quotas", "/collections", "/jobs", "/storages", "/audit",
    "/registries", "/settings",
)  # fmt: skip
TERMS = "# Rules of this registry\n\n" + "Be kind to the machines and to each other. " * 60


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    directory = tmp_path_factory.mktemp("administered")
    (directory / "terms.md").write_text(TERMS)
    settings = {
        "sregistry.terms": str(directory / "terms.md"),
        "sregistry.quota": "1G",
        "sregistry.announcement": "On Tuesday from 8 to 9 nothing can be pushed.",
        "sregistry.announcement_level": "warning",
        "sregistry.institution": "Example Institute",
        "sregistry.contact": "images@example.org",
    }
    with LiveRegistry(directory, settings=settings) as registry:
        registry.make_user("ada")
        registry.make_user(LONG)
        registry.make_user("root", is_admin=True)
        registry.make_user("boss", is_admin=True)
        with registry.services() as services:
            for collection in (CollectionName("ada", "lab"), CollectionName(LONG, "x" * 39)):
                services.catalog.create_collection(
                    services.catalog.entity(collection.entity), collection.collection
                )
            services.federation.add("elsewhere", "https://images.example.org")
            services.audit.record("collection.rename", "ada/" + "y" * 120, former="שלום")
            now = services.facilities.clock()
            services.db.add(
                Outbox(
                    job="listeners.tell", arguments={"event": "f" * 32}, queue="quick",
                    attempts=12, due_at=now, failed_at=now, created_at=now,
                    error="OSError: nobody answers at https://hooks.example.org/" + "z" * 90,
                )
            )  # fmt: skip
            for name in ("root", "boss"):
                user = services.accounts.find(name)
                user.terms_accepted = services.terms.current().digest
        yield registry


@pytest.mark.parametrize(
    ("phone", "dark"), [(False, False), (True, True)], ids=["desktop-light", "phone-dark"]
)
def test_every_page_of_an_administrator_is_well_made(registry, visit, phone, dark):
    boss = visit(registry, "boss", phone=phone, dark=dark)
    for path in PAGES:
        boss.open(f"/-/admin{path}")
        boss.check()
        assert boss.overflow() == 0, path
        boss.shoot(f"admin{path.replace('/', '-')}")


def test_an_administrator_helps_a_user_by_the_keyboard_alone(registry, visit):
    root = visit(registry, "root")
    page = root.page
    root.open("/")
    page.get_by_role("link", name="Administration", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Users", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="Name or mail address").focus()
    page.keyboard.type("ada")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="ada", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Disable the account").focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("The account is disabled").wait_for()
    page.get_by_role("button", name="Let them in again").focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("The user is let in again.").wait_for()
    root.check()

    root.open("/-/admin/jobs")
    page.get_by_role("button", name="Try all of them again").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Every job that was given up is tried again.").wait_for()
    root.check()

    page.get_by_role("button", name="Put away").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Put away").wait_for(state="detached")
    root.open("/-/admin")
    assert page.get_by_role("button", name="Put away").count() == 0


def test_a_user_accepts_the_terms_and_is_handed_a_token(registry, visit):
    ada = visit(registry, phone=True)
    page = ada.page
    ada.open("/-/token")
    ada.sign_in("ada")
    page.get_by_role("heading", name="Terms of use", exact=True).wait_for()
    ada.check()
    assert ada.overflow() == 0
    ada.shoot("terms")
    page.get_by_role("button", name="I accept these terms").click()
    page.get_by_role("heading", name="Live Registry").wait_for()
    ada.open("/-/token")
    page.get_by_role("heading", name="A token for the command line").wait_for()
    ada.check()
    ada.shoot("token")
    page.get_by_label("For which computer").fill("laptop")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("heading", name="Your new token").wait_for()
    ada.check()
    assert page.locator("#secret").inner_text().startswith("sregistry_")
    ada.open("/-/about")
    ada.check()
    ada.shoot("about")
    # To her there is nothing where administrators work.
    ada.open("/-/admin/users")
    assert page.get_by_role("heading", name="Not Found").is_visible()
