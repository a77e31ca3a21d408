"""An owner connects a collection to a repository in a real browser."""

import pytest

from sregistry_core.names import CollectionName
from sregistry_core.testing.live import LiveRegistry


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry with two collections of Ada's."""
    with LiveRegistry(tmp_path_factory.mktemp("repository") / "registry") as live:
        live.make_user("ada")
        for name in ("desktop", "phone"):
            live.admin("collection", "add", f"ada/{name}")
        yield live


def fits(person, name):
    """Look at a page, and keep its picture."""
    person.check()
    assert person.overflow() == 0
    person.shoot(f"manage-{name}")


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_an_owner_connects_a_repository(registry, visit, phone, dark):
    name = "phone" if phone else "desktop"
    ada = visit(registry, "ada", phone=phone, dark=dark)
    page = ada.open(f"/ada/{name}/-/repository")
    fits(ada, "repository-none")

    page.get_by_label("Address").fill("file:///etc/passwd")
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Address").input_value() == "file:///etc/passwd"
    page.get_by_label("Address").fill("https://127.0.0.1/a-laboratory/with-recipes.git")
    page.get_by_label("Address").press("Enter")
    page.locator("#secret").wait_for()
    fits(ada, "repository-secret")
    with registry.services() as services:
        found = services.catalog.collection(CollectionName("ada", name))
        row = services.git_connections.find(found).connection
        row.seen_commit = "1d0c6a3b0e7f4c5a9b8d7e6f5a4b3c2d1e0f9a8b"
        row.last_error = "127.0.0.1: 127.0.0.1 is a private address, and those are not allowed"

    page = ada.open(f"/ada/{name}/-/repository")
    fits(ada, "repository")
    page.get_by_role("button", name="Look now").click()
    page.wait_for_url("**done=repository-look")
    page.get_by_role("button", name="Disconnect").click()
    page.wait_for_url("**done=repository-disconnect")
