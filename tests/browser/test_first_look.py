"""The first page and the way in, in a real browser: desktop and telephone, light and dark."""

import pytest


@pytest.fixture
def registry(live_registry):
    live_registry.make_user("ada")
    return live_registry


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_first_page_and_signing_in_are_well_made(registry, visit, phone, dark):
    ada = visit(registry, phone=phone, dark=dark)

    ada.open("/")
    ada.check()
    assert ada.overflow() == 0
    assert ada.shift() == 0
    ada.shoot("first")
    ada.open("/auth/sign-in")
    ada.check()
    ada.sign_in("ada")

    ada.check()
    ada.page.locator(".menu summary").click()
    assert ada.page.get_by_role("button", name="Sign out").is_visible()


def test_what_goes_wrong_on_a_page_is_noticed(registry, visit):
    ada = visit(registry)
    ada.open("/")

    ada.page.evaluate("document.body.append(document.createElement('img'))")
    ada.page.evaluate("document.body.setAttribute('style', 'color: red')")

    assert any("image-alt" in line for line in ada.violations())
    with pytest.raises(AssertionError, match="Content Security Policy"):
        ada.check()
